"""Proposed rules in words: the card that asks for a decision, and what came of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from agent.billing.money import dollars
from agent.catalog.proposal_schemas import (
    LearnsAfter,
    Proposal,
    ProposalShown,
    RuleAccepted,
    RulePiloted,
    RuleProposed,
    RuleRejected,
    RuleReworded,
    RuleTrying,
    SkillRule,
    SkillRules,
)
from agent.mailroom.schemas import Choice, Message
from bot.render import overtaken
from bot.render.words import name

RULE, PIECE = 240, 1200
"""Characters of a rule in a list, and of a piece shown as an example."""

ENOUGH = 30
"""Pieces rated in a month, from which on a test of a version can come to an end."""

_VERBS = {
    "add": "A new rule",
    "sharpen": "A sharper rule",
    "loosen": "A looser rule",
    "remove": "One rule less",
}
_WHY_NOT = {
    "untried": "Not tried yet.",
    "no_cases": "Not tried: no rated pieces and no sample briefs to try it on yet.",
    "no_answer": "Tried, but no model answered: scores n/a. Its budget may be used up.",
    "needs_model": "Scores n/a, needs a model. You can accept it all the same.",
}


def card(one: Proposal) -> Message:
    """The proposal with how it did, and what can be done about it."""
    said = [_head(one), *filter(None, (_why(one), _tried(one), _cost(one)))]
    return Message("\n\n".join(said), choices=_choices(one))


def _head(one: Proposal) -> str:
    said = f"**{_VERBS[one.change]} for {name(one.title)}** ({one.code})"
    pieces = "Today pieces" if one.change == "remove" else "Pieces"
    holds = f"{pieces} {one.severity} keep to it, and {_by(one.check)} checks that."
    return f"{said}\n\n> {name(one.statement, RULE)}\n\n{holds}"


def _by(check: str) -> str:
    return "a model" if check == "judge" else "code"


def _why(one: Proposal) -> str:
    if one.is_by_hand:
        return "Why: somebody of the team asked for it."
    quotes = ", ".join(f'"{name(quote, 80)}"' for quote in one.quotes)
    told = f" ({quotes})" if quotes else ""
    day = date.fromisoformat(one.since)
    since = f"{day.day} {day:%b}"
    return (
        f"Why: {_counted(one.pieces, 'piece')} with one complaint since {since}{told}."
    )


def _tried(one: Proposal) -> str:
    if one.state == "asking":
        about = dollars(one.estimate_usd)
        return (
            f"Trying it on {_counted(one.cases, 'earlier request')} would cost about "
            f"{about}, estimated from the bytes that would be sent."
        )
    if one.state != "tried":
        return _WHY_NOT.get(one.state, "")
    found = filter(None, (_low(one), _kept_apart(one), _anchors(one)))
    listed = "\n".join(f"- {line}" for line in found)
    besides = " ".join(filter(None, (_unclear(one), _went(one))))
    head = "Tried on earlier requests, scored 1 to 5 by a model:"
    return "\n\n".join(filter(None, (f"{head}\n\n{listed}", besides)))


def _low(one: Proposal) -> str:
    if not one.cases:
        return "no weak pieces to try it on yet"
    spread = f" (spread {one.spread:.1f})" if one.spread is not None else ""
    moved = _moved(one.before, one.after)
    return f"{_counted(one.cases, 'weak piece')}: {moved}{spread}"


def _kept_apart(one: Proposal) -> str:
    if not one.held_out or one.held_out == one.cases:
        return ""
    moved = _moved(one.held_before, one.held_after)
    return f"{one.held_out} of them, kept apart while it was worded: {moved}"


def _anchors(one: Proposal) -> str:
    if not one.anchors:
        return "no good pieces to hold it against yet"
    said = f"{one.anchors} good pieces and sample briefs, to get no worse: "
    moved = _moved(one.anchors_before, one.anchors_after)
    return f"{said}{moved}{', worse: edit it or reject it' if one.is_harm else ''}"


def _unclear(one: Proposal) -> str:
    if not one.unclear:
        return ""
    return f"The model gave no clear answer to {one.unclear} of {one.asked} questions."


def _went(one: Proposal) -> str:
    return "All was written in one go, without stages." if one.skips_stages else ""


def _moved(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "n/a"
    return f"{before:.1f} → {after:.1f}"


def _cost(one: Proposal) -> str:
    return f"Cost so far {dollars(one.cost_usd)}." if one.cost_usd else ""


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _choices(one: Proposal) -> tuple[Choice, ...]:
    this = {"rule_id": str(one.rule_id)}
    if one.status != "proposed":
        return (Choice("The rules", "catalog.rules", {"skill": one.skill}),)
    # The words are on the card; where fields are asked one by one, a known one is not.
    edit = Choice("Edit", "catalog.edit_rule", this, ask=True)
    accept = () if one.is_harm else (Choice("Accept", "catalog.accept_rule", this),)
    first = [*accept, edit, Choice("Reject", "catalog.reject_rule", this)]
    if accept and one.rated >= ENOUGH:
        first.insert(1, Choice("Test it on 20 %", "catalog.pilot_rule", this))
    if one.state == "asking":
        label = f"Try it, about {dollars(one.estimate_usd)}"
        first = [Choice(label, "catalog.try_rule", this), *first]
    if one.state in {"no_answer", "needs_model"}:
        first.append(Choice("Try it again", "catalog.try_rule", this))
    below = [
        Choice("Show the diff", "catalog.show_rule", {**this, "view": "diff"}, row=1)
    ]
    if one.has_example:
        view = {**this, "view": "example"}
        below.append(Choice("Before and after", "catalog.show_rule", view, row=1))
    return (*first, *below)


def _shown(value: ProposalShown) -> Message:
    one = value.proposal
    if value.view == "diff":
        said = value.diff or "(nothing: the rules say so already)"
        head = f"**RULES.md of {name(one.title)}**, against {one.base}"
        return Message(f"{head}\n\n```\n{said}\n```", choices=_choices(one))
    if value.view == "example":
        return _example(value)
    return card(one)


def _example(value: ProposalShown) -> Message:
    one = value.proposal
    if not (value.before and value.after):
        said = "There is no example that may be shown: its pieces are private."
        if one.has_example:
            said = "What I wrote to try this is not kept any more."
        return Message(said, choices=_choices(one))
    parts = [f"**One request, twice** ({name(one.title)})"]
    for side, text in (("Without the rule", value.before), ("With it", value.after)):
        cut = text if len(text) <= PIECE else f"{text[:PIECE].rstrip()}…"
        parts.append(f"**{side}**\n\n{cut}")
    return Message("\n\n".join(parts), choices=_choices(one))


def _proposed(value: RuleProposed) -> Message:
    one = value.proposal
    said = (
        f"Proposed for {name(one.title)} as {one.code}: {name(one.statement, RULE)}\n\n"
        "I try it on earlier requests now; then an owner or admin decides."
    )
    return Message(said, choices=(_see(one),))


def _accepted(value: RuleAccepted) -> Message:
    one = value.proposal
    if value.running:
        return overtaken.asked(value)
    if not value.version:
        said = (
            f"{name(one.title)} has changed since this was tried, so nothing is "
            "accepted yet. I try it on the new version; its card follows."
        )
        return Message(said, choices=(_see(one),))
    said = (
        f"Accepted: {name(one.title)} is {value.version} now, with {one.code}. "
        "Pieces from now on keep to it."
    )
    return Message(said + overtaken.over(value.overtaken), choices=_choices(one))


def _piloted(value: RulePiloted) -> Message:
    one, skill = value.proposal, value.proposal.skill
    if not value.version:
        return _accepted(RuleAccepted(proposal=one, version=""))
    said = f"{one.code} is in {name(one.title)} {value.version}"
    which = {"skill": skill, "version": value.version}
    if value.is_running:
        said += ", which does 20 % of the work from now on. /tests shows how it does."
        return Message(said, choices=(Choice("How it does", "catalog.tests", {}),))
    said += ", and not in force: too few people rate here for a test to end."
    start = Choice("Test it anyway", "catalog.start_test", {**which, "anyway": True})
    return Message(
        said, choices=(Choice("Put it in force", "catalog.promote", which), start)
    )


def _rejected(value: RuleRejected) -> Message:
    one = value.proposal
    said = f"Rejected, and not proposed again for 90 days: {name(one.statement, RULE)}"
    if value.reason:
        return Message(f"{said}\n\nWhy: {name(value.reason, RULE)}")
    params = {"rule_id": str(one.rule_id)}
    why = Choice("Say why", "catalog.explain_reject", params, ask=True)
    return Message(said, choices=(why,))


def _reworded(value: RuleReworded) -> Message:
    one = value.proposal
    said = (
        f"It reads now: {name(one.statement, RULE)}\n\nI try it again; a card follows."
    )
    return Message(said, choices=(_see(one),))


def _trying(value: RuleTrying) -> Message:
    usd = value.proposal.estimate_usd
    about = f", about {dollars(usd)}" if usd else ""
    return Message(f"Trying it now{about}. The card follows when it is done.")


def _see(one: Proposal) -> Choice:
    params = {"rule_id": str(one.rule_id), "view": "card"}
    return Choice("See it", "catalog.show_rule", params)


def _rules(value: SkillRules) -> Message:
    head = f"**Rules of {name(value.title)}** {value.version}"
    if not value.rules:
        said = f"None yet. Write one: /rule {value.skill}: ..."
        return Message(f"{head}\n\n{said}", choices=_open(value))
    listed = "\n".join(map(_line, value.rules))
    is_any = any(rule.is_protected for rule in value.rules)
    legend = "Protected: it came with the skill, and stays." if is_any else ""
    said = "\n\n".join(filter(None, (head, listed, legend)))
    return Message(said, choices=_open(value))


def _line(rule: SkillRule) -> str:
    marks = [rule.severity, f"checked by {_by(rule.check)}"]
    marks += ["protected"] if rule.is_protected else []
    marks += [f"broken {rule.broken}x in 30 days"] if rule.broken else []
    said = name(rule.statement, RULE)
    return f"- **{rule.code}** {said} _({', '.join(marks)})_"


def _open(value: SkillRules) -> tuple[Choice, ...]:
    if value.proposal is None:
        return ()
    params = {"rule_id": str(value.proposal.rule_id), "view": "card"}
    return (Choice("The open proposal", "catalog.show_rule", params),)


def _after(value: LearnsAfter) -> Message:
    return Message(
        f"I propose a rule here once {value.pieces} pieces have one complaint."
    )


WORDS: dict[type, Callable[[Any], Message]] = {
    ProposalShown: _shown,
    RuleProposed: _proposed,
    RuleAccepted: _accepted,
    RulePiloted: _piloted,
    RuleRejected: _rejected,
    RuleReworded: _reworded,
    RuleTrying: _trying,
    SkillRules: _rules,
    LearnsAfter: _after,
}
