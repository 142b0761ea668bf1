"""What a model is told of a skill at once, and what it may read when it needs it.

In one fixed order, so that the text is the same byte for byte on every call.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from agent.catalog.skillfile import SkillFile

AT_ONCE = 6_000
"""Characters: references that come to no more are told with the method."""

_OFFER = """\
# Further references

Not told here. Where the method sends you to one, or the request needs it, read it first
with the tool read_reference, by its name:
"""


def rules(file: SkillFile) -> str:
    """The rules its work is checked against, one a line; empty without any."""
    return "\n".join(
        f"{rule.code} ({rule.severity}): {rule.statement}" for rule in file.rules
    )


def told(file: SkillFile) -> tuple[str, ...]:
    """References that go with the method; or what there is to be read."""
    free = _free(file)
    if not to_read(file):
        return tuple(reference(name, text) for name, text in free.items())
    lines = [f"- {name}: {_gist(text)}" for name, text in free.items()]
    return (_OFFER + "\n".join(lines),)


def to_read(file: SkillFile) -> Mapping[str, str]:
    """References that are read on demand; none where all of them are told."""
    free = _free(file)
    return free if sum(map(len, free.values())) > AT_ONCE else {}


def reference(name: str, text: str) -> str:
    """One reference as it is told."""
    return f"# Reference: {name}\n\n{text.strip()}"


def find(file: SkillFile, name: str) -> str | None:
    """The reference called so, with or without its folder; None: there is none."""
    known = {PurePosixPath(path).name: path for path in file.references}
    path = known.get(PurePosixPath(name.strip()).name)
    return file.references[path] if path else None


def _free(file: SkillFile) -> dict[str, str]:
    """The references that no stage keeps to itself, by path."""
    taken = {path for stage in file.stages for path in stage.references}
    return {
        path: text
        for path, text in sorted(file.references.items())
        if path not in taken
    }


def _gist(text: str) -> str:
    """A reference in a line: its heading, and how it begins."""
    lines = [line.strip("# ").strip() for line in text.splitlines() if line.strip()]
    return ". ".join(line.rstrip(".") for line in lines[:2])[:200]
