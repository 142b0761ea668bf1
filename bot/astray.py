"""Words of a skill that the router takes elsewhere: what lint says about routing."""

from collections.abc import Iterator, Sequence

from agent.catalog.lint_examples import FILE as EXAMPLES
from agent.catalog.places import line_with, of
from agent.catalog.problem import Problem
from agent.catalog.skillfile import SkillFile
from bot.router import Route, Router, rule, unreachable


def astray(skills: Sequence[SkillFile]) -> Iterator[Problem]:
    """Phrases and examples that do not lead home, and near-misses that do.

    An example may leave the router unsure; it must not be taken elsewhere for sure.
    """
    by_name = {skill.name: skill for skill in skills}
    rules = [rule(skill) for skill in skills]
    for name, phrase, route in unreachable(rules):
        fault = (
            f"{phrase!r} leads to {route.skill} ({route.method}, {route.confidence})."
        )
        mend = "Make it longer or rarer, or make it a hint."
        skill = by_name[name]
        line = line_with(skill, "SKILL.md", f"    {phrase}\n".rstrip())
        yield of(skill, "SKILL.md", fault, mend, line)
    router = Router(rules)
    for skill in skills:
        yield from _examples(skill, router)
        yield from _near_misses(skill, router)


def _examples(skill: SkillFile, router: Router) -> Iterator[Problem]:
    for text in skill.examples.messages:
        route = router.route(text)
        if _is_sure(route) and route.skill != skill.name:
            fault = f"Example {_short(text)} leads to {route.skill}: {_why(route)}."
            mend = "Move it, or give the phrase it contains a hand-off."
            yield of(skill, EXAMPLES, fault, mend, line_with(skill, EXAMPLES, text))


def _near_misses(skill: SkillFile, router: Router) -> Iterator[Problem]:
    for miss in skill.examples.near_misses:
        route = router.route(miss.say)
        if _is_sure(route) and route.skill == skill.name:
            fault = f"Near-miss {_short(miss.say)} leads here: {_why(route)}."
            mend = f"Add a hand-off to {miss.to}, or make the phrase a hint."
            line = line_with(skill, EXAMPLES, miss.say)
            yield of(skill, EXAMPLES, fault, mend, line)


def _is_sure(route: Route) -> bool:
    """Whether the router goes on without asking anybody."""
    return route.method != "asked" and not route.wants_model


def _why(route: Route) -> str:
    """The first reason that speaks for the skill chosen."""
    spoke = (reason for reason in route.reasons if f" of {route.skill} " in reason)
    return next(spoke, route.reasons[0])


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")  # noqa: PLR2004 - a line's worth
