"""steps.yaml: the stages of a complex skill, each done and kept before the next.

The last stage writes the piece; the others leave notes that the later ones read.
"""

from dataclasses import dataclass
from typing import Any

from agent.catalog.problem import Problem
from agent.catalog.reading import Reader, read

MOST = 6


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the work."""

    key: str
    title: str
    """What people read while it goes on."""
    instructions: str
    references: tuple[str, ...] = ()
    """Read in this stage alone."""
    skill: str = ""
    """A skill whose method this stage follows; empty: the skill's own."""


def parse(text: str, file: str) -> tuple[tuple[Stage, ...], list[Problem]]:
    """The stages written in ``text``, and what is wrong with them."""
    data, reader = read(text, file)
    if data is None:
        return (), reader.problems
    known = {"key", "title", "instructions", "references", "skill"}
    entries = reader.entries(data, "steps", known)
    stages = tuple(_stage(reader, entry, at) for at, entry in enumerate(entries))
    if len({stage.key for stage in stages}) < len(stages):
        reader.fault(("steps",), "Two steps have one key.", "Rename one.")
    if len(stages) > MOST:
        reader.fault(("steps",), f"There are {len(stages)} steps.", f"{MOST} at most.")
    return stages, reader.problems


def _stage(reader: Reader, entry: dict[str, Any], index: int) -> Stage:
    path = ("steps", index)
    skill = entry.get("skill", "")
    if not isinstance(skill, str):
        reader.fault((*path, "skill"), "`skill` is no name.", "Name one skill.")
        skill = ""
    return Stage(
        key=reader.text(entry, "key", path),
        title=reader.text(entry, "title", path),
        instructions=reader.text(entry, "instructions", path),
        references=reader.texts(entry.get("references", []), (*path, "references")),
        skill=skill.strip(),
    )
