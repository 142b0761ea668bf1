"""Statements of the runs room: doing the work and keeping what it made."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_BEGIN = text("""
    WITH alive AS (
        UPDATE runs SET status = 'running', started_at = coalesce(started_at, now())
        WHERE id = :run_id AND attempt = :attempt AND status IN ('queued', 'running')
        RETURNING id, workspace_id
    )
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
                           effect, started_at)
    SELECT workspace_id, id,
           (SELECT count(*) + 1 FROM run_steps s
            WHERE s.run_id = alive.id AND s.attempt = :attempt),
           :name, 'llm', :attempt, 'running', 'spend', now()
    FROM alive
    ON CONFLICT (run_id, name, attempt) DO UPDATE
    SET status = 'running', error_message = NULL, completed_at = NULL
    RETURNING id
""")

_FINISHED = text("""
    SELECT output FROM run_steps WHERE run_id = :run_id AND name = :name
      AND attempt = :attempt AND status = 'completed'
""")

_FINISH = text("""
    UPDATE run_steps SET status = 'completed', output = CAST(:output AS jsonb),
           completed_at = now(), error_message = NULL
    WHERE run_id = :run_id AND name = :name AND attempt = :attempt
""")

_FAIL = text("""
    UPDATE run_steps SET status = 'failed', error_message = :error, completed_at = now()
    WHERE run_id = :run_id AND name = :name AND attempt = :attempt
      AND status = 'running'
""")

_HAS_FAILED = text("""
    SELECT EXISTS (SELECT FROM run_steps WHERE run_id = :run_id AND name = :name
                   AND attempt = :attempt AND status = 'failed')
""")

_LOCK = text("SELECT FROM runs WHERE id = :run_id FOR NO KEY UPDATE")

_IS_RUNNING = text("""
    SELECT status = 'running' AND attempt = :attempt FROM runs WHERE id = :run_id
""")

_BOOKED = text("""
    SELECT count(*) FROM usage_records
    WHERE run_id = :run_id AND starts_with(call_key, :prefix)
""")

_TOTAL = text("""
    UPDATE runs SET provider = :provider, model = :model,
        tokens_input = u.read, tokens_output = u.written, cost_usd = u.cost
    FROM (SELECT sum(total_tokens - output_tokens) AS read,
                 sum(output_tokens) AS written, sum(cost_usd) AS cost
          FROM usage_records WHERE run_id = :run_id) u
    WHERE id = :run_id
""")

_BRIEF = text("""
    SELECT r.user_message AS brief, r.input, r.message_id, r.conversation_id,
           r.client_id, r.client_version, r.skill_version_id,
           coalesce(k.name, '') AS client,
           coalesce(nullif(u.timezone, 'UTC'), w.timezone) AS timezone,
           v.llm_config ->> 'approval' AS approval
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id
    LEFT JOIN users u ON u.id = r.user_id
    LEFT JOIN skill_versions v ON v.id = r.skill_version_id
    LEFT JOIN clients k ON k.id = r.client_id
    WHERE r.id = :run_id
""")

_RUN = text("""
    SELECT r.number, r.status, r.attempt, r.kind, r.client_id, r.conversation_id,
           r.provider, r.model, r.fallback_from, r.skill_id,
           coalesce(s.title, '') AS title,
           coalesce(s.name, '') AS skill, coalesce(s.related, '{}') AS related,
           r.metadata
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id WHERE r.id = :run_id
    FOR UPDATE OF r
""")

_ADD_OUTPUT = text("""
    INSERT INTO outputs (workspace_id, run_id, client_id, revises_id, title, preview,
                         storage_key, size_bytes, sha256, data)
    SELECT r.workspace_id, r.id, r.client_id,
           -- Whoever erases the earlier one meanwhile leaves this one on its own.
           (SELECT o.id FROM outputs o
            WHERE o.id = CAST(r.input #>> '{revises,output_id}' AS uuid)),
           :title, :preview, :storage_key, :size_bytes, :sha256, CAST(:data AS jsonb)
    FROM runs r WHERE r.id = :run_id
    ON CONFLICT (storage_key) DO NOTHING
""")

_OUTPUT = text("""
    SELECT id, title, storage_key, size_bytes FROM outputs
    WHERE storage_key = :storage_key
""")


def _key(run_id: UUID, name: str, attempt: int) -> dict[str, Any]:
    return {"run_id": run_id, "name": name, "attempt": attempt}


async def begin(session: AsyncSession, run_id: UUID, name: str, attempt: int) -> bool:
    """Mark run and step as running; False when the run was stopped or retried since."""
    done = await session.execute(_BEGIN, _key(run_id, name, attempt))
    return done.first() is not None


async def finished(
    session: AsyncSession, run_id: UUID, name: str, attempt: int
) -> dict[str, Any] | None:
    """What a finished step left; None when it has not finished."""
    found: dict[str, Any] | None = await session.scalar(
        _FINISHED, _key(run_id, name, attempt)
    )
    return found


async def finish(
    session: AsyncSession,
    run_id: UUID,
    name: str,
    attempt: int,
    *,
    output: Mapping[str, Any],
) -> None:
    """Keep what a step made; it will not be done again."""
    values = _key(run_id, name, attempt) | {"output": json.dumps(dict(output))}
    await session.execute(_FINISH, values)


async def fail(
    session: AsyncSession, run_id: UUID, name: str, attempt: int, error: str
) -> None:
    """Keep why a step failed; it may be tried again."""
    await session.execute(_FAIL, _key(run_id, name, attempt) | {"error": error})


async def has_failed(
    session: AsyncSession, run_id: UUID, name: str, attempt: int
) -> bool:
    """Whether the step failed when it was done last."""
    return bool(await session.scalar(_HAS_FAILED, _key(run_id, name, attempt)))


async def lock(session: AsyncSession, run_id: UUID) -> None:
    """Keep a run as it is until this transaction ends.

    Whoever starts or stops it locks its row, and then its budget; so does, by this,
    whoever settles: else each might wait for the other.
    """
    await session.execute(_LOCK, {"run_id": run_id})


async def is_running(session: AsyncSession, run_id: UUID, attempt: int) -> bool:
    """Whether nobody stopped this attempt, or began the next."""
    values = {"run_id": run_id, "attempt": attempt}
    return bool(await session.scalar(_IS_RUNNING, values))


async def booked_calls(session: AsyncSession, run_id: UUID, prefix: str) -> int:
    """How many paid calls the ledger has under a key's beginning."""
    values = {"run_id": run_id, "prefix": prefix}
    return int(await session.scalar(_BOOKED, values) or 0)


async def total(session: AsyncSession, run_id: UUID, provider: str, model: str) -> None:
    """Let the run show the sum of its ledger."""
    values = {"run_id": run_id, "provider": provider, "model": model}
    await session.execute(_TOTAL, values)


async def brief(session: AsyncSession, run_id: UUID) -> RowMapping:
    """What a run was asked, where, and for whom."""
    return (await session.execute(_BRIEF, {"run_id": run_id})).mappings().one()


async def run(session: AsyncSession, run_id: UUID) -> RowMapping:
    """A run as its ending needs it, locked: it ends in one way alone."""
    return (await session.execute(_RUN, {"run_id": run_id})).mappings().one()


async def add_output(session: AsyncSession, values: Mapping[str, Any]) -> RowMapping:
    """Keep an output, once per storage key, and return it."""
    await session.execute(_ADD_OUTPUT, values)
    key = {"storage_key": values["storage_key"]}
    return (await session.execute(_OUTPUT, key)).mappings().one()
