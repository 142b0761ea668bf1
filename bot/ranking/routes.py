"""What the router answers, and how an answer is made of what was found."""

from typing import NamedTuple

from bot.ranking.explaining import NOTHING
from bot.ranking.itself import ASSISTANT
from bot.ranking.phrases import Evidence

SURE = 0.7
"""From this confidence on a skill is taken without asking."""
UNKNOWN = 0.5
"""The confidence of a default: nothing spoke, for the assistant or against it."""
CANDIDATES = 3
"""The most skills a question offers."""
SHOWN = 5
"""The scores that are kept with a run."""


class Route(NamedTuple):
    """The skill chosen, how sure that is, and everything that spoke for it."""

    skill: str
    """``assistant`` when no skill fits; the best guess when ``method`` is ``asked``."""
    method: str
    """``press``, ``form``, ``command``, ``phrase``, ``lexical`` (like its examples),
    ``asked`` or ``assistant``."""
    confidence: float
    """0 to 1: the chance that ``skill`` is meant; 0.5 when nothing speaks for any."""
    alternatives: tuple[str, ...]
    """Other skills that something spoke for, best first."""
    reasons: tuple[str, ...]
    brief: str
    """The message without the command that was its first word."""
    scores: tuple[tuple[str, float], ...] = ()
    """The best few, each with its share of what speaks for any, 0 to 1."""
    wants_model: bool = False
    """Words alone do not tell: a model should be asked, where there is one."""
    recent: str = ""
    """The skill of what was before in the conversation, where that was looked up."""


def by_odds(evidence: Evidence, text: str) -> Route:
    """The route by phrases alone."""
    odds = evidence.odds
    if not odds:
        reasons = tuple(evidence.reasons) or (NOTHING,)
        return Route(ASSISTANT, ASSISTANT, UNKNOWN, (), reasons, text, wants_model=True)
    ranked = sorted(odds, key=lambda skill: (-odds[skill], skill))
    confidence = evidence.confidence(ranked[0])
    return Route(
        ranked[0],
        method_of(ranked[0], confidence, evidence),
        confidence,
        tuple(skill for skill in ranked[1:] if skill != ASSISTANT)[:CANDIDATES],
        tuple(evidence.reasons),
        text,
        tuple((skill, evidence.confidence(skill)) for skill in ranked[:SHOWN]),
        confidence < SURE,
    )


def method_of(skill: str, confidence: float, evidence: Evidence) -> str:
    """How a skill was found: what settled it."""
    if skill == ASSISTANT:
        return ASSISTANT
    if confidence < SURE:
        return "asked"
    return "phrase" if evidence.confidence(skill) >= SURE else "lexical"


def continued(route: Route, recent: str) -> Route:
    """The route of a message that goes on from what was before."""
    if route.skill == ASSISTANT and not route.wants_model:
        return route
    if not recent:
        method = "asked" if route.method == "lexical" else route.method
        return route._replace(method=method, wants_model=True)
    others = (route.skill, *route.alternatives)
    return route._replace(
        skill=recent,
        method="lexical",
        confidence=max(SURE, route.confidence),
        alternatives=tuple(name for name in others if name not in {recent, ASSISTANT})[
            :CANDIDATES
        ],
        reasons=(f"it goes on from what was before, {recent}", *route.reasons),
        wants_model=False,
    )


def settled(skill: str, method: str, reason: str, brief: str) -> Route:
    """The route where no words need be read."""
    return Route(skill, method, 1.0, (), (reason,), brief)
