"""The skill that a run began with, as its folder was then."""

from uuid import UUID

from sqlalchemy import text

from agent.catalog.problem import BrokenSkill
from agent.catalog.skillfile import SkillFile
from agent.errors import NotFound
from agent.runs.bench import Bench, Job

_OF_RUN = text("""
    SELECT v.id, v.storage_key FROM runs r
    JOIN skill_versions v ON v.id = r.skill_version_id
    WHERE r.id = :run_id
""")

# A workspace's own goes before the house's of the same name.
_BY_NAME = text("""
    SELECT v.id, v.storage_key FROM skills s
    JOIN skill_versions v ON v.id = coalesce(
        (SELECT t.version_id FROM skill_settings t
         WHERE t.skill_id = s.id AND t.client_id IS NULL),
        (SELECT w.id FROM skill_versions w
         WHERE w.skill_id = s.id AND w.version = s.current_version
           AND w.workspace_id IS NOT DISTINCT FROM s.workspace_id))
        AND v.workspace_id IS NOT DISTINCT FROM s.workspace_id
    WHERE s.name = :name AND s.is_active
    ORDER BY s.workspace_id NULLS LAST LIMIT 1
""")


async def skill(bench: Bench, job: Job) -> SkillFile | None:
    """The skill of ``job``'s run; None where it has none, or its files are gone.

    Uses the network: open no transaction.

    Raises:
        Unavailable: The object store does not answer.
    """
    async with bench.open(job.caller) as session:
        row = (await session.execute(_OF_RUN, {"run_id": job.run_id})).one_or_none()
    return await _file(bench, row.id, row.storage_key) if row else None


async def named(bench: Bench, job: Job, name: str) -> SkillFile | None:
    """Another skill as the workspace works by it, for its method; as above."""
    async with bench.open(job.caller) as session:
        row = (await session.execute(_BY_NAME, {"name": name})).one_or_none()
    return await _file(bench, row.id, row.storage_key) if row else None


async def _file(bench: Bench, version_id: UUID, key: str | None) -> SkillFile | None:
    if bench.versions is None or not key:
        return None
    try:
        return await bench.versions.file(version_id, key)
    except (NotFound, BrokenSkill):
        return None  # its prompt is in the database, and serves
