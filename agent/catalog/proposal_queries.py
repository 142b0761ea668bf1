"""Statements about proposed rules. Row security narrows each."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_ROWS = """
    SELECT r.id, r.workspace_id, r.skill_id, s.name AS skill, s.title, r.code, r.status,
           r.evidence, r.proposal, r.score_before, r.score_after, r.held_out_cases,
           r.since_version, r.created_at, r.decided_at,
           coalesce(m.display_name, u.full_name, '') AS decided_by
    FROM rules r JOIN skills s ON s.id = r.skill_id
    LEFT JOIN workspace_members m ON m.user_id = r.decided_by_id
    LEFT JOIN users u ON u.id = r.decided_by_id
    WHERE r.scope = 'skill' AND r.workspace_id IS NOT NULL AND r.proposal IS NOT NULL
"""
_ONE = text(f"{_ROWS} AND r.id = :id")
_HELD = text(f"{_ROWS} AND r.id = :id FOR UPDATE OF r")
_OPEN = text(f"{_ROWS} AND r.skill_id = :skill_id AND r.status = 'proposed'")
_REJECTED = text(f"""{_ROWS} AND r.skill_id = :skill_id AND r.status = 'rejected'
    AND r.decided_at >= :since ORDER BY r.decided_at DESC""")

# What somebody decided about is no new evidence.
_USED = text("""
    SELECT DISTINCT one ->> 'feedback_id' FROM rules r
    CROSS JOIN LATERAL jsonb_array_elements(r.evidence) AS one
    WHERE r.skill_id = :skill_id AND r.scope = 'skill' AND r.status <> 'proposed'
      AND one ->> 'feedback_id' IS NOT NULL
""")

# P1, P2: a proposal's own name. Rules have theirs in RULES.md.
_ADD = text("""
    INSERT INTO rules (workspace_id, scope, skill_id, code, statement, rationale,
                       severity, status, evidence, proposal)
    SELECT :workspace_id, 'skill', :skill_id,
        'P' || 1 + (SELECT count(*) FROM rules
                    WHERE skill_id = :skill_id AND workspace_id = :workspace_id),
        :statement, nullif(:why, ''), :severity, 'proposed', CAST(:evidence AS jsonb),
        CAST(:proposal AS jsonb)
    ON CONFLICT DO NOTHING
    RETURNING id
""")

_CHANGE = text("""
    UPDATE rules SET statement = :statement, rationale = nullif(:why, ''),
        severity = :severity, proposal = proposal || CAST(:proposal AS jsonb),
        score_before = NULL, score_after = NULL, held_out_cases = NULL
    WHERE id = :id AND status = 'proposed'
""")

_NOTE = text("""
    UPDATE rules SET proposal = proposal || CAST(:proposal AS jsonb)
    WHERE id = :id AND status = 'proposed'
      AND CAST(proposal ->> 'revision' AS int) = :revision
    RETURNING id
""")

_TRIED = text("""
    UPDATE rules SET proposal = proposal || CAST(:proposal AS jsonb),
        score_before = :before, score_after = :after, held_out_cases = :held
    WHERE id = :id AND status = 'proposed'
      AND CAST(proposal ->> 'revision' AS int) = :revision
    RETURNING id
""")

_DECIDE = text("""
    UPDATE rules SET status = :status, decided_by_id = :user_id, decided_at = now(),
        since_version = nullif(:version, ''),
        proposal = proposal || CAST(:proposal AS jsonb)
    WHERE id = :id AND status = 'proposed'
    RETURNING id
""")

_EXPLAIN = text("""
    UPDATE rules SET proposal = proposal || jsonb_build_object(
        'reason', CAST(:reason AS text))
    WHERE id = :id AND status = 'rejected' RETURNING id
""")

_COST = text("""
    SELECT coalesce(sum(u.cost_usd), 0) FROM usage_records u, rules r
    WHERE r.id = :id
      AND u.run_id IN (r.id, CAST(r.proposal ->> 'calls_id' AS uuid))
""")

_AFTER = text("""
    SELECT CAST(settings ->> 'propose_after' AS int) FROM workspaces WHERE id = :id
""")
_SET_AFTER = text("""
    UPDATE workspaces SET settings = settings
        || jsonb_build_object('propose_after', CAST(:pieces AS int))
    WHERE id = :id
""")

_LEADS = text("""
    SELECT user_id FROM workspace_members WHERE role IN ('owner', 'admin')
    ORDER BY role = 'owner' DESC, joined_at, id LIMIT 1
""")


async def one(session: AsyncSession, rule_id: UUID) -> RowMapping | None:
    """A proposal, open or decided."""
    return await _first(session, _ONE, {"id": rule_id})


async def held(session: AsyncSession, rule_id: UUID) -> RowMapping | None:
    """The same; nobody else changes it until this transaction ends."""
    return await _first(session, _HELD, {"id": rule_id})


async def open_for(session: AsyncSession, skill_id: UUID) -> RowMapping | None:
    """The proposal about a skill that waits for a decision; there is one at most."""
    return await _first(session, _OPEN, {"skill_id": skill_id})


async def rejected(
    session: AsyncSession, skill_id: UUID, since: datetime
) -> list[RowMapping]:
    """Proposals about a skill that were rejected since, newest first."""
    values = {"skill_id": skill_id, "since": since}
    return list((await session.execute(_REJECTED, values)).mappings())


async def used(session: AsyncSession, skill_id: UUID) -> frozenset[str]:
    """The ids of feedback that a decided proposal about a skill came from."""
    found = await session.scalars(_USED, {"skill_id": skill_id})
    return frozenset(found.all())


async def add(
    session: AsyncSession,
    values: Mapping[str, Any],
    evidence: Sequence[Mapping[str, Any]],
    proposal: Mapping[str, Any],
) -> UUID | None:
    """A new proposal's id; None: another one about the skill is open."""
    row = {**values, "evidence": _json(evidence), "proposal": _json(proposal)}
    found: UUID | None = await session.scalar(_ADD, row)
    return found


async def change(
    session: AsyncSession, values: Mapping[str, Any], proposal: Mapping[str, Any]
) -> None:
    """Other words for an open proposal; what its trial came to is forgotten."""
    await session.execute(_CHANGE, {**values, "proposal": _json(proposal)})


async def note(
    session: AsyncSession, rule_id: UUID, revision: int, proposal: Mapping[str, Any]
) -> bool:
    """Write something beside this wording of a proposal; False: it has another."""
    values = {"id": rule_id, "revision": revision, "proposal": _json(proposal)}
    return await session.scalar(_NOTE, values) is not None


async def tried(
    session: AsyncSession,
    rule_id: UUID,
    revision: int,
    scores: Mapping[str, Any],
    proposal: Mapping[str, Any],
) -> bool:
    """Keep how this wording did; ``scores``: ``before``, ``after``, ``held``."""
    values = {"id": rule_id, "revision": revision, "proposal": _json(proposal)}
    return await session.scalar(_TRIED, {**values, **scores}) is not None


async def decide(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Close a proposal; ``values``: id, status, user_id, version, proposal."""
    row = {**values, "proposal": _json(values["proposal"])}
    return await session.scalar(_DECIDE, row) is not None


async def explain(session: AsyncSession, rule_id: UUID, reason: str) -> bool:
    """Keep why a proposal was rejected; False: it was not."""
    values = {"id": rule_id, "reason": reason}
    return await session.scalar(_EXPLAIN, values) is not None


async def cost(session: AsyncSession, rule_id: UUID) -> Any:
    """What was paid for drafting and trying a proposal, US dollars."""
    return await session.scalar(_COST, {"id": rule_id})


async def after(session: AsyncSession, workspace_id: UUID) -> int | None:
    """From how many like complaints a rule is proposed here; None: as everywhere."""
    found: int | None = await session.scalar(_AFTER, {"id": workspace_id})
    return found


async def set_after(session: AsyncSession, workspace_id: UUID, pieces: int) -> None:
    """Settle from how many."""
    await session.execute(_SET_AFTER, {"id": workspace_id, "pieces": pieces})


async def lead(session: AsyncSession) -> UUID | None:
    """An owner of the workspace, else an admin: on whose account it learns."""
    found: UUID | None = await session.scalar(_LEADS)
    return found


async def _first(
    session: AsyncSession, statement: Any, values: Mapping[str, Any]
) -> RowMapping | None:
    return (await session.execute(statement, values)).mappings().one_or_none()


def _json(value: object) -> str:
    return json.dumps(value)
