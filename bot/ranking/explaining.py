"""Why a skill was chosen, in words."""

from collections.abc import Iterator, Sequence

from bot.ranking.background import Lift, shortened
from bot.ranking.lexical import Ranking, Seen
from bot.ranking.phrases import Evidence

LIKE_EXAMPLE = 0.3
"""From this likeness on an example is worth naming."""
NOTHING = "no phrase of any skill is in it"


def reasons(
    evidence: Evidence, nearest: tuple[str, float], lifts: Sequence[Lift]
) -> tuple[str, ...]:
    """What phrases, the example nearest to it and the background say; never nothing."""
    text, likeness = nearest
    said = [*evidence.reasons, *(lift.reason for lift in lifts)]
    if likeness >= LIKE_EXAMPLE:
        said.append(f"much like the example '{shortened(text)}'")
    elif text:
        said.append(f"its words are most like '{shortened(text)}'")
    return tuple(said or (NOTHING,))


def views(held: Ranking, seen: Seen, most: int) -> Iterator[str]:
    """The best of each view, for whoever wants to see every stage."""
    for name, part in seen.parts:
        best = sorted(range(len(part)), key=lambda at: -part[at])[:most]
        shown = ", ".join(f"{held.names[at]} {part[at]:.2f}" for at in best)
        yield f"{name}: {shown}"
