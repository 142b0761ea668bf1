"""A script played: Markdown, JSON, a template's outline, or the notes of a stage."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from agent.llm.rehearsal import gaps
from agent.llm.rehearsal.brief import Brief
from agent.llm.script import Choice, Part, Play, Script

_ANGLES = re.compile(r"<([^<>\n]+)>")
_SAME = {
    "product": ("product", "product name", "name", "brand", "brand name"),
    "audience": ("audience", "who it is for", "target audience"),
}
_SHORTER = re.compile(r"\bshort|\bbrief|\btrim|\bcut\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PROSE = re.compile(r"^[^#>|\s]")
_ENTRY = re.compile(r"^(?:\||[-*+]\s|\d+[.)]\s)")
_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_LEAST = 5
"""Lines that a list or a table keeps however short it is to be."""


def text(play: Play, brief: Brief, client: str, wishes: Sequence[str]) -> str:
    """The piece in Markdown, or the stage's notes; ``wishes`` are worked in."""
    names = gaps.filled(play, brief, client)
    if play.stage:
        return _notes(play.stage, names)
    if not play.script.parts:
        return _outlined(play, names)
    parts = [_part(part, brief.count, len(wishes)) for part in play.script.parts]
    body: str = gaps.fill("\n\n".join(parts), names)
    return _shorter(body) if any(map(_SHORTER.search, wishes)) else body


def data(play: Play, brief: Brief, client: str, wishes: Sequence[str]) -> str:
    """The piece as the JSON text of its data; ``wishes`` are worked in."""
    value = gaps.fill(play.script.data, gaps.filled(play, brief, client))
    rows = value.get(play.rows) if isinstance(value, dict) else None
    if isinstance(rows, list):
        most = brief.count or len(rows)
        if any(map(_SHORTER.search, wishes)):
            most = max(1, most // 2)
        value[play.rows] = rows[:most]
    if wishes and isinstance(value, dict) and isinstance(value.get("title"), str):
        value["title"] += f" ({' '.join(wishes[-1].split())[:60]})"
    return json.dumps(value, ensure_ascii=False, indent=1)


def _part(part: Part, count: int | None, turn: int) -> str:
    """A part; another ``turn`` begins with other alternatives."""
    if isinstance(part, str):
        return part
    at = turn % len(part.of) if part.of else 0
    chosen = (*part.of[at:], *part.of[:at])[: count or part.many]
    if part.is_list:
        return "\n".join(f"{n}. {each}" for n, each in enumerate(chosen, start=1))
    return "\n\n".join(chosen)


def _outlined(play: Play, names: Mapping[str, str]) -> str:
    """The template itself, its gaps in brackets; for skills without a script."""
    meant = {word: names[name] for name, words in _SAME.items() for word in words}

    def gap(found: re.Match[str]) -> str:
        return meant.get(found[1].strip().casefold(), f"[{found[1].strip()}]")

    told = [f"- {key.replace('_', ' ')}: {said}" for key, said in play.answers.items()]
    body = _ANGLES.sub(gap, play.outline.strip())
    words = f'_Your words: "{names["brief"]}"_'
    return "\n\n".join(filter(None, [body, words, "\n".join(told)]))


def _notes(stage: str, names: Mapping[str, str]) -> str:
    """Short notes, so that a stage's work can be seen and read by the next."""
    lines = [
        f"- Asked: {names['brief']}",
        f"- It is about {names['product']}, {names['what']}, for {names['audience']}.",
        f"- Known of the proof: {names['proof']}; of the price: {names['price']}.",
        "- What nobody told stays in [brackets] until somebody confirms it.",
    ]
    return f"Notes: {stage}\n\n" + "\n".join(lines)


def _shorter(body: str) -> str:
    """The same headings over half the sentences and fewer entries; code stays whole."""
    parts = _FENCED.split(body)
    return "".join(
        part if at % 2 else "\n".join(_halved(part.split("\n")))
        for at, part in enumerate(parts)
    )


def _halved(lines: Sequence[str]) -> Iterator[str]:
    for is_entry, group in groupby(lines, lambda line: bool(_ENTRY.match(line))):
        run = list(group)
        if is_entry:
            run = run[: max(_LEAST, -(-len(run) * 2 // 3))]
        yield from map(_half, run)


def _half(line: str) -> str:
    mark = found[0] if (found := _ENTRY.match(line)) else ""
    if mark == "|" or not _PROSE.match(line):
        return line
    said = _SENTENCE.split(line.removeprefix(mark))
    return mark + " ".join(said[: -(-len(said) // 2)])


def as_play(script: Script | Sequence[Any]) -> Play:
    """A play of a script alone, as the pieces beside this file are written."""
    if isinstance(script, Script):
        return Play(script)
    parts = tuple(
        one
        if isinstance(one, str)
        else Choice(tuple(one["of"]), one["many"], one.get("list", False))
        for one in script
    )
    return Play(Script(parts))
