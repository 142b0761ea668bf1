"""Answers that did not get through: told where a way remains, and shown there.

What failed is found in the rows, never remembered: whoever fails after a message was
given up, and before its reader was told, is made up for by the next round.
"""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx
from agent.mailroom import ends, ends_queries, ends_shown
from agent.mailroom.deliveries import Owner
from agent.mailroom.ends import Reach
from agent.mailroom.schemas import Place
from agent.runs.errors import AlreadyDone
from bot.render import delivery_ends as words
from bot.services import Services

log = structlog.get_logger()


async def tell(session: AsyncSession) -> int:
    """Tell people of answers that did not reach them; how many. As the worker."""
    rows = await ends_queries.untold(session)
    told = 0
    for _, group in groupby(rows, key=lambda row: row["run_id"]):
        failed = list(group)
        told += await _tell(session, failed[0])
        await ends_queries.mark_told(session, [row["id"] for row in failed])
    return told


async def _tell(session: AsyncSession, run: RowMapping) -> bool:
    tried, stands = await ends_queries.notices(session, run)
    if stands:
        return False
    failed = await ends_queries.failed(session, run)
    lost = next((row for row in failed if row["purpose"] != "notice"), None)
    if lost is None:
        return False  # the answer itself was erased since
    key = f"{ends_queries.notices_of(run)}{tried}"
    payload = words.undelivered(run, lost).payload({})
    for avoided in (_tried(failed), _hopeless(failed)):
        if await ends_queries.tell(session, run, key, payload, avoided):
            log.info("post.told_elsewhere", run_id=str(run["run_id"]))
            return True
    return False


def _tried(failed: Sequence[RowMapping]) -> list[str]:
    """Where something of it failed already, whatever the reason."""
    return [_place(row) for row in failed]


def _hopeless(failed: Sequence[RowMapping]) -> list[str]:
    """Where nothing can get through, or a notice did not."""
    return [
        _place(row)
        for row in failed
        if row["purpose"] == "notice"
        or ends.explained(row["channel"], row["error"]).reach is not Reach.MESSAGE
    ]


def _place(row: RowMapping) -> str:
    place = (row["channel"], row["account"], row["recipient"])
    return ends.unreachable(*place, row["error"])


async def show_here(services: Services, ctx: Ctx, delivery_id: UUID) -> None:
    """Show a run's answer where this was asked for, in messages that fit here.

    Raises:
        AlreadyDone: It was shown somewhere else meanwhile.
    """
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a press comes from somewhere
    channel = services.channels.get(origin.channel)
    place = Place(origin.channel, origin.account, origin.recipient, origin.extra)
    owner = Owner(ctx.caller.workspace_id, ctx.caller.conversation_id)
    fit = channel.pages if channel else _whole
    if not await ends_shown.show_at(ctx.session, delivery_id, place, owner, fit):
        raise AlreadyDone("That was shown already.")


def _whole(text: str) -> list[str]:
    return [text]  # a door of another process will page it
