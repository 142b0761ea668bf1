"""Skills of a workspace's own, from files to rows: drafted, saved, dropped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import own, own_queries, own_version_queries, stock_queries
from agent.catalog.folder import Folder
from agent.catalog.own_versions import following
from agent.catalog.reserved import RESERVED
from agent.catalog.skillfile import SkillFile, assemble
from agent.catalog.stock import skill_row, version_row
from agent.catalog.versions import Versions, held
from agent.ctx import Ctx
from agent.errors import BadInput, Conflict, NotFound

DRAFT = "0.0."
"""Begins the numbers of versions that were not saved."""


class SkillNotThere(NotFound):
    """No skill has that name here."""

    code = "no_such_skill"

    def __init__(self, name: str) -> None:
        """Name it, and how to see what there is."""
        super().__init__(
            f"There is no skill {name} here.", hint="/skills lists what I can do."
        )


class NameTaken(Conflict):
    """A skill is called so already, or a command."""

    code = "name_taken"

    def __init__(self, name: str, free: str) -> None:
        """Name it, and a name that is free."""
        super().__init__(
            f"Something is called {name} already.", hint=f"{free} is free."
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of an own skill as it was written down."""

    skill_id: UUID
    version_id: UUID
    file: SkillFile


def folder(workspace_id: UUID, name: str) -> str:
    """Where the object store keeps the files of a workspace's own skill."""
    return f"{workspace_id}/skills/{name}"


async def draft(ctx: Ctx, files: Folder, origin: str, more: Mapping[str, Any]) -> Kept:
    """A version that answers nobody yet. ``more``: columns of it, such as ``scan``.

    Raises:
        BrokenSkill: The files are no skill.
    """
    file = assemble(files)
    found = await own_queries.find(ctx.session, file.name)
    if found is None or found["is_system"]:
        skill_id = await own_queries.add(ctx.session, _skill(ctx, file))
    else:
        skill_id = found["id"]
        await own_queries.retire_drafts(ctx.session, skill_id)
    row = await _version(ctx, file, origin)
    row |= {"skill_id": skill_id, "status": "draft", **more}
    version_id = await own_queries.add_version(ctx.session, row)
    return Kept(skill_id, version_id, file)


async def ensure_free(ctx: Ctx, name: str) -> None:
    """Return when a new skill may be called ``name``.

    Raises:
        BadInput: It is no name that can be typed.
        NameTaken: A skill is called so.
    """
    if not re.fullmatch(own.NAME, name) or len(name) > own.LONGEST_NAME:
        raise BadInput(
            f"{name[:60]!r} cannot be a skill's name.",
            hint="Small letters, digits and single hyphens, such as linkedin-hook.",
        )
    taken = await own_queries.names(ctx.session) | RESERVED
    if name in taken:
        raise NameTaken(name, own.suggestion(name, taken))


async def rename(ctx: Ctx, row: RowMapping, to: str) -> None:
    """Let an own skill, once saved, be called ``to``; it stays on or off."""
    file = await Versions(ctx.objects).plain(row["storage_key"])
    texts = dict(file.texts)
    was, now = f"name: {file.name}\n", f"name: {to}\n"
    texts["SKILL.md"] = texts["SKILL.md"].replace(was, now, 1)
    renamed = assemble(held(to, texts))
    number = await next_number(ctx, row["id"])
    renamed = assemble(numbered(renamed, number))
    values = await _version(ctx, renamed, row["origin"])
    values |= {
        "skill_id": row["id"],
        "status": "active",
        "changelog": f"Was {file.name}",
        "llm_config": row["llm_config"],
    }
    await own_queries.add_version(ctx.session, values)
    await own_queries.rename(ctx.session, row["id"], to)
    changed = {**_skill(ctx, renamed), "id": row["id"], "version": number}
    await own_queries.put_in_force(ctx.session, changed)
    if not row["is_active"]:
        await own_queries.set_active(ctx.session, row["id"], is_on=False)
    await stock_queries.announce(ctx.session)


async def next_number(ctx: Ctx, skill_id: UUID) -> str:
    """The number of the next version that is saved: 1.0.0, 1.1.0, ..."""
    known = await own_version_queries.numbers(ctx.session, skill_id)
    saved = [number for number in known if not number.startswith(DRAFT)]
    return following(saved, has_new_rules=True) if saved else "1.0.0"


async def save(ctx: Ctx, skill_id: UUID, draft: RowMapping) -> SkillFile:
    """Put a draft in force, and have every process serve it.

    Raises:
        NotFound: Its files are gone.
    """
    versions = Versions(ctx.objects)
    file = await versions.plain(draft["storage_key"])
    number = await next_number(ctx, skill_id)
    if draft["origin"] == "import":
        await own_queries.release(ctx.session, draft["id"])
        number = draft["version"]
    else:
        file = assemble(numbered(file, number))
        row = await _version(ctx, file, draft["origin"])
        row |= {
            "skill_id": skill_id,
            "status": "active",
            "scan": draft["scan"],
            "llm_config": draft["llm_config"],
        }
        await own_queries.add_version(ctx.session, row)
        await own_queries.retire_drafts(ctx.session, skill_id)
    changed = {**_skill(ctx, file), "id": skill_id, "version": number}
    await own_queries.put_in_force(ctx.session, changed)
    await stock_queries.announce(ctx.session)
    return replace(file, version=number)


def numbered(file: SkillFile, number: str) -> Folder:
    """The files of ``file`` as the version ``number``."""
    texts = dict(file.texts)
    was, now = f"version: {file.version}\n", f"version: {number}\n"
    texts["SKILL.md"] = texts["SKILL.md"].replace(was, now, 1)
    return held(file.name, texts)


def _skill(ctx: Ctx, file: SkillFile) -> dict[str, Any]:
    where = f"{folder(ctx.caller.workspace_id, file.name)}/"
    here = {"workspace_id": ctx.caller.workspace_id, "storage_prefix": where}
    return {**skill_row(file), **here}


async def _version(ctx: Ctx, file: SkillFile, origin: str) -> dict[str, Any]:
    key = f"{folder(ctx.caller.workspace_id, file.name)}/{file.content_hash.hex()}"
    await Versions(ctx.objects).keep(file, key)
    return {
        **version_row(file),
        "workspace_id": ctx.caller.workspace_id,
        "origin": origin,
        "storage_key": key,
        "changelog": None,
        "scan": None,
    }
