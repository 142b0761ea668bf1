"""Statements about how a run's piece keeps its rules."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.runs import work_queries
from agent.runs.bench import Job

_AT = text("""
    SELECT provider, model, fallback_from,
           status = 'running' AND attempt = :attempt AS is_running
    FROM runs WHERE id = :run_id
""")

_RULED = text("""
    SELECT name, output FROM run_steps
    WHERE run_id = :run_id AND attempt = :attempt AND kind = 'check'
      AND status = 'completed'
""")

_LAST = text("""
    SELECT output -> 'rulings' FROM run_steps
    WHERE run_id = :run_id AND kind = 'check' AND status = 'completed'
      AND output ? 'rulings'
    ORDER BY attempt DESC, position DESC LIMIT 1
""")

# One's own, in the order of asking; a check that was never finished says nothing.
_LATEST = text("""
    SELECT r.id FROM runs r
    WHERE r.user_id = :user_id
      AND EXISTS (SELECT FROM run_steps s
                  WHERE s.run_id = r.id AND s.kind = 'check' AND s.output ? 'rulings')
    ORDER BY r.id DESC LIMIT 1
""")

_BEGIN = text("""
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
                           effect, input, started_at)
    SELECT workspace_id, id,
           (SELECT count(*) + 1 FROM run_steps s
            WHERE s.run_id = runs.id AND s.attempt = :attempt),
           :name, 'check', :attempt, 'running', :effect, CAST(:input AS jsonb), now()
    FROM runs WHERE id = :run_id
    ON CONFLICT (run_id, name, attempt) DO UPDATE
    SET status = 'running', error_message = NULL, completed_at = NULL
""")

# Who wrote the piece is what people ask; who checked it is in the ledger.
_PUT_BACK = text("""
    UPDATE runs SET provider = :provider, model = :model, fallback_from = :fallback_from
    WHERE id = :run_id
""")


async def standing(session: AsyncSession, run_id: UUID, attempt: int) -> RowMapping:
    """Who wrote the piece, and whether this attempt is still running."""
    values = {"run_id": run_id, "attempt": attempt}
    return (await session.execute(_AT, values)).mappings().one()


async def ruled(
    session: AsyncSession, run_id: UUID, attempt: int
) -> dict[str, dict[str, Any]]:
    """What was found so far, by the step's name."""
    rows = await session.execute(_RULED, {"run_id": run_id, "attempt": attempt})
    return {row.name: row.output for row in rows}


async def begin(
    session: AsyncSession,
    step: tuple[UUID, str, int],
    rule: Mapping[str, str],
    *,
    effect: str | None = None,
) -> None:
    """Begin looking at one rule; ``step``: run, name, attempt."""
    run_id, name, attempt = step
    values = {
        "run_id": run_id,
        "name": name,
        "attempt": attempt,
        "input": json.dumps(dict(rule)),
        "effect": effect,
    }
    await session.execute(_BEGIN, values)


async def put_back(session: AsyncSession, run_id: UUID, writer: RowMapping) -> None:
    """Let the run name who wrote the piece again."""
    names = ("provider", "model", "fallback_from")
    values: dict[str, Any] = {name: writer[name] for name in names}
    await session.execute(_PUT_BACK, values | {"run_id": run_id})


async def keep(
    session: AsyncSession, job: Job, rulings: Sequence[Mapping[str, Any]]
) -> None:
    """Keep what a check came to, all rules together, as the step of its name."""
    step = (job.run_id, job.step, job.attempt)
    await begin(session, step, {})
    await work_queries.finish(session, *step, output={"rulings": list(rulings)})


async def last(session: AsyncSession, run_id: UUID) -> list[dict[str, Any]]:
    """The rulings about a run's piece, by its last check; empty: none was made."""
    found: list[dict[str, Any]] | None = await session.scalar(_LAST, {"run_id": run_id})
    return found or []


async def latest(session: AsyncSession, user_id: UUID) -> UUID | None:
    """This person's latest run whose piece was checked."""
    found: UUID | None = await session.scalar(_LATEST, {"user_id": user_id})
    return found
