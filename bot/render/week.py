"""What a week taught, in at most ten lines and some buttons."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from agent.billing.money import dollars
from agent.catalog.week_schemas import (
    DigestSet,
    EndedTest,
    Learnt,
    RuleLearnt,
    SkillMoved,
)
from agent.mailroom.schemas import Choice, Message
from bot.render.words import brief, name

RULES, OTHERS = 3, 2
"""Rules that are named; versions, tests and moves, of each."""
LINES = 8
"""Between the head and the foot."""
SAID = 80
CHANGED = {
    "add": "a new rule",
    "sharpen": "a stricter rule",
    "loosen": "a looser rule",
    "remove": "a rule less",
}
NOTHING = (
    "Nothing new in the last seven days: no rule was changed, no version made, and no "
    "skill did clearly better or worse."
)
OFF = Choice("No digest", "catalog.set_digest", {"on": False}, row=3)


def week(value: Learnt) -> Message:
    """The last seven days, for who asks."""
    if not value.says_something:
        return Message(f"{NOTHING}\n\n{_cost(value)}")
    return Message(_text("What the last seven days taught me:", value), _choices(value))


def digest(value: Learnt) -> Message:
    """The last week, for who did not ask."""
    first, last = value.since, value.until - timedelta(days=1)
    span = f"{first.day} {first:%b} to {last.day} {last:%b}"
    head = f"**Your week with me** ({span}):"
    return Message(_text(head, value), (*_choices(value), OFF))


def _text(head: str, value: Learnt) -> str:
    """Ten lines at most; what waits for a decision is the last to be left out."""
    later = [*_moves(value), *_waiting(value)]
    lines = [*list(_learnt(value))[: LINES - len(later)], *later]
    listed = "\n".join(f"- {line}" for line in lines)
    return f"{head}\n\n{listed}\n\n{_cost(value)}"


def _learnt(value: Learnt) -> Iterator[str]:
    yield from map(_rule, value.rules[:RULES])
    yield from map(_test, value.tests[:OTHERS])
    if more := len(value.rules[RULES:]):
        yield f"{more} more rule{'s were' if more > 1 else ' was'} changed."
    made = [f"{name(one.title)} {one.version}" for one in value.versions]
    if made:
        yield f"Made by hand: {_few(made, 3)}."
    if value.taught:
        choices = "choice" if value.taught == 1 else "choices"
        yield f"{value.taught} {choices} taught me which skill is meant."


def _rule(one: RuleLearnt) -> str:
    said = name(brief(one.statement, SAID))
    version = f" (version {one.version})" if one.version else ""
    change = CHANGED.get(one.change, "a rule")
    return f"**{name(one.title)}** has {change}{version}: \u201c{said}\u201d"


def _test(one: EndedTest) -> str:
    if one.verdict == "winner" and one.version:
        return f"The test of **{name(one.title)}** is over: {one.version} did better."
    if one.verdict == "no_difference":
        return f"The test of **{name(one.title)}** is over: no difference to speak of."
    return f"The test of **{name(one.title)}** was stopped without a winner."


def _moves(value: Learnt) -> Iterator[str]:
    yield from map(_move, value.moved[:OTHERS])
    if value.compared and not value.moved:
        skills = "skill" if value.compared == 1 else "skills"
        yield f"No clear change in how pieces are rated ({value.compared} {skills})."


def _move(one: SkillMoved) -> str:
    word = "better" if one.by > 0 else "worse"
    sure = f"likely {one.low:+.1f} to {one.high:+.1f}"
    return (
        f"**{name(one.title)}** was found {word}: {one.by:+.1f} on the four weeks "
        f"before ({sure}, {one.n} scores)."
    )


def _waiting(value: Learnt) -> Iterator[str]:
    if len(value.waiting) == 1:
        [one] = value.waiting
        said = name(brief(one.statement, SAID))
        yield f"One rule waits for you, for **{name(one.title)}**: \u201c{said}\u201d"
    elif value.waiting:
        titles = [name(one.title) for one in value.waiting]
        yield f"{len(value.waiting)} rules wait for you: {_few(titles, 3)}."
    if value.running:
        yield f"Being tested: {_few([name(one) for one in value.running], 3)}."


def _cost(value: Learnt) -> str:
    scores = "1 score" if value.scores == 1 else f"{value.scores} scores"
    learning = ""
    if value.learning_usd > Decimal(0):
        learning = (
            f", {dollars(value.learning_usd)} of that for drafting and trying rules"
        )
    return f"{scores} came in. All of it cost {dollars(value.cost_usd)}{learning}."


def _choices(value: Learnt) -> tuple[Choice, ...]:
    rules = [
        Choice(
            f"Rule: {brief(one.title, 20)}",
            "catalog.show_rule",
            {"rule_id": str(one.rule_id)},
            row=0,
        )
        for one in value.waiting[:2]
    ]
    tests = [Choice("Tests", "catalog.tests", row=1)] if value.running else []
    return (*rules, *tests, Choice("How good", "catalog.quality", row=1))


def _few(words: Sequence[str], most: int) -> str:
    left = len(words) - most
    more = f" and {left} more" if left > 0 else ""
    return ", ".join(words[:most]) + more


def switched(value: DigestSet) -> Message:
    """The digest is sent from now on, or not."""
    if value.on:
        return Message("You get a digest on Mondays, if the week taught me something.")
    again = Choice("Send it again", "catalog.set_digest", {"on": True})
    said = "No digest any more. `/week` shows the same whenever you like."
    return Message(said, choices=(again,))


WORDS: dict[type, Callable[[Any], Message]] = {DigestSet: switched, Learnt: week}
