"""Which versions are in force: the house's, and a workspace's own beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "skills"
"""What processes LISTEN to; a change in one is served by all within a moment."""

_IN_FORCE = """
    SELECT s.id, s.name, s.title, v.id AS version_id, v.version, v.content_hash,
           v.storage_key, v.files
    FROM skills s
    JOIN skill_versions v ON v.skill_id = s.id AND v.version = s.current_version
        AND v.workspace_id IS NOT DISTINCT FROM s.workspace_id
    WHERE s.is_active AND s.workspace_id IS {}
    ORDER BY s.name
"""
_HOUSE = text(_IN_FORCE.format("NULL"))
_OWN = text(_IN_FORCE.format("NOT NULL"))

_CHOSEN = text("""
    SELECT s.id, s.name, s.title, v.id AS version_id, v.version, v.content_hash,
           v.storage_key, v.files
    FROM skill_settings t
    JOIN skills s ON s.id = t.skill_id AND s.is_active AND s.workspace_id IS NULL
    JOIN skill_versions v ON v.id = t.version_id
    WHERE t.client_id IS NULL
    ORDER BY s.name
""")

_OFF = text("""
    SELECT s.name FROM skill_settings t JOIN skills s ON s.id = t.skill_id
    WHERE t.client_id IS NULL AND NOT t.is_active
""")

_ANNOUNCE = text(f"SELECT pg_notify('{CHANNEL}', '')")


@dataclass(frozen=True, slots=True)
class InForce:
    """The version of a skill that answers now."""

    id: UUID
    name: str
    title: str
    version_id: UUID
    version: str
    content_hash: bytes
    storage_key: str
    files: Sequence[dict[str, Any]]
    """``{path, sha256, bytes}``, by path."""


async def in_force(session: AsyncSession) -> list[InForce]:
    """The house's skills, by name."""
    return await _read(session, _HOUSE)


async def own(session: AsyncSession) -> list[InForce]:
    """What the caller's workspace has in the place of the house's; never another's.

    First the house's skills of which it works by another version, then its own skills,
    each by name: a name that is there twice is its own skill's.
    """
    return [*await _read(session, _CHOSEN), *await _read(session, _OWN)]


async def switched_off(session: AsyncSession) -> frozenset[str]:
    """The skills that the caller's workspace does without."""
    return frozenset((await session.execute(_OFF)).scalars())


async def announce(session: AsyncSession) -> None:
    """Have every process look again, once this transaction is committed."""
    await session.execute(_ANNOUNCE)


async def _read(session: AsyncSession, statement: Any) -> list[InForce]:
    rows = (await session.execute(statement)).mappings()
    return [InForce(**row) for row in rows]
