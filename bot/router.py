"""Which skill answers a message, and why. Pure: phrases and text in, a route out.

The order is: a button pressed, a form in progress, a command, phrases, the assistant.
Phrases are evidence in odds. A phrase's odds grow with its words, and most with words
no other skill uses; a skill's odds are the sum over the phrases found, so having many
phrases costs nothing. ``confidence`` is the skill's share of all odds, "none of them"
counting 1: the chance that the best skill is meant, if the odds are right.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from agent.catalog.folding import Folding
from agent.catalog.skillfile import SkillFile

ASSISTANT = "assistant"
SURE = 0.7
"""From this confidence on a skill is taken without asking."""
_UNKNOWN = 0.5
"""The confidence of a default: no phrase spoke, for the assistant or against it."""
CANDIDATES = 3
"""The most skills a question offers."""

_HEAD_CHARS, _TAIL_CHARS = 3000, 1000
"""Of a long message only the ends are read: there people say what they want."""
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
_CUES = (*_REFUSALS, *_EXCLUSIONS, _REQUEST[:-1])
_COMMAND = re.compile(r"\s*/([\w-]+)(?:@\w+)?\s*(.*)", re.DOTALL)
_OWN_COMMAND = "draper"


@dataclass(frozen=True, slots=True)
class Rule:
    """A skill and the words that call it, as its SKILL.md lists them."""

    skill: str
    phrases: tuple[str, ...]
    hints: tuple[str, ...] = ()
    """Words that suggest the skill; few of them make the router ask."""
    handoffs: tuple[tuple[str, str], ...] = ()
    """Phrases that look like this skill's, and the skill they belong to."""


def rule(skill: SkillFile) -> Rule:
    """The words that call ``skill``."""
    handoffs = tuple((handoff.phrase, handoff.to) for handoff in skill.handoffs)
    return Rule(skill.name, skill.triggers, skill.hints, handoffs)


class Route(NamedTuple):
    """The skill chosen, how sure that is, and everything that spoke for it."""

    skill: str
    """``assistant`` when no skill fits; the best guess when ``method`` is ``asked``."""
    method: str
    """``press``, ``form``, ``command``, ``phrase``, ``asked`` or ``assistant``."""
    confidence: float
    """0 to 1: the chance that ``skill`` is meant; 0.5 when no phrase says anything."""
    alternatives: tuple[str, ...]
    """Other skills that some phrase spoke for, best first."""
    reasons: tuple[str, ...]
    brief: str
    """The message without the command that was its first word."""
    scores: tuple[tuple[str, float], ...] = ()
    """The best few, each with its share of what speaks for any, 0 to 1."""
    wants_model: bool = False
    """Words alone do not tell: a model should be asked, where there is one."""


class Learnt(NamedTuple):
    """A choice that somebody of the workspace made."""

    text: str
    skill: str


_ITSELF = Rule(
    ASSISTANT,
    (
        *("show my last", "where is my last", "open my last", "what is my last"),
        *("cancel run", "retry run", "stop the run", "status of", "switch to client"),
        *("what are your skills", "unsubscribe me from this bot"),
        *("how much did we spend", "api key", "system prompt"),
    ),
)
"""Talk about the assistant and its work, which other skills' words often stand in."""


class _Claim(NamedTuple):
    """What one phrase says for one skill."""

    skill: str
    odds: float
    reason: str


_UNMATCHED = ("no phrase of any skill is in it",)


class Router:
    """Routes messages by rules compiled once; safe to share between threads."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile ``rules``; a phrase that folds to nothing is never found."""
        self._names = {rule.skill for rule in rules}
        rules = (*rules, _ITSELF)
        self._fold = Folding(_all_phrases(rules))
        claims = _claims(rules, self._fold)
        self._claims = tuple(tuple(found) for found in claims.values())
        self._begins = tuple(normal.startswith(_REQUEST) for normal in claims)
        self._find = BytesAhoCorasick(
            list(claims), implementation=Implementation.ContiguousNFA
        ).find_matches_as_indexes

    def route(
        self,
        text: str,
        *,
        pressed: str = "",
        form: str = "",
        recent: str = "",
        learnt: Sequence[Learnt] = (),
    ) -> Route:
        """The route of ``text``.

        ``pressed`` is the skill a button named, ``form`` the one whose questions are
        being answered; each settles the matter, in this order.
        """
        del recent, learnt
        if pressed:
            return _settled(pressed, "press", "a button named it", text)
        if form:
            return _settled(form, "form", "its questions are being answered", text)
        if "/" in text and (found := _COMMAND.match(text)):
            return self._command(text, found[1], found[2])
        return self._by_phrases(text)

    def _command(self, text: str, word: str, rest: str) -> Route:
        if word.lower() == _OWN_COMMAND:
            word, rest = (*rest.split(None, 1), "", "")[:2]
        name = word.lower().replace("_", "-")
        if name in self._names:
            return _settled(name, "command", f"the command names {name}", rest.strip())
        reason = f"{name or 'nothing'} is no skill"
        near = tuple(difflib.get_close_matches(name, sorted(self._names), CANDIDATES))
        if near:
            reasons = (reason, f"{near[0]} is spelt much like it")
            return Route(near[0], "asked", 0.5, near[1:], reasons, rest.strip())
        found = self._by_phrases(rest)
        return found._replace(reasons=(reason, *found.reasons), brief=text)

    def _by_phrases(self, text: str) -> Route:
        read = text
        if len(text) > _HEAD_CHARS + _TAIL_CHARS:
            read = f"{text[:_HEAD_CHARS]} {text[-_TAIL_CHARS:]}"
        normal = self._fold(read)
        hits = self._find(normal, True)  # noqa: FBT003 - the binding takes it by place
        if not hits:
            return Route(ASSISTANT, ASSISTANT, _UNKNOWN, (), _UNMATCHED, text)
        odds: dict[str, float] = {}
        reasons: list[str] = []
        for index, start, _ in hits if len(hits) == 1 else _longest(hits):
            if normal.endswith(_CUES, 0, start) and self._is_negated(
                normal, index, start
            ):
                reasons += [f"not asked for: {c.reason}" for c in self._claims[index]]
                continue
            factor, mark = _place(start, len(normal))
            for skill, given, reason in self._claims[index]:
                odds[skill] = odds.get(skill, 0.0) + given * factor
                reasons.append(reason + mark)
        return _decide(odds, reasons, text)

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


def unreachable(rules: Sequence[Rule]) -> tuple[tuple[str, str, Route], ...]:
    """The phrases that do not lead to their own skill: (skill, phrase, its route)."""
    router = Router(rules)
    return tuple(
        (rule.skill, phrase, route)
        for rule in rules
        for phrase in rule.phrases
        if (route := router.route(phrase)).skill != rule.skill
        or route.method != "phrase"
    )


def _decide(odds: Mapping[str, float], reasons: list[str], text: str) -> Route:
    if not odds:
        return Route(ASSISTANT, ASSISTANT, _UNKNOWN, (), tuple(reasons), text)
    if len(odds) == 1:
        ((best, most),) = odds.items()
        others: tuple[str, ...] = ()
        confidence = round(most / (1.0 + most), 3)
    else:
        ranked = sorted(odds, key=lambda skill: (-odds[skill], skill))
        best = ranked[0]
        others = tuple(skill for skill in ranked[1:] if skill != ASSISTANT)
        confidence = round(odds[best] / (1.0 + sum(odds.values())), 3)
    if best == ASSISTANT:
        method = ASSISTANT
    else:
        method = "phrase" if confidence >= SURE else "asked"
    return Route(best, method, confidence, others[:CANDIDATES], tuple(reasons), text)


def _settled(skill: str, method: str, reason: str, brief: str) -> Route:
    return Route(skill, method, 1.0, (), (reason,), brief)


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
            found.append(_Claim(skill, odds, f'{kind} "{phrase}" of {skill} {odds}:1'))
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
