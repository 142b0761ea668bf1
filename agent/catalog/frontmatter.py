"""The head of a SKILL.md, read strictly: standard keys, and ours under ``metadata``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.catalog import yamlfile
from agent.catalog.problem import Problem

_STANDARD = {
    "name",
    "description",
    "license",
    "compatibility",
    "metadata",
    "allowed-tools",
}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_NAME = 64
_MAX_DESCRIPTION = 1024
_LIST = r"(?s).*\S.*"
_REQUIRED: Mapping[str, tuple[str, str]] = {
    "title": (r".{1,60}", "a title of up to 60 characters"),
    "version": (r"\d+\.\d+\.\d+", 'a version like "1.0.0"'),
    "type": (r"simple|with_rules|complex", "simple, with_rules or complex"),
    "category": (
        r"content|analysis|outreach|optimization|meta",
        "content, analysis, outreach, optimization or meta",
    ),
    "tier": (r"fast|balanced|deep", "fast, balanced or deep"),
    "max-tokens": (r"[1-9]\d{2,5}", 'a number of tokens like "4096"'),
    "max-cost-usd": (r"\d{1,3}(\.\d{1,6})?", 'US dollars like "0.25"'),
    "triggers": (_LIST, "phrases, one a line"),
}
_OPTIONAL: Mapping[str, tuple[str, str]] = {
    "hints": (_LIST, "words, one a line"),
    "related": (_LIST, "names of skills"),
    "label": (r"[^\n]{2,18}", "what it does, in up to 18 characters for a button"),
    "hand-offs": (
        r"(?:\s*[^\n]*\S\s*->\s*[a-z0-9-]+\s*\n?)+",
        "`phrase -> skill` lines",
    ),
    "approval": (r"member|admin|owner", "who must say yes: member, admin or owner"),
    "required-context": (
        r"\s*(client|persona)(\s*,\s*(client|persona))*\s*",
        "client, persona",
    ),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What the front matter says, as far as it is sound."""

    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def listed(written: str) -> tuple[str, ...]:
    """The entries of a list written one a line, or with commas on one line."""
    parts = written.splitlines() if "\n" in written.strip() else written.split(",")
    return tuple(part.strip() for part in parts if part.strip())


def read(text: str, file: str, folder: str) -> Head:
    """The head and body of the SKILL.md ``text`` that lies in ``folder``."""
    fence = re.match(r"---\s*\n(.*?)\n---\s*(?:\n|$)(.*)", text, re.DOTALL)
    if not fence:
        fault = "The front matter is missing or does not end."
        mend = "Begin with a line `---`, then the keys, then a line `---`."
        return Head(problems=[Problem(file, 1, fault, mend)])
    try:
        data, marks = yamlfile.parse(fence[1], first_line=2)
    except yamlfile.BadYaml as bad:
        return Head(problems=[Problem(file, bad.line, bad.fault, "Mend this line.")])
    if not isinstance(data, dict):
        fault = "The front matter holds no keys."
        return Head(problems=[Problem(file, 2, fault, "Write `name: ...`.")])
    lines = {"/".join(map(str, path)): line for path, line in marks.items()}
    problems = [
        Problem(file, lines.get(key, 1), fault, mend)
        for key, fault, mend in _faults(data, folder, fence[2])
    ]
    metadata = data.get("metadata")
    return Head(
        description=str(data.get("description", "")).strip(),
        metadata=metadata if isinstance(metadata, dict) else {},
        body=fence[2].strip(),
        lines=lines,
        problems=problems,
    )


_Fault = tuple[str, str, str]
"""The key's path, what is wrong, how to mend it."""


def _faults(data: dict[str, Any], folder: str, body: str) -> list[_Fault]:
    found = [
        (str(key), f"{key!r} is no key of the format.", "Move it under `metadata`.")
        for key in data
        if key not in _STANDARD
    ]
    found += _name_faults(data.get("name"), folder)
    description = data.get("description")
    if not isinstance(description, str) or not description.strip():
        mend = "Say what the skill does and when to use it."
        found.append(("description", "There is no description.", mend))
    elif len(description) > _MAX_DESCRIPTION:
        fault = f"The description has {len(description)} characters."
        found.append(("description", fault, f"Keep to {_MAX_DESCRIPTION}."))
    if not body.strip():
        found.append(("", "There are no instructions.", "Write them below the head."))
    return found + _metadata_faults(data.get("metadata"))


def _name_faults(name: Any, folder: str) -> list[_Fault]:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
        mend = "Use small letters, digits and single hyphens, 64 at most."
        return [("name", f"The name {name!r} cannot be used.", mend)]
    if name != folder:
        fault = f"The name {name!r} is not the folder's, {folder!r}."
        return [("name", fault, "Give both the same name.")]
    return []


def _metadata_faults(metadata: Any) -> list[_Fault]:
    if not isinstance(metadata, dict):
        mend = f"Write it with {', '.join(_REQUIRED)}."
        return [("metadata", "There is no `metadata`.", mend)]
    found = [
        (f"metadata/{key}", f"{key!r} is missing.", f"Write {usage}.")
        for key, (_, usage) in _REQUIRED.items()
        if key not in metadata
    ]
    for key, value in metadata.items():
        found += _entry_faults(key, value)
    return found


def _entry_faults(key: Any, value: Any) -> list[_Fault]:
    path = f"metadata/{key}"
    known = {**_REQUIRED, **_OPTIONAL}.get(key)
    if known is None:
        return [(path, f"{key!r} is not known under `metadata`.", "Remove it.")]
    pattern, usage = known
    if not isinstance(value, str):
        return [(path, f"{key!r} is no text.", "Put the value in quotes.")]
    if not re.fullmatch(pattern, value.strip()):
        return [(path, f"{key!r} cannot be {value.strip()[:60]!r}.", f"Write {usage}.")]
    return []
