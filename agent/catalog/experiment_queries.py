"""Tests of versions, their arms and who was drawn into which.

Row security narrows each statement to the caller's workspace.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_TESTS = """
    SELECT e.id, e.workspace_id, e.client_id, e.subject_id AS skill_id, e.name, e.salt,
           e.status, e.verdict, e.winner_key, e.min_effect::float8 AS min_effect,
           e.result, e.started_at, e.ended_at, s.name AS skill, s.title,
           coalesce(c.name, '') AS client
    FROM experiments e
    JOIN skills s ON s.id = e.subject_id
    LEFT JOIN clients c ON c.id = e.client_id
    WHERE e.kind = 'skill_version' AND {}
"""

# A test for this client alone goes before one for everybody.
_RUNNING = text(
    _TESTS.format("""
    e.status = 'running' AND e.subject_id = :skill_id
    AND (e.client_id IS NULL OR e.client_id = CAST(:client_id AS uuid))
    ORDER BY e.client_id NULLS LAST LIMIT 1
""")
)

_RUNNING_OF = text(
    _TESTS.format("e.status = 'running' AND e.subject_id = :skill_id ORDER BY e.id")
)

_ONE = text(_TESTS.format("e.id = :id"))

_LOCKED = text("SELECT FROM experiments WHERE id = :id FOR UPDATE")

_LATELY = text(
    _TESTS.format("""
    (:skill = '' OR s.name = :skill)
    ORDER BY (e.status = 'running') DESC, e.started_at DESC LIMIT :limit
""")
)

_ARMS = text("""
    SELECT a.id, a.key, a.weight_percent AS weight, a.skill_version_id AS version_id,
           v.version, v.storage_key
    FROM experiment_arms a JOIN skill_versions v ON v.id = a.skill_version_id
    WHERE a.experiment_id = :id ORDER BY a.key
""")

_EXPOSURE = text("""
    SELECT x.arm_id, a.skill_version_id AS version_id
    FROM experiment_exposures x JOIN experiment_arms a ON a.id = x.arm_id
    WHERE x.experiment_id = :id AND x.unit_type = :unit_type AND x.unit_id = :unit_id
""")

# Of two that draw the same unit at once, the first writes; the second waits for it.
_EXPOSE = text("""
    INSERT INTO experiment_exposures
        (workspace_id, experiment_id, arm_id, unit_type, unit_id, first_exposed_at)
    SELECT e.workspace_id, e.id, :arm_id, :unit_type, :unit_id, :now
    FROM experiments e WHERE e.id = :id
    ON CONFLICT (experiment_id, unit_type, unit_id) DO NOTHING
""")

_START = text("""
    INSERT INTO experiments (id, workspace_id, client_id, kind, subject_id, name,
        metric, method, min_effect, required_n, salt, status, result, started_at)
    VALUES (:id, :workspace_id, :client_id, 'skill_version', :skill_id, :name,
        'overall_score', 'sequential', :min_effect, :required_n, :salt, 'running',
        CAST(:result AS jsonb), :now)
    ON CONFLICT DO NOTHING RETURNING id
""")

_ARM = text("""
    INSERT INTO experiment_arms
        (workspace_id, experiment_id, key, weight_percent, skill_version_id)
    VALUES (:workspace_id, :id, :key, :weight, :version_id)
""")

_WEIGH = text("""
    UPDATE experiment_arms SET weight_percent = :weight
    WHERE experiment_id = :id AND key = :key
""")

_NOTE = text("""
    UPDATE experiments SET result = result || CAST(:result AS jsonb) WHERE id = :id
""")

_END = text("""
    UPDATE experiments SET status = :status, verdict = :verdict,
        winner_key = :winner_key, ended_at = :now,
        result = result || CAST(:result AS jsonb)
    WHERE id = :id AND status = 'running'
    RETURNING id
""")

_RESUME = text("""
    UPDATE experiments SET status = 'running', verdict = 'none', winner_key = NULL,
        ended_at = NULL, result = result || CAST(:result AS jsonb)
    WHERE id = :id AND status = 'stopped'
    RETURNING id
""")

_RATINGS = text("SELECT * FROM experiment_ratings(:id)")

_REACH = text("""
    SELECT (SELECT count(*) FROM workspace_members WHERE role <> 'viewer')
        + CASE WHEN CAST(:client_id AS uuid) IS NULL
               THEN (SELECT count(*) FROM clients WHERE archived_at IS NULL) ELSE 0 END
""")

_ANYWHERE = text("""
    SELECT id, workspace_id FROM experiments
    WHERE status IN ('running', 'stopped') AND kind = 'skill_version' ORDER BY id
""")


_OF_OUTPUT = text("""
    SELECT e.id FROM outputs o JOIN runs r ON r.id = o.run_id
    JOIN experiment_arms a ON a.id = r.arm_id
    JOIN experiments e ON e.id = a.experiment_id AND e.status = 'running'
    WHERE o.id = :output_id
""")


async def running(
    session: AsyncSession, skill_id: UUID, client_id: UUID | None
) -> RowMapping | None:
    """The test that work for this client takes part in."""
    values = {"skill_id": skill_id, "client_id": client_id}
    return (await session.execute(_RUNNING, values)).mappings().one_or_none()


async def running_of(session: AsyncSession, skill_id: UUID) -> list[RowMapping]:
    """Every running test of a skill: for everybody, and for single clients."""
    found = await session.execute(_RUNNING_OF, {"skill_id": skill_id})
    return list(found.mappings())


async def one(session: AsyncSession, test_id: UUID) -> RowMapping | None:
    """A test, whatever became of it."""
    return (await session.execute(_ONE, {"id": test_id})).mappings().one_or_none()


async def lock(session: AsyncSession, test_id: UUID) -> None:
    """Be alone with the test until the transaction ends."""
    await session.execute(_LOCKED, {"id": test_id})


async def lately(
    session: AsyncSession, skill: str, *, limit: int = 10
) -> list[RowMapping]:
    """The tests of a skill ("": of any), running ones first, then the newest."""
    found = await session.execute(_LATELY, {"skill": skill, "limit": limit})
    return list(found.mappings())


async def arms(session: AsyncSession, test_id: UUID) -> list[RowMapping]:
    """The arms of a test, by key."""
    return list((await session.execute(_ARMS, {"id": test_id})).mappings())


async def exposure(
    session: AsyncSession, test_id: UUID, unit_type: str, unit_id: UUID
) -> RowMapping | None:
    """The arm that a unit was drawn into."""
    values = {"id": test_id, "unit_type": unit_type, "unit_id": unit_id}
    return (await session.execute(_EXPOSURE, values)).mappings().one_or_none()


async def expose(
    session: AsyncSession, test_id: UUID, arm_id: UUID, values: Mapping[str, Any]
) -> None:
    """Write down which arm a unit was drawn into, unless it was drawn before.

    ``values``: ``unit_type``, ``unit_id``, ``now``.
    """
    row = {**values, "id": test_id, "arm_id": arm_id}
    await session.execute(_EXPOSE, row)


async def start(
    session: AsyncSession,
    values: Mapping[str, Any],
    versions: Mapping[str, tuple[int, UUID]],
) -> bool:
    """A running test and its arms: by key, the weight and the version.

    False, and nothing is written: another one began first.
    """
    row = {**values, "result": json.dumps(values["result"])}
    if (await session.execute(_START, row)).one_or_none() is None:
        return False
    for key, (weight, version_id) in versions.items():
        arm = {"key": key, "weight": weight, "version_id": version_id}
        await session.execute(_ARM, {**row, **arm})
    return True


async def weigh(
    session: AsyncSession, test_id: UUID, weights: Mapping[str, int]
) -> None:
    """Give the arms other weights."""
    for key, weight in weights.items():
        await session.execute(_WEIGH, {"id": test_id, "key": key, "weight": weight})


async def note(session: AsyncSession, test_id: UUID, result: Mapping[str, Any]) -> None:
    """Keep something about the test beside what is kept already."""
    await session.execute(_NOTE, {"id": test_id, "result": json.dumps(result)})


async def end(session: AsyncSession, test_id: UUID, values: Mapping[str, Any]) -> bool:
    """Close a running test; False if it was closed before."""
    row = {**values, "id": test_id, "result": json.dumps(values["result"])}
    return (await session.execute(_END, row)).one_or_none() is not None


async def resume(
    session: AsyncSession, test_id: UUID, result: Mapping[str, Any]
) -> bool:
    """Let a stopped test go on; False if it does not stand still."""
    row = {"id": test_id, "result": json.dumps(result)}
    return (await session.execute(_RESUME, row)).one_or_none() is not None


async def ratings(session: AsyncSession, test_id: UUID) -> list[RowMapping]:
    """Every score that counts in a test, oldest first, and those of before it.

    ``unit``, ``is_candidate``, ``exposed_at``, ``rater``, ``score`` (1-5) and
    ``is_before``. Scores of pieces in private chats are among them: show only sums.
    """
    return list((await session.execute(_RATINGS, {"id": test_id})).mappings())


async def reach(session: AsyncSession, client_id: UUID | None) -> int:
    """How many units a test could have here: clients in use and people."""
    found = await session.scalar(_REACH, {"client_id": client_id})
    return int(found or 0)


async def running_anywhere(session: AsyncSession) -> list[RowMapping]:
    """Every test that may go on, of any workspace; ``session`` is the worker's."""
    return list((await session.execute(_ANYWHERE)).mappings())


async def of_output(session: AsyncSession, output_id: UUID) -> UUID | None:
    """The running test in which this piece was written."""
    found: UUID | None = await session.scalar(_OF_OUTPUT, {"output_id": output_id})
    return found
