"""The catalogue as a committed file, so that no change of it goes unseen.

``python -m bot.surfaces.snapshot`` (``make catalogue``) writes
``tests/architecture/catalogue.json``, ``docs/api.md`` and ``docs/skills.md``, the table
of the skill library; tests compare all three.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.catalog import library
from agent.catalog.skillfile import load_all
from agent.registry import CATALOGUE, AnyOperation
from bot.surfaces import reference

FILE = Path("tests/architecture/catalogue.json")
REFERENCE = Path("docs/api.md")
LIBRARY = Path("docs/skills.md")
SKILLS = Path("skills")


def catalogue() -> dict[str, Any]:
    """Every operation's public face, by name."""
    return {op.name: _face(op) for op in sorted(CATALOGUE, key=lambda op: op.name)}


def kept() -> dict[str, Any]:
    """The catalogue as it was committed."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def library_page() -> str:
    """What ``docs/skills.md`` says: the library, counted from its files."""
    return library.markdown(load_all(SKILLS)[0])


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What has changed, each in a line of words."""
    said = [f"{name} is gone" for name in sorted(before.keys() - now.keys())]
    said += [f"{name} is new" for name in sorted(now.keys() - before.keys())]
    for name in sorted(before.keys() & now.keys()):
        said += [f"{name}: {what}" for what in _changed("", before[name], now[name])]
    return said


def write() -> None:
    """Write all three files."""
    LIBRARY.write_text(library_page())
    FILE.write_text(json.dumps(catalogue(), indent=1, ensure_ascii=False) + "\n")
    REFERENCE.write_text(reference.markdown())


def _face(op: AnyOperation) -> dict[str, Any]:
    command = op.command
    return {
        "effect": op.effect.value,
        "role": op.role.name.lower(),
        "on": sorted(surface.value for surface in op.on),
        "command": command.words if command else "",
        "takes": list(command.takes) if command else [],
        "says": list(command.says) if command else [],
        "summary": op.summary.partition("\n")[0],
        "reads_outside": op.reads_outside,
        **({"personal": True} if op.personal else {}),
        **({"tells_settings": True} if op.tells_settings else {}),
        "example": json.loads(json.dumps(dict(op.example), default=str)),
        "params": op.params.model_json_schema(),
        "result": op.result.model_json_schema(mode="serialization"),
    }


def _changed(at: str, before: object, now: object) -> Iterator[str]:
    if before == now:
        return
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in sorted({*before, *now}):
            place = f"{at}.{name}" if at else str(name)
            if name not in now:
                yield f"{place} is gone, it was {_short(before[name])}"
            elif name not in before:
                yield f"{place} is new: {_short(now[name])}"
            else:
                yield from _changed(place, before[name], now[name])
        return
    yield f"{at} was {_short(before)}, is {_short(now)}"


def _short(value: object) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 80 else f"{said[:77]}..."  # noqa: PLR2004 - a line


if __name__ == "__main__":
    write()
