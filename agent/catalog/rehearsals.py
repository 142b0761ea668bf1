"""rehearsal.yaml: what stands for a skill's work where no model is connected.

A list of parts in Markdown, or ``data:`` with the value of a skill whose result is
data. Both hold ``$placeholders`` (``string.Template``) that the rehearsal fills.
"""

from typing import Any

from agent.catalog import yamlfile
from agent.catalog.problem import Problem
from agent.llm.script import Choice, Part, Script

__all__ = ["Choice", "Script", "parse"]


def parse(text: str, file: str) -> tuple[Script, list[Problem]]:
    """The script written in ``text``, and what is wrong with it."""
    try:
        given, _ = yamlfile.parse(text)
    except yamlfile.BadYaml as bad:
        mend = "Mend the YAML at this line."
        return Script(), [Problem(file, bad.line, bad.fault, mend)]
    if isinstance(given, dict) and set(given) == {"data"}:
        return Script(data=given["data"]), []
    if not isinstance(given, list):
        mend = "Write a list of parts, or `data:`."
        return Script(), [Problem(file, 1, "This is no list of parts.", mend)]
    parts: list[Part] = []
    problems: list[Problem] = []
    for number, entry in enumerate(given, 1):
        part = _part(entry)
        if part is None:
            mend = "Write a text, or `many`, `of` and perhaps `list`."
            fault = f"Part {number} is neither a text nor a choice."
            problems.append(Problem(file, 0, fault, mend))
        else:
            parts.append(part)
    return Script(tuple(parts)), problems


def _part(entry: Any) -> Part | None:
    if isinstance(entry, str):
        return entry
    if not isinstance(entry, dict) or entry.keys() - {"many", "list", "of"}:
        return None
    of, many, is_list = entry.get("of"), entry.get("many"), entry.get("list", False)
    is_sound = (
        isinstance(of, list)
        and all(isinstance(text, str) for text in of)
        and isinstance(many, int)
        and isinstance(is_list, bool)
    )
    return Choice(tuple(of or ()), many or 1, is_list) if is_sound else None
