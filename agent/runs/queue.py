"""Runs of one conversation come one after the other: what a new one waits for.

A run that waits for a person lets others go first, and stands in nobody's way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, text

from agent.ctx import Ctx, Origin
from agent.memory import attachments
from agent.runs import usual

LEAST = timedelta(seconds=5)
"""What a run that is late already still takes, as far as anybody can tell."""

# The one that is asked for now, and those of its conversation before it; with how long
# each one's like usually take. The first also has the files of before that it is about.
_LINE = text(f"""
    SELECT w.*, coalesce(s.title, '') AS title, ({
    usual.MEDIAN_OF.format(skill="w.skill_id")
})::float8 AS usually_s,
           CASE WHEN w.number = 0 THEN ({attachments.RECENT}) END AS files
    FROM (
        SELECT 0 AS number, CAST(NULL AS uuid) AS user_id,
               CAST(:skill_id AS uuid) AS skill_id,
               CAST(NULL AS timestamptz) AS started_at
        UNION ALL
        SELECT r.number, r.user_id, r.skill_id, r.started_at FROM runs r
        WHERE r.conversation_id = :conversation_id AND r.status IN ('queued', 'running')
    ) w LEFT JOIN skills s ON s.id = w.skill_id
    ORDER BY w.number
""")  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class Turn:
    """How a request stands that is made now."""

    usually: timedelta | None
    """How long its like take; None where that is not known."""
    waits: str = ""
    """What it waits for, in a line; empty: for nothing."""
    files: tuple[UUID, ...] = ()
    """Sent before, and what it is about."""


async def turn(
    ctx: Ctx, origin: Origin, skill_id: UUID | None, *, kept: UUID | None
) -> Turn:
    """When a request of this conversation has its turn; ``kept``: its message."""
    values = {
        **attachments.meant(ctx.caller, origin, before=kept),
        "workspace_id": ctx.caller.workspace_id,
        "skill_id": skill_id,
        "enough": usual.ENOUGH,
    }
    mine, *ahead = (await ctx.session.execute(_LINE, values)).mappings().all()
    usually = _usually(mine)
    waits = _waits(ctx, ahead) if ahead else ""
    return Turn(usually, waits, tuple(attachments.ids(mine["files"])))


def _usually(row: RowMapping) -> timedelta | None:
    found = row["usually_s"]
    return None if found is None else timedelta(seconds=found)


def _waits(ctx: Ctx, ahead: Sequence[RowMapping]) -> str:
    times = [_left(row, ctx.clock.now()) for row in ahead]
    whom = f"{len(ahead)} others" if len(ahead) > 1 else _name(ahead[0], ctx)
    return f"Queued behind {whom}{_about(times)}."


def _left(row: RowMapping, now: datetime) -> timedelta | None:
    if row["skill_id"] is None:
        return LEAST
    usually = _usually(row)
    if usually is None or row["started_at"] is None:
        return usually
    since: timedelta = now - row["started_at"]
    return max(usually - since, LEAST)


def _name(row: RowMapping, ctx: Ctx) -> str:
    whose = "your" if row["user_id"] == ctx.caller.user_id else "a colleague's"
    return f"{whose} {row['title'].lower() or 'question'}"


def _about(times: Sequence[timedelta | None]) -> str:
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return ""
    return f", about {usual.rounded(sum(known, timedelta()))}"
