"""The placeholders of a script, and what stands in them: the brief, else what is known.

Whatever is put in is one line of plain words: it can end no table, open no heading and
close no block of the piece it stands in.
"""

import re
from collections import ChainMap
from collections.abc import Mapping
from string import Template
from typing import Any

from agent.llm.rehearsal.brief import Brief
from agent.llm.script import Play

PROFILE = ("offer", "action", "proof", "voice", "problem", "rivals", "price", "site")
"""What a client's profile may say."""

_EXCERPT, _BRIEF, _LINE = 1500, 300, 120
"""Characters of a text to work on, of the request, and of any other gap."""

_BEFORE_A_SENTENCE = re.compile(r"\$([a-z_]+)(?= (?:\*\*)?[A-Z])")
"""A placeholder that the script goes on from with a new sentence."""

_MARKS = re.compile(r"^[\s#>|*+-]+|`{2,}|[<>]")


def filled(play: Play, brief: Brief, client: str = "") -> Mapping[str, str]:
    """What stands for each placeholder; unknown ones are bracketed names."""
    words = {
        "brief": _line(brief.text, _BRIEF),
        "excerpt": f"> {_line(brief.text, _EXCERPT)}",
    }
    said = {"product": brief.product, "what": brief.what, "audience": brief.audience}
    assumed = {"product": client, "client": client, **_cut(play.known)}
    unknown = {name: f"[{name}]" for name in PROFILE} | {
        "product": "[product]",
        "what": "[kind of product]",
        "audience": "[audience]",
        "client": "[client]",
    }
    layers = (words, _cut(play.answers), _cut(said), assumed)
    return ChainMap(*({k: v for k, v in one.items() if v} for one in layers), unknown)


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """``value``, text or JSON, with its placeholders replaced."""
    if isinstance(value, str):
        known = _Bracketed(names)
        ended = _BEFORE_A_SENTENCE.sub(lambda gap: _as_sentence(known[gap[1]]), value)
        return Template(ended).safe_substitute(known)
    if isinstance(value, list):
        return [fill(one, names) for one in value]
    if isinstance(value, Mapping):
        return {key: fill(one, names) for key, one in value.items()}
    return value


class _Bracketed(dict[str, str]):
    """A name nobody told is a gap for a person to fill."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(names)

    def __missing__(self, name: str) -> str:
        return f"[{name.replace('_', ' ')}]"


def _as_sentence(words: str) -> str:
    ended = words if words.endswith((".", "?", ":")) else f"{words}."
    return ended.replace("$", "$$")


def _cut(told: Mapping[str, str]) -> dict[str, str]:
    return {name: _line(text, _LINE) for name, text in told.items()}


def _line(text: str, most: int) -> str:
    plain = " ".join(_MARKS.sub(" ", text).replace("|", "/").split())
    plain = plain.replace("!", ".")  # a shout in the request is no shout of the piece
    if len(plain) <= most:
        return plain
    return plain[:most].rsplit(" ", 1)[0].rstrip(",;:-") + " ..."
