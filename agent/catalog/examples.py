"""examples.yaml: how people ask for a skill in their own words.

The router learns from them. ``phrases`` are calling phrases in other languages, found
word for word where no model is at hand; ``examples`` are whole messages by kind;
``near-misses`` sound like this skill and belong to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.catalog.problem import Problem
from agent.catalog.reading import Reader, read

LANGUAGES = ("es", "de", "fr", "pt", "hi", "hinglish")
KINDS = ("named", "problem", "terse", "rambling", "misspelt", "other")


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A message that sounds like this skill and belongs to ``to``."""

    say: str
    to: str


@dataclass(frozen=True, slots=True)
class Examples:
    """What people say when they mean a skill, and when they do not."""

    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language (of LANGUAGES) -> calling phrases."""
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind (of KINDS) -> messages."""
    near_misses: tuple[NearMiss, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """Every message, of whatever kind."""
        return tuple(text for texts in self.said.values() for text in texts)

    @property
    def translations(self) -> tuple[str, ...]:
        """Every calling phrase, of whatever language."""
        return tuple(text for texts in self.phrases.values() for text in texts)


def parse(text: str, file: str) -> tuple[Examples, list[Problem]]:
    """The examples written in ``text``, and what is wrong with them."""
    data, reader = read(text, file)
    if data is None:
        return Examples(), reader.problems
    known = {"phrases", "examples", "near-misses"}
    for key in data.keys() - known:
        reader.fault((str(key),), f"{key!r} is not known here.", "Remove it.")
    misses: list[dict[str, Any]] = []
    if "near-misses" in data:
        misses = reader.entries(data, "near-misses", {"say", "to"})
    found = Examples(
        phrases=_lists(reader, data, "phrases", LANGUAGES),
        said=_lists(reader, data, "examples", KINDS),
        near_misses=tuple(
            NearMiss(
                reader.text(entry, "say", ("near-misses", index)),
                reader.text(entry, "to", ("near-misses", index)),
            )
            for index, entry in enumerate(misses)
        ),
    )
    return found, reader.problems


def _lists(
    reader: Reader, data: Mapping[str, Any], key: str, known: tuple[str, ...]
) -> Mapping[str, tuple[str, ...]]:
    given = data.get(key, {})
    if not isinstance(given, dict):
        reader.fault((key,), f"`{key}` has no keys.", f"Use {', '.join(known)}.")
        return {}
    for name in given.keys() - set(known):
        mend = f"Use {', '.join(known)}."
        reader.fault((key, str(name)), f"{name!r} is not known here.", mend)
    return {
        name: reader.texts(given[name], (key, name)) for name in known if name in given
    }
