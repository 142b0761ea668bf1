"""The skills a process works with: read from their folders, kept as versions.

A version is addressed by its content: equal folders are one version in the database,
an edited folder is a new one, whatever its number says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import queries, versions
from agent.catalog.skillfile import SkillFile
from agent.ports import SkillRef


@dataclass(slots=True)
class Shelf:
    """Loaded skills by name, with their ids in the database."""

    files: dict[str, SkillFile] = field(default_factory=dict)
    refs: dict[str, SkillRef] = field(default_factory=dict)
    by_version: dict[UUID, SkillFile] = field(default_factory=dict)

    def find(self, name: str) -> SkillRef | None:
        """The skill of that name, if it is loaded."""
        return self.refs.get(name)

    def file(self, name: str) -> SkillFile | None:
        """What its folder says."""
        return self.files.get(name)

    def of(self, skill_id: object) -> SkillFile | None:
        """What the folder of the skill with this id says."""
        name = next((n for n, ref in self.refs.items() if ref.id == skill_id), "")
        return self.files.get(name)


async def stock(session: AsyncSession, files: Sequence[SkillFile]) -> Shelf:
    """Bring the database up to date with ``files`` and return what is on the shelf.

    ``session`` is one of ``system("worker")``: system skills belong to no workspace.
    """
    shelf = Shelf()
    for file in files:
        skill_id = await queries.upsert_skill(session, _skill(file))
        version_id = await queries.ensure_version(session, skill_id, _version(file))
        shelf.files[file.name] = file
        shelf.by_version[version_id] = file
        shelf.refs[file.name] = SkillRef(skill_id, version_id, file.name, file.title)
    await queries.retire_others(session, sorted(shelf.files))
    return shelf


async def version(session: AsyncSession, version_id: UUID) -> RowMapping | None:
    """One released version with its skill's name, as a run was pinned to it."""
    return await queries.version(session, version_id)


def instructions(file: SkillFile) -> str:
    """All a model is told by a skill: the method, its rules, its references.

    In one fixed order, so that the text is the same byte for byte on every call.
    """
    parts = [file.body.strip()]
    if file.rules:
        lines = [
            f"{rule.code} ({rule.severity}): {rule.statement}" for rule in file.rules
        ]
        parts.append("# Rules this work is checked against\n\n" + "\n".join(lines))
    parts += [
        f"# Reference: {name}\n\n{text.strip()}"
        for name, text in sorted(file.references.items())
    ]
    return "\n\n".join(parts)


def _skill(file: SkillFile) -> Mapping[str, Any]:
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


def _version(file: SkillFile) -> Mapping[str, Any]:
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
