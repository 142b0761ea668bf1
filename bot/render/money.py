"""Money and models in words: usage, limits, prices, and what a choice would change."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from agent.billing.money import dollars
from agent.billing.schemas import Budget, LimitLine, LimitSet, Share, TopUp, Usage
from agent.billing.usage import month_name
from agent.catalog.model_schemas import (
    ChoiceLine,
    Compared,
    FallbackSet,
    ModelCost,
    ModelKept,
    ModelLine,
    Models,
    ModelSet,
)
from agent.llm.choice import ModelRef
from agent.mailroom.schemas import Choice, Message, StoredFile
from bot.render.words import brief

LISTED, NAMED = 4, 28
"""Parts of a sum that are named, and how long a name: all of it must fit under a
picture in every messenger (1,024 characters)."""

PAYERS = {
    "installation": "",
    "workspace": ", on your own key",
    "nobody": ", no key for it yet",
}
SPANS = {"day": "a day", "month": "a month"}


def usage(value: Usage) -> Message:
    """A month: the sum, its parts, the days as a plot, and where it is heading."""
    lines = [_total(value)]
    if not value.total_usd:
        return Message(lines[0])
    if value.projected_usd is not None:
        lines.append(
            f"At the pace of the last {_days(value.paced_days)} the month comes to "
            f"**{dollars(value.projected_usd)}**."
        )
    for title, shares in (
        ("By skill", value.by_skill),
        ("By person", value.by_person),
        ("By model", [_named(one) for one in value.by_model]),
    ):
        if shares:
            lines.append(f"{title}:\n\n{_shares(shares, value.total_usd)}")
    if not value.by_person:
        lines.append(f"Your own requests: {dollars(value.mine_usd)}.")
    budget = Choice("Limits", "billing.budget")
    return Message("\n\n".join(lines), choices=(budget,), files=_plot(value))


def _total(value: Usage) -> str:
    name = month_name(value.month)
    if not value.total_usd:
        when = "This month" if value.is_current else f"In {name}"
        return f"{when} nothing was spent."
    span = "This month" if value.is_current else name
    said = f"**{span}: {dollars(value.total_usd)}**"
    if value.limit_usd:
        share = round(value.total_usd * 100 / value.limit_usd)
        said += f" of {dollars(value.limit_usd)} ({share} %)"
    runs = f"{value.runs} run{'' if value.runs == 1 else 's'}"
    return f"{said}, {runs}, {value.tokens:,} tokens."


def _shares(shares: Sequence[Share], total: Decimal) -> str:
    lines = [_share(one.name, one.cost_usd, total) for one in shares[:LISTED]]
    if rest := shares[LISTED:]:
        left = sum((one.cost_usd for one in rest), Decimal(0))
        lines.append(_share(f"{len(rest)} more", left, total))
    return "\n".join(lines)


def _share(name: str, cost: Decimal, total: Decimal) -> str:
    percent = round(cost * 100 / total) if total else 0
    return f"- {brief(name, NAMED)}: {dollars(cost)} ({percent} %)"


def _named(share: Share) -> Share:
    return share.model_copy(update={"name": ModelRef.parse(share.name).title})


def _plot(value: Usage) -> tuple[StoredFile, ...]:
    if not value.plot_key:
        return ()
    name, size = f"usage-{value.month}.png", value.plot_bytes
    return (StoredFile(name, "image/png", value.plot_key, size),)


def _days(count: int) -> str:
    return f"{count} days" if count > 1 else "day"


def budget(value: Budget) -> Message:
    """Every limit, and what is left of it."""
    listed = "\n".join(map(_limit, value.lines))
    how = "`/limit month 50`, `/limit Ana day 5` or `/limit day none` changes them."
    last = how if value.may_set else "An owner or admin can change them."
    choices = (Choice("Usage", "billing.usage"),)
    return Message(f"Limits:\n\n{listed}\n\n{last}", choices=choices)


def _limit(line: LimitLine) -> str:
    whose = f"**{line.person}**" if line.person else "**Everybody**"
    if line.limit_usd is None:
        return f"- {whose}, {SPANS[line.period]}: no limit"
    said = f"- {whose}, {dollars(line.limit_usd)} {SPANS[line.period]}"
    said += f": {dollars(line.spent_usd)} spent"
    if line.reserved_usd:
        said += f", {dollars(line.reserved_usd)} held for what is being written"
    usual = "" if line.is_own else " (the usual limit here)"
    return f"{said}, {dollars(line.left_usd or Decimal(0))} left{usual}"


def limit_set(value: LimitSet) -> Message:
    """A limit was changed: what holds now, and what held before."""
    whose = f"{value.person}'s limit" if value.person else "The limit for everybody"
    if value.limit_usd is None:
        now = f"{whose} for {SPANS[value.period]} is gone; the workspace's holds."
    elif value.is_usual:
        now = f"{whose} is the usual {dollars(value.limit_usd)} {SPANS[value.period]}."
    else:
        now = f"{whose} is {dollars(value.limit_usd)} {SPANS[value.period]} now."
    was = dollars(value.before_usd) if value.before_usd is not None else "not set"
    return Message(f"{now} Before, it was {was}.")


def top_up(value: TopUp) -> Message:
    """The ways on when a limit is in the way."""
    if value.may_set:
        now = dollars(value.limit_usd) if value.limit_usd is not None else "none"
        choices = [
            Choice(
                f"{dollars(usd).removesuffix('.00')} {SPANS[value.period]}",
                "billing.set_limit",
                {"limit": str(usd), "period": value.period},
            )
            for usd in value.suggestions_usd
        ]
        return Message(
            f"The limit is {now} {SPANS[value.period]}. What should it be? "
            f"Or write `/limit {value.period} 75`.",
            choices=choices,
        )
    if not value.asked:
        return Message(
            "Only an owner or admin can raise the limit, and I can reach none of them. "
            "Please ask one yourself."
        )
    return Message(f"I asked {_and(value.asked)}. Try again once the limit is raised.")


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def models(value: Models) -> Message:
    """The models, what they cost, and what was chosen."""
    known = [line for line in value.lines if line.pays != "nobody"] or value.lines
    listed = "\n".join(map(_model, known))
    parts = [f"Models, in US dollars per 1M tokens read / written:\n\n{listed}"]
    if len(known) < len(value.lines):
        more = len(value.lines) - len(known)
        parts.append(f"{more} more would need a key of your own: `/key openai`.")
    if value.choices:
        parts.append("Chosen here:\n\n" + "\n".join(map(_choice, value.choices)))
    parts.append(_instead(value.fallback, value.house_key))
    parts.append("`/model copywriting fast` compares, before anything is changed.")
    return Message("\n\n".join(parts))


def _model(line: ModelLine) -> str:
    said = (
        f"- **{line.title}** (`{line.model}`): ${line.input_usd} / ${line.output_usd}"
    )
    if line.tier:
        usual = ", the usual one" if line.is_default else ""
        said += f", {line.tier}{usual}"
    said += PAYERS[line.pays]
    return f"{said}, being retired" if line.is_deprecated else said


def _choice(line: ChoiceLine) -> str:
    return f"- {_scope(line.skill, line.client)}: {line.chosen}"


def _instead(fallback: str, house_key: bool) -> str:  # noqa: FBT001 - a fact
    said = (
        "When a model fails, none stands in; `/fallback <provider>/<model>` names one."
    )
    if fallback:
        said = f"When a model fails, {ModelRef.parse(fallback).title} stands in."
    if house_key:
        said += " When your own key is refused, the installation's pays."
    return said


def compared(value: Compared) -> Message:
    """The card: before and after, and two buttons."""
    scope = _scope(value.skill, value.client)
    if value.before.model == value.after.model:
        return Message(f"{scope} is written by **{value.after.title}** already.")
    now, then = _price(value.before), _price(value.after)
    lines = [
        f"**{scope}**: {value.after.title} instead of {value.before.title}?",
        f"- per 1M tokens read / written: {now} now, {then} then",
    ]
    if value.runs:
        runs = f"the last {value.runs} runs" if value.runs > 1 else "the last run"
        lines.append(
            f"- {runs}: {dollars(value.runs_before_usd)} as they were, "
            f"about {dollars(value.runs_after_usd)} with it"
        )
    else:
        lines.append("- it has not run yet, so there is nothing to compare")
    if value.after.pays == "workspace":
        lines.append("- your own key pays for it")
    return Message("\n".join([lines[0], "", *lines[1:]]), choices=_card(value))


def _card(value: Compared) -> tuple[Choice, Choice]:
    at = {"skill": value.skill or "everything", "client": value.client}
    use = Choice("Use it", "catalog.use_model", {**at, "model": value.wanted})
    # It names what stays, lest an empty model be read as the skill's name.
    keep = Choice("Keep", "catalog.keep_model", {**at, "model": "default"})
    return use, keep


def _price(cost: ModelCost) -> str:
    return f"${cost.input_usd} / ${cost.output_usd}"


def _scope(skill: str, client: str) -> str:
    return f"{skill or 'Everything'} for {client}" if client else skill or "Everything"


def model_set(value: ModelSet) -> Message:
    """A choice is in force."""
    scope, answers = _scope(value.skill, value.client), value.answers.title
    if value.chosen == "default":
        return Message(f"{scope}: nothing special any more; {answers} writes it.")
    undo = {"skill": value.skill or "everything", "client": value.client}
    back = Choice("Back to default", "catalog.use_model", {**undo, "model": "default"})
    return Message(f"{scope}: **{answers}** writes it from now on.", choices=(back,))


def model_kept(value: ModelKept) -> Message:
    """Nothing was changed."""
    what = value.skill or "Everything"
    return Message(f"All right, it stays: {what} is written by {value.answers.title}.")


def fallback_set(value: FallbackSet) -> Message:
    """What happens now when a model fails."""
    return Message(_instead(value.fallback, value.house_key))


WORDS: dict[type, Callable[[Any], Message]] = {
    Budget: budget,
    Compared: compared,
    FallbackSet: fallback_set,
    LimitSet: limit_set,
    ModelKept: model_kept,
    ModelSet: model_set,
    Models: models,
    TopUp: top_up,
    Usage: usage,
}
