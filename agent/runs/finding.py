"""Which run is meant: by its number, its id, or as the caller's own latest."""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.mailroom import deliveries
from agent.runs import queries
from agent.runs.errors import ElsewhereRun, RunNotFound
from agent.runs.schemas import OneRun


async def the_run(
    ctx: Ctx, p: OneRun, *, latest_among: Sequence[str] | None = None
) -> RowMapping:
    """The run that was named; without a name one's own latest, of these statuses.

    A colleague's private run, or another group's, is not there: row security hides it.

    Raises:
        RunNotFound: There is none that the caller can see from here.
    """
    if p.number or p.run_id or latest_among is None:
        row = await queries.find(ctx.session, p.number, run_id=p.run_id)
    else:
        row = await queries.find(
            ctx.session, 0, user_id=ctx.caller.user_id, statuses=latest_among
        )
    if row is None:
        raise RunNotFound(p.number)
    return row


async def ensure_answered_here(ctx: Ctx, row: RowMapping) -> None:
    """Return when the caller can read the run's answer where it was asked for.

    A shared run is seen by all, and its chat stays closed: the work is done with the
    caller's rights, so nobody would see the new answer, and it would be kept as said
    to them.

    Raises:
        ElsewhereRun: It was asked for in a chat that is closed to the caller.
    """
    asked_in_chat = row["conversation_id"] is not None
    if asked_in_chat and await deliveries.reply_of(ctx.session, row["id"]) is None:
        raise ElsewhereRun(row["number"])
