"""Phrases found in a message, as evidence in odds.

A phrase's odds grow with its words, and most with words no other skill uses; a skill's
odds are the sum over the phrases found, so having many phrases costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

from ahocorasick_rs import BytesAhoCorasick, Implementation

from agent.catalog.folding import Folding
from bot.ranking.rules import Rule

_OPENING_BYTES, _CLOSING_BYTES = 100, 100
"""People ask first and explain then, or explain first and ask last."""
_FIRST_WORDS, _OPENING = (2.0, " x2"), (1.0, "")
_CLOSING, _MIDDLE = (0.6, " x0.6"), (0.3, " x0.3")
"""What odds are multiplied by, by where a phrase stands, and how reasons say it."""
_REFUSALS = (b" not", b" never", b" stop", b" skip")
_EXCLUSIONS = (b" without", b" instead of", b" rather than")
_SUGGESTIONS = (b" why not", b" how not")
_LOOK_BACK_BYTES = 24
_REQUEST = b" write "
"""What folding makes of every verb that asks for a text."""
_UNSAID = b" ."
_CUES = (*_REFUSALS, *_EXCLUSIONS, _REQUEST[:-1])


class _Claim(NamedTuple):
    """What one phrase says for one skill."""

    skill: str
    odds: float
    reason: str
    is_hint: bool


@dataclass(slots=True)
class Evidence:
    """What the phrases in a message say."""

    odds: dict[str, float] = field(default_factory=dict)
    """Skill -> odds for it; empty: no phrase speaks."""
    reasons: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Skills whose work the message says not to do."""
    whole: str = ""
    """The skill of which the message is nothing but one phrase."""

    def confidence(self, skill: str) -> float:
        """The share of ``skill`` in all odds, "none of them" counting 1."""
        return round(self.odds.get(skill, 0.0) / (1.0 + sum(self.odds.values())), 3)

    def surest(self, least: float) -> str:
        """The skill whose share is ``least`` or more; empty: there is none."""
        if not self.odds:
            return ""
        best = max(self.odds, key=lambda skill: self.odds[skill])
        return best if self.confidence(best) >= least else ""


class Finder(Protocol):
    """Finds phrases."""

    def weigh(self, text: str) -> Evidence:
        """What the phrases in ``text`` say."""
        ...


class Phrases:
    """Finds the phrases of rules; safe to share between threads."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile ``rules``; a phrase that folds to nothing is never found."""
        self._fold = Folding(_all_phrases(rules))
        claims = _claims(rules, self._fold)
        self._claims = tuple(tuple(found) for found in claims.values())
        self._begins = tuple(normal.startswith(_REQUEST) for normal in claims)
        self._find = BytesAhoCorasick(
            list(claims), implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes

    def weigh(self, text: str) -> Evidence:
        """What the phrases in ``text`` say."""
        found = Evidence()
        normal = self._fold(text)
        hits = self._find(normal, True)  # noqa: FBT003 - the binding takes it by place
        if not hits:
            return found
        for index, start, end in hits if len(hits) == 1 else _longest(hits):
            claims = self._claims[index]
            if normal.endswith(_CUES, 0, start) and self._is_negated(
                normal, index, start
            ):
                found.reasons += [f"not asked for: {c.reason}" for c in claims]
                found.refused.update(claim.skill for claim in claims)
                continue
            _count(found, claims, _place(start, len(normal)))
            is_all = start == 0 and not normal[end:].strip(_UNSAID)
            if is_all and len(claims) == 1 and not claims[0].is_hint:
                found.whole = claims[0].skill
        return found

    def _is_negated(self, normal: bytes, index: int, start: int) -> bool:
        """Whether the request that this phrase makes is one not to do.

        "Don't write ads" refuses; "people don't click our ads" does not: a refusal
        stands before a verb of request. "Without", "instead of" exclude anything.
        """
        before = normal[max(0, start - _LOOK_BACK_BYTES) : start]
        is_request = self._begins[index]
        if not is_request and before.endswith(_REQUEST[:-1]):
            is_request, before = True, before[: 1 - len(_REQUEST)]
        if before.endswith(_EXCLUSIONS):
            return True
        refused = before.endswith(_REFUSALS) and not before.endswith(_SUGGESTIONS)
        return is_request and refused


class Layered:
    """Phrases of a workspace laid over those of the house, which stay as compiled."""

    def __init__(self, below: Finder, above: Finder, hidden: frozenset[str]) -> None:
        """Add what ``above`` finds to ``below``, where skills ``hidden`` are silent."""
        self._below, self._above, self._hidden = below, above, hidden

    def weigh(self, text: str) -> Evidence:
        """What the phrases in ``text`` say."""
        house, own = self._below.weigh(text), self._above.weigh(text)
        hidden = self._hidden
        for skill in hidden & house.odds.keys():
            del house.odds[skill]
        for skill, odds in own.odds.items():
            house.odds[skill] = house.odds.get(skill, 0.0) + odds
        heard = [one for one in house.reasons if not _is_about(one, hidden)]
        house.reasons = [*own.reasons, *heard]
        house.refused = (house.refused - hidden) | own.refused
        house.whole = own.whole or ("" if house.whole in hidden else house.whole)
        return house


@lru_cache(4)
def compiled(rules: tuple[Rule, ...]) -> Phrases:
    """The phrases of ``rules``, compiled once however often they are loaded."""
    return Phrases(rules)


def _is_about(reason: str, skills: frozenset[str]) -> bool:
    return any(f'" of {skill} ' in reason for skill in skills)


def _count(found: Evidence, claims: Sequence[_Claim], place: tuple[float, str]) -> None:
    factor, mark = place
    for claim in claims:
        found.odds[claim.skill] = found.odds.get(claim.skill, 0.0) + claim.odds * factor
        found.reasons.append(claim.reason + mark)


def _longest(hits: list[tuple[int, int, int]]) -> Iterable[tuple[int, int, int]]:
    """The first match of each phrase that lies inside no longer match."""
    kept: dict[int, tuple[int, int, int]] = {}
    reach = 0
    for hit in sorted(hits, key=lambda hit: (hit[1], -hit[2])):
        if hit[2] > reach:
            reach = hit[2]
            kept.setdefault(hit[0], hit)
    return kept.values()


def _place(start: int, length: int) -> tuple[float, str]:
    if start == 0:
        return _FIRST_WORDS
    if start < _OPENING_BYTES:
        return _OPENING
    return _CLOSING if start > length - _CLOSING_BYTES else _MIDDLE


def _all_phrases(rules: Sequence[Rule]) -> Iterable[str]:
    for rule in rules:
        yield rule.skill
        yield from rule.phrases
        yield from rule.hints
        yield from (phrase for phrase, _ in rule.handoffs)


def _claims(rules: Sequence[Rule], fold: Folding) -> dict[bytes, list[_Claim]]:
    """The normal form of every phrase -> what it says, for whom."""
    rarity = _rarity(rules, fold)
    claims: dict[bytes, list[_Claim]] = {}
    for skill, kind, phrase, power in _entries(rules):
        words = fold.phrase(phrase)
        weight = sum(rarity.get(word, 1.0) for word in words)
        if not words:
            continue
        odds = round(weight**2 if power > 1 else weight / 2, 2)
        found = claims.setdefault(b" %b " % b" ".join(words), [])
        if all(claim.skill != skill for claim in found):
            reason = f'{kind} "{phrase}" of {skill} {odds}:1'
            found.append(_Claim(skill, odds, reason, power == 1))
    return claims


def _entries(rules: Sequence[Rule]) -> Iterable[tuple[str, str, str, int]]:
    """(skill, kind, phrase, power) of all that is listed, the strongest first."""
    for rule in rules:
        for phrase, to in rule.handoffs:
            yield to, f"hand-off from {rule.skill}", phrase, 2
    for rule in rules:
        for phrase in (*rule.phrases, rule.skill):
            yield rule.skill, "phrase", phrase, 2
        for hint in rule.hints:
            yield rule.skill, "hint", hint, 1


def _rarity(rules: Sequence[Rule], fold: Folding) -> dict[bytes, float]:
    """Word -> 1 + 1 / (skills that use it): 2 for a word of one skill alone."""
    users: dict[bytes, set[str]] = {}
    for rule in rules:
        for phrase in rule.phrases:
            for word in fold.phrase(phrase):
                users.setdefault(word, set()).add(rule.skill)
    return {word: 1.0 + 1.0 / len(skills) for word, skills in users.items()}
