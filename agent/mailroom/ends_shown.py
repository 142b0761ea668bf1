"""How a run's answer stands in its chat; and showing it anew where it is taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import ends_queries, queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message, Place

Pages = Callable[[str], list[str]]


async def of_run(
    session: AsyncSession, run_id: UUID, attempt: int
) -> Sequence[RowMapping]:
    """The messages that show a run's answer, as far as the caller may see them."""
    return await ends_queries.of_run(session, run_id, attempt)


async def is_lost(session: AsyncSession, delivery_id: UUID) -> bool:
    """Whether this is a run's answer, or a part of it, that nobody has seen."""
    return await ends_queries.lost(session, delivery_id) is not None


async def show_at(
    session: AsyncSession, delivery_id: UUID, place: Place, owner: Owner, pages: Pages
) -> bool:
    """Plan all of an answer at ``place``, which is its place from now on.

    ``pages`` splits what would not fit into one message there. False when it is no
    longer lost, or another press was quicker.
    """
    lost = await ends_queries.lost(session, delivery_id)
    if lost is None:
        return False
    run_id, attempt, answer = lost["run_id"], lost["attempt"], lost["answer_id"]
    rows = await ends_queries.payloads(session, run_id, attempt, answer)
    shown = [one for row in rows for one in _split(row, pages, place.extra)]
    key = f"{ends_queries.pages_of(run_id, attempt)}{answer}"
    for number, payload in enumerate(shown, start=1):
        planned = await queries.plan(
            session,
            place,
            payload,
            workspace_id=owner.workspace_id,
            conversation_id=owner.conversation_id,
            run_id=run_id if number == 1 else None,
            dedupe_key=f"{key}:{number}",
        )
        if planned is None:
            return False
    return True


def _split(
    payload: Mapping[str, Any], pages: Pages, extra: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The same in one message or more; the last one has what goes with it."""
    *before, last = pages(payload["text"]) or [""]
    yield from (Message(part).payload(extra) for part in before)
    yield {**payload, "text": last, "placeholder": "", "extra": dict(extra)}
