"""Statements of the runs room: a run that waits for a person, and goes on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Done a second time it finds its step and changes nothing: a run that was answered
# meanwhile must not wait again.
_PAUSE = text("""
    WITH held AS (
        UPDATE runs SET status = :status
        WHERE id = :run_id AND attempt = :attempt AND status = 'running'
          AND NOT EXISTS (SELECT FROM run_steps s WHERE s.run_id = runs.id
                          AND s.attempt = :attempt AND s.name = :name)
        RETURNING id, workspace_id
    )
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
                           input, started_at)
    SELECT workspace_id, id,
           (SELECT count(*) + 1 FROM run_steps s
            WHERE s.run_id = held.id AND s.attempt = :attempt),
           :name, :kind, :attempt, 'waiting', CAST(:input AS jsonb), now()
    FROM held
    RETURNING id
""")

# Whoever is first moves the run; everybody else finds it moved.
_RESUME = text("""
    WITH due AS (
        UPDATE runs SET status = :status,
            completed_at = CASE WHEN :status <> 'running' THEN now() END,
            error_code = :error_code, error_message = :error_message
        WHERE id = :run_id AND attempt = :attempt AND status = :waiting
          AND EXISTS (SELECT FROM run_steps s WHERE s.run_id = runs.id
                      AND s.attempt = :attempt AND s.name = :name
                      AND s.status = 'waiting')
        RETURNING id
    )
    UPDATE run_steps s SET status = 'completed', output = CAST(:output AS jsonb),
           completed_at = now()
    FROM due WHERE s.run_id = due.id AND s.attempt = :attempt AND s.name = :name
    RETURNING s.id
""")

_STEP = text("""
    SELECT r.number, r.status AS run_status, r.attempt AS newest, s.status, s.input,
           s.output, coalesce(m.display_name, '') AS decided_by
    FROM runs r
    LEFT JOIN run_steps s ON s.run_id = r.id AND s.attempt = :attempt AND s.name = :name
    LEFT JOIN workspace_members m ON CAST(m.user_id AS text) = s.output ->> 'by'
    WHERE r.id = :run_id
""")

_EXCHANGES = text("""
    SELECT kind, input, output FROM run_steps
    WHERE run_id = :run_id AND attempt = :attempt AND status = 'completed'
      AND kind IN ('wait', 'approval')
    ORDER BY position
""")

_WAITING = text("""
    SELECT s.name, s.attempt, s.kind FROM runs r
    JOIN run_steps s ON s.run_id = r.id AND s.attempt = r.attempt
    WHERE r.id = :run_id AND s.status = 'waiting'
      AND r.status IN ('waiting_input', 'waiting_approval')
""")

_DROP = text("""
    WITH withdrawn AS (
        UPDATE approvals SET status = 'cancelled'
        WHERE run_id = :run_id AND status = 'pending'
    )
    UPDATE run_steps SET status = 'skipped', completed_at = now()
    WHERE run_id = :run_id AND status = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Pause:
    """One wait of one attempt, by its step's name."""

    run_id: UUID
    attempt: int
    name: str
    """``ask-1``, ``approve-2``: the name of its row in ``run_steps``."""

    @property
    def is_approval(self) -> bool:
        """Whether a decision ends it, rather than an answer."""
        return self.name.startswith(("approve-", "consent-"))

    @property
    def status(self) -> str:
        """Where the run stands meanwhile."""
        return "waiting_approval" if self.is_approval else "waiting_input"

    @property
    def number(self) -> int:
        """Which of its kind in this attempt, from 1."""
        return int(self.name.rpartition("-")[2])

    def key(self) -> dict[str, Any]:
        """The same, as statements take it."""
        return {"run_id": self.run_id, "attempt": self.attempt, "name": self.name}


async def pause(session: AsyncSession, at: Pause, given: Mapping[str, Any]) -> bool:
    """Let the run wait; False when it did so before, or is not running."""
    values = at.key() | {
        "status": at.status,
        "kind": "approval" if at.is_approval else "wait",
        "input": json.dumps(dict(given)),
    }
    return (await session.execute(_PAUSE, values)).first() is not None


async def resume(
    session: AsyncSession,
    at: Pause,
    output: Mapping[str, Any],
    *,
    to: str = "running",
    error: tuple[str, str] = ("", ""),
) -> bool:
    """End the wait and let the run go on, or end; False when that was done before."""
    values = at.key() | {
        "status": to,
        "waiting": at.status,
        "output": json.dumps(dict(output)),
        "error_code": error[0] or None,
        "error_message": error[1] or None,
    }
    return (await session.execute(_RESUME, values)).first() is not None


async def step(session: AsyncSession, at: Pause) -> RowMapping | None:
    """The run and this wait of it; None when there is no such run."""
    return (await session.execute(_STEP, at.key())).mappings().one_or_none()


async def exchanges(
    session: AsyncSession, run_id: UUID, attempt: int
) -> list[RowMapping]:
    """What was asked and decided in this attempt, in order."""
    values = {"run_id": run_id, "attempt": attempt}
    return list((await session.execute(_EXCHANGES, values)).mappings())


async def waiting(session: AsyncSession, run_id: UUID) -> Pause | None:
    """What the run waits for now, if it waits for a person."""
    row = (await session.execute(_WAITING, {"run_id": run_id})).one_or_none()
    return Pause(run_id, row.attempt, row.name) if row else None


async def drop(session: AsyncSession, run_id: UUID) -> None:
    """Nobody is waited for any more: the run was stopped."""
    await session.execute(_DROP, {"run_id": run_id})
