"""Which skill answers a message, and why. Pure: rules and text in, a route out.

The order is: a button pressed, a form in progress, a command, phrases, likeness to
examples, the assistant. Phrases that leave no doubt settle the matter. Otherwise they
are weighed together with the ranking that learnt from examples, and ``confidence`` says
how often such a finding was right on messages that had not been learnt. Whoever is
unsure says so: ``asked``, or ``wants_model``.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agent.llm.embedder import Embedder
from bot.ranking import background, deciding
from bot.ranking.explaining import reasons, views
from bot.ranking.features import Floats
from bot.ranking.itself import ASSISTANT, itself
from bot.ranking.lexical import ByMeaning, Ranking, Seen, ranking
from bot.ranking.phrases import Evidence, Finder, Layered, Phrases, compiled
from bot.ranking.routes import (
    CANDIDATES,
    SHOWN,
    SURE,
    UNKNOWN,
    Route,
    by_odds,
    continued,
    method_of,
    settled,
)
from bot.ranking.rules import Learnt, Rule, rule

__all__ = [
    "ASSISTANT",
    "CANDIDATES",
    "SURE",
    "Learnt",
    "Route",
    "Router",
    "Rule",
    "rule",
    "unreachable",
]

CERTAIN = 0.95
"""From this share of all odds on phrases need no second opinion."""
FAINT = 0.12
"""Below this score a message is like nothing that was learnt."""
_HEAD_CHARS, _TAIL_CHARS = 3000, 1000
"""Of a long message only the ends are read: there people say what they want."""
_COMMAND = re.compile(r"\s*/([\w-]+)(?:@\w+)?\s*(.*)", re.DOTALL)
_OWN_COMMAND = "draper"
_OWN_BUSINESS = re.compile(r'phrase "[^"]*" of assistant ')


class Stages(NamedTuple):
    """What the stages say, each for itself."""

    phrases: tuple[str, ...]
    views: tuple[str, ...]


class Router:
    """Routes messages by rules compiled once; safe to share between threads.

    What examples teach is learnt when it is first needed (about a second for forty
    skills), or by ``learn``.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        embedder: Embedder | None = None,
        finder: Finder | None = None,
        held: Ranking | None = None,
    ) -> None:
        """Compile ``rules``, in whatever order; ``embedder`` adds a view by meaning.

        ``finder`` and ``held`` are what is compiled and learnt already.
        """
        self._rules = {one.skill: one for one in sorted(rules, key=_by_name)}
        self._by_meaning = ByMeaning(embedder)
        self._phrases = finder or compiled((*self._rules.values(), itself()))
        self._held = held

    def learn(self) -> Ranking | None:
        """What the examples teach; None where no skill has any."""
        if self._held is None and any(one.examples for one in self._rules.values()):
            # Two threads may both learn: they find the same.
            self._held = ranking((*self._rules.values(), itself()), self._by_meaning)
        return self._held

    def with_skills(
        self, extra: Sequence[Rule], without: Sequence[str] = ()
    ) -> "Router":
        """The same router with skills added or replaced, and ``without`` some.

        What was compiled and learnt stays; what is new is laid on top, in milliseconds.
        """
        held = self.learn()
        named = {**self._rules, **{one.skill: one for one in extra}}
        replaced = self._rules.keys() & {one.skill for one in extra}
        return Router(
            [one for one in named.values() if one.skill not in without],
            embedder=self._by_meaning.embedder,
            finder=Layered(
                self._phrases, Phrases(extra), frozenset({*without, *replaced})
            ),
            held=held and held.with_rules(extra, without),
        )

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
        being answered; each settles the matter, in this order. ``recent`` is the skill
        of the piece this conversation is about: what only goes on from it stays with
        it. ``learnt`` lifts skills for messages like those they were chosen for, never
        above a phrase.
        """
        if pressed:
            return settled(pressed, "press", "a button named it", text)
        if form:
            return settled(form, "form", "its questions are being answered", text)
        if "/" in text and (found := _COMMAND.match(text)):
            return self._command(text, found[1], found[2])
        return self._by_words(text, recent, learnt)

    def look(self, text: str) -> "Stages":
        """What each stage says of ``text``, for whoever wants to see them all."""
        read = ends(text)
        held = self.learn()
        ranked = tuple(views(held, held.look(read), SHOWN)) if held else ()
        return Stages(tuple(self._phrases.weigh(read).reasons), ranked)

    def _command(self, text: str, word: str, rest: str) -> Route:
        if word.lower() == _OWN_COMMAND:
            word, rest = (*rest.split(None, 1), "", "")[:2]
        name = word.lower().replace("_", "-")
        if name in self._rules:
            return settled(name, "command", f"the command names {name}", rest.strip())
        reason = f"{name or 'nothing'} is no skill"
        near = tuple(difflib.get_close_matches(name, sorted(self._rules), CANDIDATES))
        if near:
            reasons = (reason, f"{near[0]} is spelt much like it")
            return Route(near[0], "asked", 0.5, near[1:], reasons, rest.strip())
        found = self._by_words(rest, "", ())
        return found._replace(reasons=(reason, *found.reasons), brief=text)

    def _by_words(self, text: str, recent: str, learnt: Sequence[Learnt]) -> Route:
        read = ends(text)
        evidence = self._phrases.weigh(read)
        held = self.learn()
        if held is None or _is_settled(evidence):
            return by_odds(evidence, text)
        seen = held.look(read)
        scores = deciding.weighed(seen.scores, held.names, evidence)
        goes_on = background.continues(text) and not evidence.surest(SURE)
        lifts = _lifts(seen, "" if goes_on else recent, learnt)
        if evidence.surest(SURE):
            lifts = []
        for lift in lifts:
            if lift.skill in self._rules:
                scores[held.names.index(lift.skill)] += lift.score
        found = self._decided(held, seen, scores, evidence)
        route = _with_reasons(found, evidence, held.nearest(seen, found.skill), lifts)
        return continued(route, self._known(recent)) if goes_on else route

    def _known(self, skill: str) -> str:
        return skill if skill in self._rules else ""

    def _decided(
        self, held: Ranking, seen: Seen, scores: Floats, evidence: Evidence
    ) -> Route:
        curve = deciding.curve(self._by_meaning.kind)
        best = deciding.ordered(scores, SHOWN)
        names = [held.names[at] for at in best]
        text = seen.said.text
        if scores[best[0]] < FAINT:
            return Route(ASSISTANT, ASSISTANT, UNKNOWN, (), (), text, wants_model=True)
        known = deciding.facts(scores, best, held.names, evidence)
        confidence = round(curve.confidence(known), 3)
        shares = deciding.shares(scores, curve.warmth)
        kept = tuple((held.names[at], round(float(shares[at]), 3)) for at in best)
        return Route(
            names[0],
            method_of(names[0], confidence, evidence),
            confidence,
            tuple(name for name in names[1:] if name != ASSISTANT)[:CANDIDATES],
            (),
            text,
            kept,
            confidence < SURE,
        )


def ends(text: str) -> str:
    """What is read of ``text``: all of it, or its two ends."""
    if len(text) <= _HEAD_CHARS + _TAIL_CHARS:
        return text
    return f"{text[:_HEAD_CHARS]} {text[-_TAIL_CHARS:]}"


def unreachable(rules: Sequence[Rule]) -> tuple[tuple[str, str, Route], ...]:
    """The phrases that do not lead to their own skill: (skill, phrase, its route)."""
    # A message that is one phrase is settled by phrases; examples have no say.
    router = Router([replace(one, examples=(), near_misses=()) for one in rules])
    return tuple(
        (one.skill, phrase, route)
        for one in rules
        for phrase in one.phrases
        if (route := router.route(phrase)).skill != one.skill
        or route.method != "phrase"
    )


def _is_settled(evidence: Evidence) -> bool:
    """Whether phrases leave nothing to ask the ranking."""
    if evidence.whole or evidence.surest(CERTAIN):
        return True
    if evidence.refused and not evidence.odds:
        return True
    # Only the assistant's own phrases: hand-offs to it are no more than doubts.
    is_own = any(map(_OWN_BUSINESS.match, evidence.reasons))
    return is_own and evidence.surest(SURE) == ASSISTANT


def _lifts(seen: Seen, recent: str, learnt: Sequence[Learnt]) -> list[background.Lift]:
    lifts = list(background.taught(seen.said, learnt))
    if recent and background.is_bare(seen.said):
        reason = f"so short a message is about what was before, {recent}"
        lifts.append(background.Lift(recent, background.RECENT, reason))
    return lifts


def _with_reasons(
    route: Route,
    evidence: Evidence,
    nearest: tuple[str, float],
    lifts: Sequence[background.Lift],
) -> Route:
    return route._replace(reasons=reasons(evidence, nearest, lifts))


def _by_name(one: Rule) -> str:
    return one.skill
