"""From folders to rows: what changed on disk becomes versions in the database.

A version is addressed by its content: equal folders are one version, an edited folder
is a new one, whatever its number says. A folder that is gone switches its skill off; a
folder that is broken changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import queries, stock_queries, versions
from agent.catalog.shelf import instructions
from agent.catalog.skillfile import SkillFile
from agent.catalog.stock_queries import InForce


@dataclass(frozen=True, slots=True)
class Restocked:
    """One skill of which another version is in force now."""

    name: str
    version: str
    """Empty: it was switched off, its folder is gone."""
    changelog: str = ""


async def stock(
    session: AsyncSession, files: Sequence[SkillFile], kept: Collection[str] = ()
) -> list[Restocked]:
    """Bring the house's skills up to ``files``; what changed, which is announced.

    ``kept`` are the skills left as they are though no sound folder is there. A
    ``session`` of ``system("worker")``: the house's skills belong to no workspace. The
    files of new versions were put into the object store before.
    """
    before = {now.name: now for now in await stock_queries.in_force(session)}
    found: list[Restocked] = []
    for file in files:
        now = before.get(file.name)
        if now is None or now.content_hash != file.content_hash:
            found.append(await _loaded(session, file, now))
    stays = {*kept, *(file.name for file in files)}
    gone = sorted(before.keys() - stays)
    await queries.retire_others(session, sorted(stays))
    found += [Restocked(name, "") for name in gone]
    if found:
        await stock_queries.announce(session)
    return found


async def _loaded(
    session: AsyncSession, file: SkillFile, was: InForce | None
) -> Restocked:
    skill_id = await queries.upsert_skill(session, skill_row(file))
    said = changelog(was.files if was else (), file)
    row = {**version_row(file), "changelog": said}
    version = await queries.ensure_version(session, skill_id, row)
    return Restocked(file.name, version, said)


def changelog(was: Sequence[Mapping[str, Any]], file: SkillFile) -> str:
    """What differs from the files before: "RULES.md changed; cases.yaml new"."""
    before = {each["path"]: each["sha256"] for each in was}
    now = {entry.path: entry.sha256 for entry in file.files}
    if not before:
        return "First version"
    said = [f"{path} new" for path in sorted(now.keys() - before.keys())]
    said += [f"{path} gone" for path in sorted(before.keys() - now.keys())]
    changed = [path for path in now if before.get(path, now[path]) != now[path]]
    said += [f"{path} changed" for path in sorted(changed)]
    return "; ".join(said)


def skill_row(file: SkillFile) -> dict[str, Any]:
    """The row of ``skills`` that this folder makes."""
    return {
        "name": file.name,
        "title": file.title,
        "description": file.description,
        "type": file.type.value,
        "category": file.category.value,
        "storage_prefix": f"skills/{file.name}/",
        "has_rules": bool(file.rules),
        "has_subdirectories": bool(file.references),
        "triggers": list(file.triggers),
        "related": list(file.related),
    }


def version_row(file: SkillFile) -> dict[str, Any]:
    """The row of ``skill_versions`` that this folder makes."""
    return {
        "version": file.version,
        "content_hash": file.content_hash,
        "storage_key": versions.key_of(file),
        "files": [
            {"path": entry.path, "sha256": entry.sha256, "bytes": entry.size_bytes}
            for entry in file.files
        ],
        "prompt": instructions(file),
        "input_schema": file.input_schema,
        "output_schema": dict(file.result.schema) if file.result else {},
        "required_context": list(file.required_context),
        "tier": file.tier.value,
        "llm_config": {"max_tokens": file.max_tokens, "approval": file.approval},
        "max_cost_usd": file.max_cost_usd,
    }
