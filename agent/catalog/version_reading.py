"""Versions of a skill as people name them, and their files as they were."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import own_version_queries as queries
from agent.catalog import own_versions
from agent.catalog.problem import BrokenSkill
from agent.catalog.skillfile import SkillFile
from agent.catalog.version_errors import NoSuchVersion, VersionGone
from agent.catalog.versions import Versions
from agent.errors import NotFound
from agent.ports import Objects

_OURS = re.compile(r"[\s-]*(?:\(?(?:yours|ours|mine|own)\)?)$")
_HOUSES = re.compile(r"^(?:house'?s?|system|original)\s+|[\s(-]*(?:house|system)\)?$")


async def skill(session: AsyncSession, name: str) -> RowMapping:
    """The skill that is meant: ``id, name, title, is_system, current_version``.

    Raises:
        NoSuchVersion: There is none of that name here.
    """
    slug = name.strip().lstrip("/").casefold().replace("_", "-").replace(" ", "-")
    row = await queries.skill(session, slug)
    if row is None:
        raise NoSuchVersion(name)
    return row


async def named(session: AsyncSession, of: RowMapping, number: str) -> RowMapping:
    """The version that people call so: ``1.1.0``, ``v1.1``, ``house 1.1.0``.

    Of one's own and the house's with the same number, one's own; of several that begin
    so, the newest.

    Raises:
        NoSuchVersion: There is none.
    """
    released = await queries.released(session, of["id"])
    found = _meant(released, number)
    if found is None:
        raise NoSuchVersion(of["name"], number.strip())
    return found


def _meant(released: Sequence[RowMapping], number: str) -> RowMapping | None:
    said = number.strip().casefold()
    wants_house = bool(_HOUSES.search(said))
    said = _OURS.sub("", _HOUSES.sub("", said)).strip()
    said = re.sub(r"^(?:version\s+|v)", "", said)
    near = [row for row in released if row["version"] == said]
    near = near or [row for row in released if row["version"].startswith(f"{said}.")]
    if wants_house:
        near = [row for row in near if not row["is_own"]]
    return min(near, key=lambda row: not row["is_own"], default=None) if said else None


async def standing(session: AsyncSession, of: RowMapping) -> RowMapping:
    """The version that the workspace works by, tests and pins left aside.

    Raises:
        NoSuchVersion: It has none yet.
    """
    version_id = await own_versions.in_force(session, of["id"], None)
    row = await queries.version(session, version_id) if version_id else None
    if row is None:
        raise NoSuchVersion(of["name"])
    return row


async def before(
    session: AsyncSession, of: RowMapping, row: RowMapping
) -> RowMapping | None:
    """What was worked by before this version; None: it is the first.

    One's own version has one it was made from; the house's came after one another.
    """
    if row["parent_id"]:
        return await queries.version(session, row["parent_id"])
    released = await queries.released(session, of["id"])
    older = [
        one
        for one in released
        if one["is_own"] == row["is_own"] and one["made_at"] < row["made_at"]
    ]
    return older[0] if older else None


async def house_of(session: AsyncSession, row: RowMapping) -> RowMapping | None:
    """The house's version that one's own goes back to; itself, if it is the house's."""
    at: RowMapping | None = row
    seen: set[UUID] = set()
    while at is not None and at["is_own"] and at["id"] not in seen:
        seen.add(at["id"])
        parent = at["parent_id"]
        at = await queries.version(session, parent) if parent else None
    return None if at is None or at["is_own"] else at


async def newer(
    session: AsyncSession, of: RowMapping, now: RowMapping
) -> RowMapping | None:
    """The house's current version, where what stands here goes back to another one."""
    if not of["is_system"] or not of["current_version"]:
        return None
    base = await house_of(session, now)
    for row in await queries.released(session, of["id"]):
        if not row["is_own"] and row["version"] == of["current_version"]:
            is_newer = base is not None and base["made_at"] < row["made_at"]
            return row if is_newer else None
    return None


async def file(objects: Objects, name: str, row: RowMapping) -> SkillFile:
    """A version's files, word for word.

    Raises:
        VersionGone: They cannot be had any more.
        Unavailable: The object store does not answer.
    """
    try:
        return await Versions(objects).plain(row["storage_key"])
    except (NotFound, BrokenSkill) as lost:
        raise VersionGone(name, row["version"]) from lost
