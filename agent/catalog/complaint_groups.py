"""Complaints that say the same, put together: by their words, or as a model read them.

What counts is how many pieces a complaint is about, and on how many occasions: ten
remarks about one piece are one. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from agent.catalog import likeness
from agent.catalog.evidence import Complaint

LIKE = 0.6
"""Share of the shorter one's words from which on two complaints are one."""
OCCASIONS = 2


Said = Sequence[Complaint]
Missing = Literal["piece", "piece and occasion", "occasion"]
"""One more piece, or somebody else or another day."""


@dataclass(frozen=True, slots=True)
class Group:
    """Complaints that say the same."""

    theme: str
    members: tuple[int, ...]
    """Places in the list that was grouped."""


def by_words(said: Said) -> list[Group]:
    """Groups of complaints with like words, or about one rule; the largest first."""
    leader = list(range(len(said)))

    def of(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    for at, one in enumerate(said):
        for before in range(at):
            if _is_one(one, said[before]):
                leader[of(at)] = of(before)
    members: dict[int, list[int]] = {}
    for at in range(len(said)):
        members.setdefault(of(at), []).append(at)
    found = [Group(_theme(said, group), tuple(group)) for group in members.values()]
    return sorted(found, key=lambda group: -len(group.members))


def pieces(said: Said, group: Group) -> list[UUID]:
    """The pieces that a group is about, each once, in order."""
    return list(dict.fromkeys(said[at].output_id for at in group.members))


def enough(said: Said, group: Group, least: int) -> bool:
    """Whether a group is about so many pieces, and more than one person or day said so.

    A piece weighs what its weightiest complaint does. One that is disputed counts half,
    and what somebody said who floods us next to nothing: together they must come to
    half of ``least`` at any rate.
    """
    counted = _weights(said, group)
    is_often = len(counted) >= least and _occasions(said, group) >= OCCASIONS
    return is_often and sum(counted) >= least / 2


def missing(said: Said, group: Group, least: int) -> Missing | None:
    """The one step that is missing for ``enough``; None: nothing is, or more."""
    counted = _weights(said, group)
    is_repeated = _occasions(said, group) >= OCCASIONS
    if sum(counted) < least / 2:
        return None
    if len(counted) == least - 1:
        return "piece" if is_repeated else "piece and occasion"
    is_often = len(counted) >= least
    return "occasion" if is_often and not is_repeated else None


def _weights(said: Said, group: Group) -> list[float]:
    """What each piece of a group weighs, but for those that weigh nothing."""
    weights: dict[UUID, float] = {}
    for one in (said[at] for at in group.members):
        weights[one.output_id] = max(weights.get(one.output_id, 0.0), one.weight)
    return [weight for weight in weights.values() if weight > 0]


def _occasions(said: Said, group: Group) -> int:
    """On how many days, or by how many people, it was said."""
    of = (said[at] for at in group.members)
    return len({(one.reviewer_key, one.said_at.date()) for one in of})


def _is_one(one: Complaint, other: Complaint) -> bool:
    if one.rule_code and one.rule_code == other.rule_code:
        return True
    return likeness.alike(one.text, other.text) >= LIKE


def _theme(said: Said, group: Sequence[int]) -> str:
    """The commonest wording; of several, the shortest."""
    told = Counter(" ".join(said[at].text.split()) for at in group)
    return min(told, key=lambda text: (-told[text], len(text), text))
