"""What everyday words of marketing mean, whatever the language they are said in."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from bot.ranking.words import plain, stems

FILE = Path(__file__).with_name("lexicon.yaml")


class Lexicon(NamedTuple):
    """Words and short groups of words, and the concepts that each stands for."""

    meanings: Mapping[str, tuple[str, ...]]
    """Stems between single spaces -> concepts."""
    openings: Mapping[str, int]
    """The first stem of an entry -> the most words an entry with it has."""

    def concepts(self, said: Sequence[str]) -> set[str]:
        """The concepts that the stems ``said`` speak of."""
        found: set[str] = set()
        for at, word in enumerate(said):
            for size in range(1, self.openings.get(word, 0) + 1):
                found.update(self.meanings.get(" ".join(said[at : at + size]), ()))
        return found


@cache
def shipped() -> Lexicon:
    """The lexicon of this package."""
    return parsed(FILE.read_text("utf-8"))


def parsed(text: str) -> Lexicon:
    """The lexicon written as YAML: concept -> language -> words between commas."""
    meanings: dict[str, tuple[str, ...]] = {}
    openings: dict[str, int] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for concept, languages in yaml.load(text, loader).items():  # noqa: S506 - a safe one
        for entry in ",".join(languages.values()).split(","):
            said = stems(plain(entry))
            if said and concept not in meanings.get(" ".join(said), ()):
                key = " ".join(said)
                meanings[key] = (*meanings.get(key, ()), concept)
                openings[said[0]] = max(openings.get(said[0], 0), len(said))
    return Lexicon(meanings, openings)
