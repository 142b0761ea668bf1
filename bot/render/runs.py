"""One run in words: where it stands, what it waits for, and what can be done next."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from agent.billing.money import dollars
from agent.llm.choice import ModelRef
from agent.mailroom.schemas import Choice, Message, StoredFile
from agent.runs.results import MENDING
from agent.runs.schemas import Piece, RunDetail, SeenBy, StepLine, Waiting
from bot.render import delivery_ends
from bot.render.words import STATUS_WORDS, brief, glance

ASKED, ERROR = 300, 500
"""Characters shown of a request, and of an error."""

STEPS = {
    "stage": "Working it out",
    "read": "Reading up",
    "write": "Writing",
    "ask": "Your answer",
    "approve": "Approval",
    "deliver": "Showing it",
    "check": "Correcting it",
    "form": "Putting it into its form",
}
STEP_WORDS = STATUS_WORDS | {
    "pending": "not begun",
    "running": "under way",
    "waiting": "waiting",
    "skipped": "not needed any more",
    "ambiguous": "unclear how it ended",
}
DOORS = {
    "telegram": "on Telegram",
    "slack": "in Slack",
    "web": "in the web chat",
    "terminal": "in the terminal",
}
SEEN = {
    SeenBy.YOU: " Only you see this.",
    SeenBy.CHAT: " Only this chat sees this.",
    SeenBy.TEAM: "",
}
SETTLED = {
    "a button named it": "you picked it with a button",
    "its questions are being answered": "you were answering its questions",
    "no phrase of any skill is in it": "your words named no skill",
}
"""Reasons of the router that are whole, and how a person is told them."""

_CLAIM = re.compile(r'^(?:phrase|hint|hand-off from \S+) "(.+)" of (\S+) [\d.]+:1')
_NEARLY = 1.01
"""A day that lacks some minutes is told as a day."""
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def detail(value: RunDetail) -> Message:
    """One run, whole."""
    status = STATUS_WORDS.get(value.status, value.status)
    lines = [f"**Run #{value.number}**: {value.title}, {status}"]
    lines += [f"> {brief(value.asked, ASKED)}"] if value.asked else []
    lines.append(f"{_origin(value)}{SEEN[value.seen_by]}")
    unshown, ways = delivery_ends.told(value)
    lines += filter(None, (_waiting(value), unshown))
    if value.error:
        why = "Why it ended" if value.status == "cancelled" else "What went wrong"
        lines.append(f"{why}: {brief(value.error, ERROR)}")
    lines += filter(None, ("\n".join(map(_step, _latest(value.steps))),))
    lines += [_cost(value), *filter(None, (_why(value),))]
    return Message("\n\n".join(lines), choices=(*ways, *_next(value)))


def piece(value: Piece) -> Message:
    """A finished piece once more: how it begins, and its file."""
    file = StoredFile(
        name=value.file_name,
        media_type="text/markdown",
        storage_key=value.storage_key,
        size_bytes=value.size_bytes,
    )
    head = f"**{value.title}**, of run #{value.number}"
    return Message(f"{head}\n\n> {glance(value.preview, ASKED)}", files=(file,))


def span(time: timedelta) -> str:
    """Return about how long that is, in its largest unit, rounded: ``3 days``."""
    seconds = max(time.total_seconds(), 1.0)
    size, unit = next(one for one in _UNITS if seconds * _NEARLY >= one[0])
    count = round(seconds / size)
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _origin(value: RunDetail) -> str:
    who = f"Asked by {value.asked_by}" if value.asked_by else "Asked"
    where = DOORS.get(value.channel, "")
    when = f"{span(value.read_at - value.queued_at)} ago"
    whom = f"for {value.client}" if value.client else ""
    return " ".join(filter(None, (who, where, when, whom))) + "."


def _waiting(value: RunDetail) -> str:
    left = span(value.waiting_until - value.read_at) if value.waiting_until else ""
    more = f" within {left}" if left else ""
    match value.waiting_for:
        case Waiting.ANSWER:
            return f"It waits for an answer{more}; then I decide by myself."
        case Waiting.APPROVAL:
            return f"It waits for a yes{more}; then it ends without."
        case Waiting.RETRY:
            tries = "once" if value.tries == 1 else f"{value.tries} times"
            return f"That failed {tries}. I try again in {left or 'a moment'}."
        case Waiting.TURN:
            return f"Run #{value.ahead} of this conversation comes first."
    return ""


def _latest(steps: Sequence[StepLine]) -> list[StepLine]:
    newest = max((step.attempt for step in steps), default=0)
    # What was found about each rule stands under the piece.
    return [s for s in steps if s.attempt == newest and s.kind != "check"]


def _step(step: StepLine) -> str:
    kind, _, number = step.name.partition("-")
    if number.partition("-")[0] == "read":
        kind, number = "read", number.rpartition("-")[2]
    if step.name.endswith(MENDING):
        kind, number = "form", ""
    name = STEPS.get(kind, step.name.replace("-", " ").capitalize())
    name += f" {number}" if kind in STEPS and number not in ("", "1") else ""
    said = STEP_WORDS.get(step.status, step.status)
    took = f", {step.seconds:.1f} s" if step.seconds is not None else ""
    error = f" ({brief(step.error, ERROR)})" if step.error else ""
    return f"- {name}: {said}{took}{error}"


def _cost(value: RunDetail) -> str:
    facts = [f"It cost {dollars(value.cost_usd)}", f"{value.tokens:,} tokens"]
    facts += [f"{value.seconds:.1f} s"] if value.seconds is not None else []
    facts += [f"by {_writer(value)}"] if value.model else []
    facts += [f"attempt {value.attempt}"] if value.attempt > 1 else []
    return ", ".join(facts) + "."


def _writer(value: RunDetail) -> str:
    wrote = ModelRef("", value.model).title
    if not value.fallback_from:
        return wrote
    return f"{wrote} in place of {ModelRef.parse(value.fallback_from).title}"


def _why(value: RunDetail) -> str:
    """Tell in a sentence why this skill: what was found, not the odds it was given."""
    because = next(filter(None, map(SETTLED.get, value.reasons)), "")
    words = dict.fromkeys(
        found[1]
        for reason in value.reasons
        if (found := _CLAIM.match(reason)) and found[2] == value.skill
    )
    if words:
        because = "you wrote " + " and ".join(f'"{word}"' for word in list(words)[:2])
    elif any(reason.startswith("the command names ") for reason in value.reasons):
        because = "your command named it"
    if not because:
        return ""
    what = f"Why {value.title}" if value.skill else "Why a plain answer"
    return f"{what}: {because}."


def _next(value: RunDetail) -> Iterator[Choice]:
    ref = {"run_id": str(value.run_id)}
    if value.status in {"failed", "timeout", "cancelled"}:
        yield Choice("Try again", "runs.retry", ref)
    elif value.status == "completed":
        if value.output_id:
            piece = {"output_id": str(value.output_id)}
            yield Choice("Show the piece", "runs.read", piece)
            yield Choice("What next", "runs.next_steps", piece)
        yield Choice("Once more", "runs.retry", ref)
        if any(step.kind == "check" for step in value.steps):
            yield Choice("Rules", "runs.rules", ref)
    else:
        yield Choice("Stop", "runs.cancel", ref)
    if value.seen_by is not SeenBy.TEAM:
        yield Choice("Share with the team", "runs.share", ref, row=1)
