"""A workspace's own versions of skills: made, put in force, found.

The house's versions belong to everybody and change with the installation; what one
workspace changes is a version of its own beside them, which nobody else sees. Versions
are never changed and never deleted: to roll back is to put an older one in force.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import arms, stock_queries
from agent.catalog import own_version_queries as queries
from agent.catalog.problem import BrokenSkill
from agent.catalog.skillfile import SkillFile, assemble
from agent.catalog.stock import version_row
from agent.catalog.version_errors import ChangesSettings, NoSuchVersion, VersionGone
from agent.catalog.versions import Versions, held, is_guest, own_key
from agent.errors import NotFound
from agent.ports import Objects

Origin = Literal["proposal", "rollback", "user"]

_NUMBER = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_LINE = re.compile(r'^(\s+version:\s*)["\']?[\w.+-]+["\']?[ \t]*$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Made:
    """A version as it was written down."""

    version_id: UUID
    version: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The version that a run is pinned to, and the arm of a test that chose it."""

    version_id: UUID
    arm_id: UUID | None = None


async def make(  # noqa: PLR0913 - the columns of one row
    session: AsyncSession,
    objects: Objects,
    workspace_id: UUID,
    skill: str,
    texts: Mapping[str, str],
    *,
    origin: Origin,
    changelog: str,
    by: UUID | None,
    parent_id: UUID | None = None,
) -> Made:
    """The next version of a skill, for one workspace, with these files by path.

    It may be put in force, and is not yet. Its number follows the highest there is:
    the middle one rises for other rules, the last for other words alone. ``parent_id``
    is what it was made from; without it, what the workspace works by. Its files are in
    the object store before there is a row of them.

    Raises:
        NoSuchVersion: There is no such skill, or it has no version yet.
        BrokenSkill: The files are no skill; the error says which line to mend.
        ChangesSettings: They change more than rules and words.
        Unavailable: The object store did not take them.
    """
    row = await _skill(session, skill)
    known = await queries.numbers(session, row["id"])
    parent_id = parent_id or await in_force(session, row["id"], None)
    parent = await queries.version(session, parent_id) if parent_id else None
    if parent is None:
        raise NoSuchVersion(skill)
    number = _next(known, parent, texts)
    file = assemble(held(row["name"], renumbered(texts, number)))
    _ensure_same_settings(file, parent)
    key = own_key(workspace_id, file, is_house=_is_house(file, parent))
    await Versions(objects).keep(file, key)
    values = {
        **version_row(file),
        "workspace_id": workspace_id,
        "skill_id": row["id"],
        "parent_id": parent_id,
        "made_by_id": by,
        "origin": origin,
        "storage_key": key,
        "changelog": changelog,
    }
    return Made(await queries.add(session, values), number)


async def put_in_force(  # noqa: PLR0913 - whose, what, for whom
    session: AsyncSession,
    objects: Objects,
    workspace_id: UUID,
    skill: str,
    version_id: UUID,
    *,
    client_id: UUID | None = None,
) -> None:
    """Let the workspace, or one client of it, work by that version from now on.

    Runs under way keep theirs. Every process looks again once this is committed.

    Raises:
        NoSuchVersion: It is no version of that skill, or was never saved.
        VersionGone: Its files cannot be had any more.
        Unavailable: The object store does not answer.
    """
    row = await _skill(session, skill)
    version = await queries.version(session, version_id)
    if version is None or version["skill_id"] != row["id"]:
        raise NoSuchVersion(skill, str(version_id))
    if version["status"] == "draft":
        raise NoSuchVersion(skill, version["version"])
    await ensure_whole(objects, skill, version)
    if client_id is None and not row["is_system"]:
        await queries.make_current(session, row["id"], version["version"])
    else:
        await _settle(session, workspace_id, row["id"], version_id, client_id)
    await stock_queries.announce(session)


async def in_force(
    session: AsyncSession, skill_id: UUID, client_id: UUID | None
) -> UUID | None:
    """The version that work for this client goes by, tests of versions left aside.

    What was pinned for the client goes before the workspace's own choice, and that
    before the skill's current version. None: it has none yet.
    """
    row = await queries.choice(session, skill_id, client_id)
    found: UUID | None = row["pinned"] or row["standing"]
    return found


async def follow(
    session: AsyncSession, workspace_id: UUID, skill: str, client_id: UUID | None
) -> None:
    """Let work go by the default again, whatever that becomes.

    A client's default is the workspace's, and the workspace's the house's.

    Raises:
        NoSuchVersion: There is no such skill.
    """
    row = await _skill(session, skill)
    await _settle(session, workspace_id, row["id"], None, client_id)
    await stock_queries.announce(session)


async def choose(  # noqa: PLR0913 - what is offered, to whom, when
    session: AsyncSession,
    skill_id: UUID,
    offered: UUID,
    *,
    client_id: UUID | None,
    user_id: UUID,
    now: datetime,
) -> Chosen:
    """The version that this person's work for this client is pinned to.

    ``offered`` is the shelf's: it stands where it is a draft being tried, or where
    nothing else is in force. Being chosen by lot in a test is written down.
    """
    row = await queries.choice(session, skill_id, client_id, offered)
    if row["is_draft"] or row["pinned"]:
        return Chosen(offered if row["is_draft"] else row["pinned"])
    arm = None
    if row["is_tested"]:
        arm = await arms.assign(session, skill_id, client_id, user_id, now)
    if arm is not None:
        return Chosen(arm.version_id, arm.id)
    return Chosen(row["standing"] or offered)


async def ensure_whole(objects: Objects, skill: str, version: RowMapping) -> None:
    """Return when the files of a version are there and can be read.

    Raises:
        VersionGone: They are not.
        Unavailable: The object store does not answer.
    """
    try:
        await Versions(objects).plain(version["storage_key"])
    except (NotFound, BrokenSkill) as lost:
        raise VersionGone(skill, version["version"]) from lost


def following(known: Iterable[str], *, has_new_rules: bool) -> str:
    """The number after the highest of ``known``: 1.0.0 -> 1.1.0, or 1.0.1 for words."""
    found = (_NUMBER.match(number) for number in known)
    highest = max((tuple(map(int, one.groups())) for one in found if one), default=None)
    major, minor, patch = highest or (1, 0, -1)
    if has_new_rules:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def renumbered(texts: Mapping[str, str], number: str) -> dict[str, str]:
    """The files with another number in the head of SKILL.md."""
    head, ruler, rest = texts.get("SKILL.md", "").partition("\n---")
    head = _LINE.sub(rf'\g<1>"{number}"', head, count=1)
    return {**texts, "SKILL.md": f"{head}{ruler}{rest}"}


async def _skill(session: AsyncSession, name: str) -> RowMapping:
    row = await queries.skill(session, name)
    if row is None:
        raise NoSuchVersion(name)
    return row


def _next(known: Iterable[str], parent: RowMapping, texts: Mapping[str, str]) -> str:
    before = {one["path"]: one["sha256"] for one in parent["files"]}
    rules = texts.get("RULES.md")
    now = sha256(rules.encode()).hexdigest() if rules is not None else None
    return following(known, has_new_rules=now != before.get("RULES.md"))


def _is_house(file: SkillFile, parent: RowMapping) -> bool:
    """Whether the method is the house's, word for word, as far as it goes."""
    if is_guest(parent["storage_key"]):
        return False
    said: str = parent["prompt_template"]
    return said.startswith(file.body.strip())


def _ensure_same_settings(file: SkillFile, parent: RowMapping) -> None:
    now = version_row(file)
    same = (
        now["tier"] == parent["model_tier"]
        and now["max_cost_usd"] == parent["max_cost_usd"]
        and now["llm_config"]["approval"] == parent["llm_config"].get("approval", "")
        and now["llm_config"]["max_tokens"] == parent["llm_config"].get("max_tokens")
    )
    if not same:
        raise ChangesSettings(file.name)


async def _settle(
    session: AsyncSession,
    workspace_id: UUID,
    skill_id: UUID,
    version_id: UUID | None,
    client_id: UUID | None,
) -> None:
    values = {
        "workspace_id": workspace_id,
        "skill_id": skill_id,
        "version_id": version_id,
        "client_id": client_id,
    }
    await queries.settle(session, values)
