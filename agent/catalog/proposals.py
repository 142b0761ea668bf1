"""Proposed changes of a skill's rules: what may be proposed, and how it is kept.

A proposal is a row of ``rules``; its ``proposal`` says what it changes, against which
version, how it did when it was tried (under ``tried``), and which wording that was
(``revision``, from 1). One a skill is open at a time; the database sees to that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import own_version_queries, own_versions, rule_changes, rule_guards
from agent.catalog import proposal_queries as queries
from agent.catalog.proposal_errors import OpenAlready
from agent.catalog.rule_changes import Draft
from agent.catalog.rulefile import Rule
from agent.catalog.skillfile import SkillFile
from agent.catalog.version_errors import NoSuchVersion
from agent.catalog.versions import Versions, is_guest
from agent.ports import Events, Objects

DRAFTED = "rule.drafted"
"""Emitted in the transaction that words or rewords a proposal; it is tried then."""
REMEMBERED = timedelta(days=90)
"""How long something like a rejected proposal is not made again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A skill as the workspace works by it now."""

    workspace_id: UUID
    skill_id: UUID
    name: str
    title: str
    version_id: UUID
    version: str
    file: SkillFile
    """Word for word."""
    is_guest: bool
    """Whether people of the workspace, or of elsewhere, wrote its method."""
    house: tuple[Rule, ...]
    """The rules that it came with; of a skill made here, none."""

    @property
    def guarded(self) -> frozenset[str]:
        """The ids of rules that no proposal takes away."""
        return rule_guards.protected(self.file.rules, self.house)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a proposal comes from."""

    theme: str = ""
    """What people complained of, in a few words."""
    evidence: Sequence[Mapping[str, Any]] = ()
    """``{output_id, feedback_id, quote}``; an empty quote was said in private."""
    texts: Sequence[str] = ()
    """What was read for it, from which no words may be copied."""
    held_out: Sequence[str] = ()
    """The pieces among the evidence that were kept apart while it was worded."""
    since: str = ""
    """The day of the first complaint, ISO."""
    by_id: UUID | None = None
    """Who worded it; None: it was drafted."""
    shown: Sequence[str] = ()
    """The complaints that whoever words it may read."""
    calls_id: UUID | None = None
    """Under which the ledger has what drafting it cost."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a skill stands, before any of its files is read."""

    workspace_id: UUID
    skill: RowMapping
    version: RowMapping
    house_key: str
    """Where the house's own files lie; empty: it was made here."""


async def standing(
    session: AsyncSession, objects: Objects, workspace_id: UUID, skill: str
) -> Standing:
    """The skill of that name in the version in force here.

    Raises:
        NoSuchVersion: There is no such skill.
        NotFound, BrokenSkill, Unavailable: Its files cannot be had.
    """
    return await read(objects, await place(session, workspace_id, skill))


async def place(session: AsyncSession, workspace_id: UUID, skill: str) -> Place:
    """Where the skill of that name stands here.

    Raises:
        NoSuchVersion: There is no such skill.
    """
    row = await own_version_queries.skill(session, skill)
    version_id = await own_versions.in_force(session, row["id"], None) if row else None
    found = version_id and await own_version_queries.version(session, version_id)
    if row is None or not found:
        raise NoSuchVersion(skill)
    house_key = await _house_key(session, row) if row["is_system"] else ""
    return Place(workspace_id, row, found, house_key)


async def read(objects: Objects, at: Place) -> Standing:
    """The skill with its files. Uses the network: a step opens no transaction for it.

    Raises:
        NotFound, BrokenSkill, Unavailable: Its files cannot be had.
    """
    files, row, found = Versions(objects), at.skill, at.version
    file = await files.plain(found["storage_key"])
    house: tuple[Rule, ...] = ()
    if at.house_key:
        house = (await files.plain(at.house_key)).rules
    ids = at.workspace_id, row["id"], row["name"], row["title"]
    is_own = is_guest(found["storage_key"])
    return Standing(*ids, found["id"], found["version"], file, is_own, house)


async def ensure_allowed(
    session: AsyncSession, here: Standing, draft: Draft, source: Source, now: datetime
) -> None:
    """Return when a draft may be proposed.

    Raises:
        RuleRefused, Copied: It may not; they say why.
    """
    rule_guards.ensure_sound(draft)
    rule_guards.ensure_fits(draft, here.file.rules, here.guarded)
    known = "\n".join(here.file.texts.values())
    rule_guards.ensure_general(draft, source.texts, known)
    rows = await queries.rejected(session, here.skill_id, now - REMEMBERED)
    before = [row["proposal"] for row in rows]
    rule_guards.ensure_new(draft, before, by_hand=source.by_id is not None)


async def is_open(session: AsyncSession, here: Standing) -> bool:
    """Whether a change of the skill's rules waits for a decision."""
    return await queries.open_for(session, here.skill_id) is not None


async def used(session: AsyncSession, here: Standing) -> frozenset[str]:
    """The ids of feedback about the skill that somebody decided about already."""
    return await queries.used(session, here.skill_id)


async def put(
    session: AsyncSession, events: Events, here: Standing, draft: Draft, source: Source
) -> UUID:
    """The id of a new proposal; it will be tried, and shown to who decides.

    Raises:
        OpenAlready: Another one about this skill is open.
    """
    draft = rule_changes.numbered(draft, here.file.rules, here.name)
    values = {
        "workspace_id": here.workspace_id,
        "skill_id": here.skill_id,
        "statement": draft.statement,
        "why": draft.why,
        "severity": draft.severity,
    }
    kept = {
        **against(here, draft),
        "revision": 1,
        "theme": source.theme,
        "since": source.since,
        "held_out": list(source.held_out),
        "by_id": str(source.by_id) if source.by_id else None,
        "calls_id": str(source.calls_id) if source.calls_id else None,
    }
    rule_id = await queries.add(session, values, source.evidence, kept)
    if rule_id is None:
        raise OpenAlready(here.title)
    await emit(session, events, here.workspace_id, (rule_id, 1))
    return rule_id


def against(here: Standing, draft: Draft) -> dict[str, Any]:
    """What a proposal keeps of a draft, and of the version that it changes."""
    base = {"base_id": str(here.version_id), "base": here.version}
    return {**draft.kept, **base}


async def _house_key(session: AsyncSession, row: RowMapping) -> str:
    found = await own_version_queries.released(session, row["id"])
    key: str = next(
        one["storage_key"]
        for one in found
        if not one["is_own"] and one["version"] == row["current_version"]
    )
    return key


def text_key(workspace_id: UUID, which: tuple[UUID, int, str], name: str) -> str:
    """Where a text of a trial lies; ``which``: proposal, revision, case's place."""
    rule_id, revision, case = which
    return f"{workspace_id}/rules/{rule_id}/{revision}/{case}/{name}.md"


async def emit(
    session: AsyncSession,
    events: Events,
    workspace_id: UUID,
    which: tuple[UUID, int],
    times: int = 0,
) -> None:
    """Have a wording of a proposal tried; ``which``: the proposal, the revision.

    ``times``: how often somebody had it tried once more; each counts once.
    """
    rule_id, revision = which
    why = f"allowed:{times}" if times else "worded"
    data = {
        "workspace_id": str(workspace_id),
        "rule_id": str(rule_id),
        "revision": revision,
        "times": times,
    }
    await events.emit(session, DRAFTED, data, key=f"{rule_id}:{revision}:{why}")
