"""Runs of one conversation come one after the other: what a new one waits for.

A run that waits for a person lets others go first, and stands in nobody's way.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx
from agent.runs import usual

LEAST = timedelta(seconds=5)
"""What a run that is late already still takes, as far as anybody can tell."""

_AHEAD = text("""
    SELECT r.user_id, r.skill_id, r.started_at, coalesce(s.title, '') AS title
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    WHERE r.conversation_id = :conversation_id AND r.status IN ('queued', 'running')
    ORDER BY r.number
""")


async def line(ctx: Ctx) -> str:
    """What somebody who asks now is told of their turn; empty: it is theirs."""
    here = ctx.caller.conversation_id
    found = await ctx.session.execute(_AHEAD, {"conversation_id": here})
    ahead = found.mappings().all()
    if here is None or not ahead:
        return ""
    now, workspace = ctx.clock.now(), ctx.caller.workspace_id
    times = [await _left(ctx.session, workspace, row, now) for row in ahead]
    whom = f"{len(ahead)} others" if len(ahead) > 1 else _name(ahead[0], ctx)
    return f"Queued behind {whom}{_about(times)}."


async def _left(
    session: AsyncSession, workspace_id: UUID, row: RowMapping, now: datetime
) -> timedelta | None:
    if row["skill_id"] is None:
        return LEAST
    usually = await usual.median(session, workspace_id, row["skill_id"])
    if usually is None or row["started_at"] is None:
        return usually
    since: timedelta = now - row["started_at"]
    return max(usually - since, LEAST)


def _name(row: RowMapping, ctx: Ctx) -> str:
    whose = "your" if row["user_id"] == ctx.caller.user_id else "a colleague's"
    return f"{whose} {row['title'].lower() or 'question'}"


def _about(times: list[timedelta | None]) -> str:
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return ""
    return f", about {usual.rounded(sum(known, timedelta()))}"
