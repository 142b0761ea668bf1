"""Statements of the runs room: the assistant's rounds, its tools, its taint."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_ABOUT = text("""
    SELECT r.user_message AS brief, r.input, r.message_id, r.conversation_id,
           r.private_user_id, r.is_tainted, r.user_id AS asker_id, r.number, m.role,
           w.timezone,
           coalesce(c.client_id, r.client_id) AS client_id,
           coalesce(k.name, '') AS client
    FROM runs r JOIN workspaces w ON w.id = r.workspace_id
    LEFT JOIN workspace_members m ON m.user_id = :user_id
    LEFT JOIN conversations c ON c.id = r.conversation_id
    LEFT JOIN clients k ON k.id = coalesce(c.client_id, r.client_id)
    WHERE r.id = :run_id
""")

_TAINT = text("UPDATE runs SET is_tainted = true WHERE id = :id AND NOT is_tainted")

# What a skill wrote about a brand may repeat what stands in its profile.
_CLEAN = text("""
    SELECT id FROM runs WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT is_tainted
      AND (kind = 'chat' OR client_id IS NULL)
""")

_STEPS = text("""
    SELECT name, kind, status, input, output FROM run_steps
    WHERE run_id = :run_id AND attempt = :attempt
      AND (name LIKE 'think-%' OR name LIKE 'tool-%')
    ORDER BY position
""")

_BEGIN_TOOL = text("""
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
                           effect, input, started_at)
    SELECT r.workspace_id, r.id,
           (SELECT count(*) + 1 FROM run_steps s
            WHERE s.run_id = r.id AND s.attempt = :attempt),
           :name, 'tool', :attempt, 'running', :effect, CAST(:input AS jsonb), now()
    FROM runs r
    WHERE r.id = :run_id AND r.attempt = :attempt AND r.status = 'running'
    ON CONFLICT (run_id, name, attempt) DO NOTHING
""")

_STEP = text("""
    SELECT status, input, output FROM run_steps
    WHERE run_id = :run_id AND name = :name AND attempt = :attempt
""")

# Whoever else is at this step waits, and then finds it finished; so does a stop.
_HOLD = text("""
    SELECT id FROM runs WHERE id = :run_id AND attempt = :attempt
      AND status = 'running' FOR NO KEY UPDATE
""")

_REACH = text("""
    UPDATE run_steps SET status = 'ambiguous'
    WHERE run_id = :run_id AND name = :name AND attempt = :attempt
      AND status = 'running'
""")

_FINISH = text("""
    WITH done AS (
        UPDATE run_steps SET status = :status, output = CAST(:output AS jsonb),
               completed_at = now(), error_message = :error
        WHERE run_id = :run_id AND name = :name AND attempt = :attempt
          AND status IN ('running', 'ambiguous')
        RETURNING run_id
    )
    UPDATE runs SET tool_calls = tool_calls + 1 FROM done WHERE id = done.run_id
""")


def _key(run_id: UUID, name: str, attempt: int) -> dict[str, Any]:
    return {"run_id": run_id, "name": name, "attempt": attempt}


async def about(session: AsyncSession, run_id: UUID, user_id: UUID) -> RowMapping:
    """What was asked, where, and how who asked stands here now."""
    values = {"run_id": run_id, "user_id": user_id}
    return (await session.execute(_ABOUT, values)).mappings().one()


async def taint(session: AsyncSession, run_id: UUID) -> None:
    """Keep that the run has read a stranger's words; it never goes back."""
    await session.execute(_TAINT, {"id": run_id})


async def clean(session: AsyncSession, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the runs that are known to have read nothing from outside."""
    found = await session.scalars(_CLEAN, {"ids": [str(ident) for ident in ids]})
    return frozenset(found)


async def steps(session: AsyncSession, run_id: UUID, attempt: int) -> list[RowMapping]:
    """The rounds and tool calls of an attempt, in order."""
    values = {"run_id": run_id, "attempt": attempt}
    return list((await session.execute(_STEPS, values)).mappings())


async def begin_tool(
    session: AsyncSession,
    step: tuple[UUID, str, int],
    effect: str | None,
    given: Mapping[str, Any],
) -> RowMapping | None:
    """Keep that a tool is being called; the step as it stands. None: it was stopped."""
    values = _key(*step)
    kept = {"effect": effect, "input": json.dumps(dict(given))}
    await session.execute(_BEGIN_TOOL, values | kept)
    return (await session.execute(_STEP, values)).mappings().one_or_none()


async def hold(session: AsyncSession, run_id: UUID, attempt: int) -> bool:
    """Keep the run as it is until this transaction ends; False: it was stopped."""
    values = {"run_id": run_id, "attempt": attempt}
    return (await session.execute(_HOLD, values)).first() is not None


async def status_of(session: AsyncSession, step: tuple[UUID, str, int]) -> str:
    """Where a step stands; "" when there is none."""
    row = (await session.execute(_STEP, _key(*step))).mappings().one_or_none()
    return str(row["status"]) if row else ""


async def reach(session: AsyncSession, step: tuple[UUID, str, int]) -> None:
    """Keep that a call is about to do what no rollback undoes."""
    await session.execute(_REACH, _key(*step))


async def finish_tool(
    session: AsyncSession, step: tuple[UUID, str, int], output: Mapping[str, Any]
) -> None:
    """Keep what a tool's call came to; it is not made again."""
    is_error = bool(output.get("is_error"))
    kept = {
        "status": "failed" if is_error else "completed",
        "output": json.dumps(dict(output)),
        "error": output["content"][:500] if is_error else None,
    }
    await session.execute(_FINISH, _key(*step) | kept)
