"""When somebody's quiet hours are over: all that was held for them, as one message.

One per person and workspace, for what is said in one is not shown in another; it goes
to their most recent private chat there, wherever the pings would have gone. The rows
that were held stay, as the record of what was told.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import deliveries, held_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.held_queries import Held, Reached
from bot.render import digests as render

PEOPLE = 100
"""In one transaction; the others come in the next round."""

log = structlog.get_logger()


async def release(session: AsyncSession) -> int:
    """Plan the digests that are due; how many. As worker.

    Two processes would make two digests of one person's messages: one of them waits.
    """
    if not await held_queries.alone(session):
        return 0
    planned = 0
    for who in await held_queries.due(session, PEOPLE):
        planned += await _release(session, who)
    return planned


async def _release(session: AsyncSession, who: Held) -> int:
    found = await held_queries.find(session, who)
    if found is not None and found.quiet_until is not None:
        await held_queries.hold(session, who, found.quiet_until)
        return 0
    rows = await held_queries.held(session, who)
    if found is None:
        await _fold(session, rows, "nowhere to tell it")
        return 0
    for part in range(0, len(rows), render.MOST):
        await _plan(session, who, found, rows[part : part + render.MOST])
    log.info("digest.planned", rows=len(rows))
    return 1


async def _plan(
    session: AsyncSession, who: Held, found: Reached, rows: Sequence[RowMapping]
) -> None:
    payloads: list[dict[str, Any]] = [row["payload"] for row in rows]
    key = f"digest:{rows[0]['id']}"
    owner = Owner(who.workspace_id, found.conversation_id)
    message = render.digest(payloads)
    await deliveries.plan(session, found.place, message, owner=owner, key=key)
    await _fold(session, rows, f"told in {key}")


async def _fold(session: AsyncSession, rows: Sequence[RowMapping], why: str) -> None:
    await held_queries.fold(session, [row["id"] for row in rows], why)
