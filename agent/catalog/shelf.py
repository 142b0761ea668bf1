"""The skills a process works with, at hand: what the database says is in force."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import queries
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile
from agent.catalog.stock_queries import InForce
from agent.ports import SkillRef


@dataclass(slots=True)
class Shelf:
    """Loaded skills by name, with their ids in the database."""

    files: dict[str, SkillFile] = field(default_factory=dict)
    refs: dict[str, SkillRef] = field(default_factory=dict)
    by_version: dict[UUID, SkillFile] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """What is wrong with folders whose older version is still in use, or with none."""

    def put(self, version: InForce, file: SkillFile) -> None:
        """Put one skill on it, in the place of an older version."""
        name = version.name
        self.files[name] = file
        self.by_version[version.version_id] = file
        ids = version.id, version.version_id
        self.refs[name] = SkillRef(*ids, name, version.title, file.label)

    def drop(self, name: str) -> None:
        """Take one skill off; its version stays known."""
        self.files.pop(name, None)
        self.refs.pop(name, None)

    def copy(self) -> "Shelf":
        """Another shelf with the same skills."""
        return Shelf(
            dict(self.files), dict(self.refs), dict(self.by_version), self.problems
        )

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
