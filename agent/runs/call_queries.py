"""Statements about who answers a run's calls, and who answered in their place."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_ABOUT = text("""
    SELECT r.skill_id, r.client_id, coalesce(r.metadata ->> 'model', '') AS pinned,
           ARRAY(SELECT c.provider FROM connections c
                 WHERE c.workspace_id = r.workspace_id AND c.kind = 'llm'
                   AND c.status IN ('active', 'expiring')
                   AND (c.client_id IS NULL OR c.client_id = r.client_id)) AS own
    FROM runs r WHERE r.id = :run_id
""")

_WROTE = text("""
    UPDATE runs SET fallback_from = nullif(:fallback_from, '')
    WHERE id = :run_id AND fallback_from IS DISTINCT FROM nullif(:fallback_from, '')
""")

_NOTE = text("""
    UPDATE run_steps SET input = input || CAST(:noted AS jsonb)
    WHERE run_id = :run_id AND name = :name AND attempt = :attempt
""")

_REFUSED = text("""
    UPDATE runs SET metadata = metadata || CAST(:noted AS jsonb) WHERE id = :run_id
""")

_UNPIN = text("""
    UPDATE runs SET metadata = (metadata - 'over_budget')
        || jsonb_build_object('model', CAST(:model AS text))
    WHERE id = :run_id
""")


async def about(session: AsyncSession, run_id: UUID) -> RowMapping:
    """What decides who answers: skill, client, a pinned model, own keys."""
    return (await session.execute(_ABOUT, {"run_id": run_id})).mappings().one()


async def wrote(session: AsyncSession, run_id: UUID, fallback_from: str) -> None:
    """Keep in whose place the last call was answered; empty: in nobody's."""
    values = {"run_id": run_id, "fallback_from": fallback_from}
    await session.execute(_WROTE, values)


async def note(
    session: AsyncSession, step: tuple[UUID, str, int], noted: Mapping[str, str]
) -> None:
    """Keep facts about a step's call; ``step``: run, name, attempt."""
    run_id, name, attempt = step
    values = {"run_id": run_id, "name": name, "attempt": attempt}
    await session.execute(_NOTE, values | {"noted": json.dumps(dict(noted))})


async def over_budget(
    session: AsyncSession, run_id: UUID, attempt: int, facts: Mapping[str, Any]
) -> None:
    """Keep what an attempt lacked, so that whoever tells of it can offer a way on."""
    noted = json.dumps({"over_budget": {**facts, "attempt": attempt}})
    await session.execute(_REFUSED, {"run_id": run_id, "noted": noted})


async def pin(session: AsyncSession, run_id: UUID, model: str) -> None:
    """Let this run alone be answered by ``model``, whatever is chosen elsewhere."""
    await session.execute(_UNPIN, {"run_id": run_id, "model": model})
