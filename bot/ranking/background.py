"""What lifts a skill besides the message itself: what was before, what was taught."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.ranking.alike import Signs, alike, signs
from bot.ranking.features import Read, read
from bot.ranking.rules import Learnt

MOST_WORDS = 10
"""A longer message says itself what it wants."""
_BARE_WORDS = 4
"""So few words without a subject are about what was before."""
_CUES = frozenset(
    """
    and also another same again now then too similarly likewise
    y tambien otro otra ahora igual und auch noch nochmal jetzt et aussi encore
    maintenant e tambem outro outra agora aur ab और भी अब
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
_BARE_CUES = frozenset("for in with as more less para fur auf pour en em ke".split())  # noqa: SIM905 - as above
"""With these a message of few words goes on, a longer one does not."""
_LAST = frozenset("too also well tambien auch aussi tambem bhi भी".split())  # noqa: SIM905 - as above
_PAIRS = (
    "what about",
    "how about",
    "one more",
    "three more",
    "two more",
    "ek aur",
    "y para",
    "do the",
)
_OPENERS = frozenset(
    ("ok", "okay", "yes", "great", "perfect", "thanks", "good", "nice", "cool", "super")
)
"""Words before a cue that say nothing themselves."""

TAUGHT = 1.0
"""What a message taught in the same words adds to its skill's score."""
LIKE = 0.45
"""From here on messages are alike enough to learn from."""
RECENT = 0.25
"""What a bare message adds to the score of what was before."""


class Lift(NamedTuple):
    """What a skill's score gains, and why."""

    skill: str
    score: float
    reason: str


def continues(text: str) -> bool:
    """Whether ``text`` goes on from something said before: "and for X, too"."""
    said = read(text[:400]).words
    while said and said[0] in _OPENERS:
        said = said[1:]
    if not said or len(said) > MOST_WORDS:
        return False
    if len(said) <= _BARE_WORDS and said[0] in _BARE_CUES:
        return True
    is_cued = said[0] in _CUES or said[-1] in _LAST
    return is_cued or " ".join(said[:2]) in _PAIRS


def is_bare(said: Read) -> bool:
    """Whether a message is too short to have a subject of its own."""
    return 0 < len(said.words) <= _BARE_WORDS


def taught(said: Read, learnt: Sequence[Learnt]) -> Iterator[Lift]:
    """The best lift for each skill that was chosen for a message like this one."""
    best: dict[str, tuple[float, str]] = {}
    mine = signs(said) if learnt else frozenset()
    for text, skill in learnt:
        likeness = alike(mine, _signs(text))
        if likeness >= LIKE:
            best[skill] = max(best.get(skill, (0.0, "")), (likeness, text))
    for skill, (likeness, text) in best.items():
        score = TAUGHT * (likeness - LIKE / 2) / (1 - LIKE / 2)
        yield Lift(skill, score, f"you chose {skill} for '{shortened(text)}' before")


def shortened(text: str, most: int = 70) -> str:
    """``text`` on one line of at most ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}\u2026"


@lru_cache(4096)
def _signs(text: str) -> Signs:
    return signs(read(text))
