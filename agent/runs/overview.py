"""How runs stand in every workspace, never what they say: for operators, as worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

STILL = timedelta(minutes=10)
"""A run that should be worked on and has not moved for longer is worth a look."""

OVER = ("completed", "failed", "timeout", "cancelled")

_COLUMNS = """
    SELECT r.id, r.workspace_id, w.name AS workspace, r.number, r.kind,
           coalesce(s.title, CASE r.kind WHEN 'chat' THEN 'Answer' ELSE 'Skill' END)
               AS title,
           r.status, r.attempt, r.queued_at, r.started_at, r.completed_at,
           r.updated_at, r.cost_usd, coalesce(r.error_code, '') AS error_code
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id
    LEFT JOIN skills s ON s.id = r.skill_id
    WHERE (CAST(:workspace AS text) = '' OR lower(w.name) = lower(:workspace)
           OR w.slug = :workspace OR CAST(w.id AS text) = :workspace)
"""

_LATEST = text(f"""
    {_COLUMNS}
      AND (CAST(:status AS text) = '' OR r.status = :status)
      AND (NOT CAST(:stuck AS boolean) OR r.status IN ('queued', 'running')
           AND r.updated_at < now() - CAST(:still AS interval))
    ORDER BY r.id DESC LIMIT :n
""")

_NUMBERED = text(f"{_COLUMNS} AND r.number = :number ORDER BY r.id DESC LIMIT :n")
_BETWEEN = text(
    f"{_COLUMNS} AND r.id BETWEEN :low AND :high ORDER BY r.id DESC LIMIT :n"
)

# The message that answers the run says whose and which chat's it is.
_PLACE = """
    SELECT r.id, r.workspace_id, r.user_id, r.client_id, r.conversation_id, r.number,
           r.status, r.attempt, r.kind, r.updated_at, d.private_chat_id AS chat_id,
           coalesce(d.channel, 'web') AS channel
    FROM runs r LEFT JOIN LATERAL (
        SELECT d.private_chat_id, d.channel FROM deliveries d
        WHERE d.run_id = r.id AND d.purpose = 'reply' ORDER BY d.id DESC LIMIT 1
    ) d ON true
"""
_PLACED = text(f"{_PLACE} WHERE r.id = :id")

_BUSY = text(f"""
    {_PLACE}
    WHERE r.status IN ('queued', 'running') AND r.kind IN ('skill', 'chat')
      AND r.updated_at < now() - CAST(:still AS interval)
    ORDER BY r.updated_at LIMIT :n
""")

# Any of them, by chance: over a day each is looked at, however many there are.
_PAUSED = text(f"""
    {_PLACE}
    WHERE r.status IN ('waiting_approval', 'waiting_input')
      AND r.kind IN ('skill', 'chat')
      AND r.updated_at < now() - CAST(:still AS interval)
    ORDER BY random() LIMIT :n
""")

_BY_STATUS = text("""
    SELECT status, count(*) AS n,
           coalesce(max(extract(epoch FROM now() - updated_at))
               FILTER (WHERE status IN ('queued', 'running')), 0)::float8 AS still_s
    FROM runs
    WHERE status IN ('queued', 'running', 'waiting_approval', 'waiting_input')
    GROUP BY status
""")

_IS_WORKSPACE = text("""
    SELECT EXISTS (
        SELECT FROM workspaces w WHERE lower(w.name) = lower(:workspace)
            OR w.slug = :workspace OR CAST(w.id AS text) = :workspace)
""")


@dataclass(frozen=True, slots=True)
class Line:
    """A run in an operator's list."""

    id: UUID
    workspace_id: UUID
    workspace: str
    number: int
    kind: str
    title: str
    status: str
    attempt: int
    queued_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    updated_at: datetime
    cost_usd: Any
    error_code: str


@dataclass(frozen=True, slots=True)
class Place:
    """Whose run it is, and where it is answered."""

    id: UUID
    workspace_id: UUID
    user_id: UUID | None
    """None when that person is gone."""
    client_id: UUID | None
    conversation_id: UUID | None
    number: int
    status: str
    attempt: int
    kind: str
    updated_at: datetime
    chat_id: UUID | None
    channel: str

    @property
    def event_id(self) -> str:
        """What the engine knows this attempt by."""
        return f"{self.id}:{self.attempt}"


async def knows_workspace(session: AsyncSession, workspace: str) -> bool:
    """Whether a workspace has this name, slug or id."""
    values = {"workspace": workspace}
    return bool(await session.scalar(_IS_WORKSPACE, values))


async def latest(
    session: AsyncSession,
    n: int,
    *,
    status: str = "",
    workspace: str = "",
    stuck: bool = False,
) -> list[Line]:
    """The newest runs; ``stuck``: those that should move and have not for ``STILL``."""
    values = {
        "n": n,
        "status": status,
        "workspace": workspace,
        "stuck": stuck,
        "still": STILL,
    }
    return _lines((await session.execute(_LATEST, values)).mappings().all())


async def numbered(
    session: AsyncSession, number: int, workspace: str, n: int
) -> list[Line]:
    """The runs of a number, one a workspace."""
    values = {"number": number, "workspace": workspace, "n": n}
    return _lines((await session.execute(_NUMBERED, values)).mappings().all())


async def beginning(
    session: AsyncSession, prefix: str, workspace: str, n: int
) -> list[Line]:
    """The runs whose ids begin with these hexadecimal digits."""
    low, high = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    values = {"low": low, "high": high, "workspace": workspace, "n": n}
    return _lines((await session.execute(_BETWEEN, values)).mappings().all())


async def place(session: AsyncSession, run_id: UUID) -> Place | None:
    """Whose run it is, and where it is answered; None when there is no such run."""
    row = (await session.execute(_PLACED, {"id": run_id})).mappings().one_or_none()
    return Place(**row) if row else None


async def still(
    session: AsyncSession, quiet: timedelta, *, busy: int, paused: int
) -> list[Place]:
    """Unfinished runs that have not moved for ``quiet``: at most so many of each."""
    found: list[RowMapping] = []
    for statement, n in ((_BUSY, busy), (_PAUSED, paused)):
        rows = await session.execute(statement, {"still": quiet, "n": n})
        found += rows.mappings()
    return [Place(**row) for row in found]


async def by_status(session: AsyncSession) -> dict[str, tuple[int, float]]:
    """Status -> how many unfinished runs, and the most seconds that one has stood."""
    rows = await session.execute(_BY_STATUS)
    return {row.status: (row.n, row.still_s) for row in rows}


def _lines(rows: Any) -> list[Line]:
    return [Line(**row) for row in rows]
