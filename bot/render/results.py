"""The catalogue's results in words: ``RENDER`` has one wording for each type."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from agent.billing.money import dollars
from agent.mailroom.operations import Resent
from agent.mailroom.schemas import Choice, Message
from agent.memory.operations import Answered, Left
from agent.runs.pause_schemas import Decided, Decision, DraftLine, Drafts, Replied
from agent.runs.revise_operations import Revised
from agent.runs.schemas import (
    Ended,
    Explained,
    Outputs,
    Piece,
    RunDetail,
    RunLine,
    Runs,
    Scored,
    Started,
    Status,
)
from bot.render import (
    accounts,
    audit,
    cards,
    clients,
    commands,
    console,
    experiments,
    files,
    forms,
    instructions,
    keys,
    money,
    next_steps,
    pieces,
    preferences,
    proposals,
    quality,
    reviews,
    routing,
    rules,
    sharing,
    skills,
    vault,
    versions,
    week,
)
from bot.render.paging import more
from bot.render.runs import detail, piece
from bot.render.words import STATUS_WORDS, brief, glance

LISTED = 25
"""Names in one list; more would be scrolled past."""

DECIDABLE, PREVIEWED = 3, 400
"""Drafts of a list that have buttons, and characters that are shown of each."""


def result(value: BaseModel) -> Message:
    """Word a result.

    Raises:
        KeyError: The type has no wording; a test visits the whole catalogue.
    """
    return RENDER[type(value)](value)


def _started(value: Started) -> Message:
    return Message(f"On it. This is run #{value.number}.")


def _revised(value: Revised) -> Message:
    return Message(f"On it: a new version, run #{value.number}.")


def _ended(value: Ended) -> Message:
    if value.status == "cancelled":
        return Message(f"Run #{value.number} is stopped.")
    return Message(
        f"Run #{value.number} starts again. "
        "The new text appears where its answer stands, further up."
    )


def _line(line: RunLine) -> str:
    words = STATUS_WORDS.get(line.status, line.status)
    asked = f" - {brief(line.asked, 80)}" if line.asked else ""
    cost = f", {dollars(line.cost_usd)}" if line.cost_usd else ""
    return f"- **#{line.number}** {line.title}, {words}{cost}{asked}"


def _runs(value: Runs) -> Message:
    if not value.lines:
        return Message("No runs yet. Tell me what to write.")
    listed = "\n".join(map(_line, value.lines))
    return Message(
        f"The latest runs:\n\n{listed}\n\n`/run <number>` shows one.",
        choices=more("runs.list", value),
    )


def _status(value: Status) -> Message:
    lines = [f"Workspace: **{value.workspace}**"]
    if value.client:
        lines[0] += f", client: **{value.client}**"
    if value.working:
        lines.append("Working on:\n\n" + "\n".join(map(_line, value.working)))
    else:
        lines.append("Nothing is being written right now.")
    spent = f"Spent today: ${value.spent_today_usd:.2f}"
    if value.left_today_usd is not None:
        spent += f", ${max(value.left_today_usd, 0):.2f} left"
    lines.append(spent + ".")
    if value.unsure:
        lines.append(
            f"{value.unsure} message(s) of the last day may not have arrived; "
            "`/outputs` has every piece."
        )
    choices = [
        Choice(f"Stop #{line.number}", "runs.cancel", {"number": line.number})
        for line in value.working[:3]
    ]
    return Message("\n\n".join(lines), choices=tuple(choices))


def _outputs(value: Outputs) -> Message:
    if not value.lines:
        return Message("No pieces yet. Tell me what to write.")
    listed = "\n".join(
        f"- **#{line.number}** {line.title}"
        + (f", rated {line.score:.1f}" if line.score is not None else "")
        for line in value.lines
    )
    return Message(
        f"The latest pieces:\n\n{listed}\n\n`/run <number>` shows one.",
        choices=more("runs.outputs", value),
    )


def _answered(value: Answered) -> Message:
    return Message("Skipped." if value.skipped else "Noted.")


def _left(_: Left) -> Message:
    return Message("All right, we leave it there. Just write what you need.")


def _replied(value: Replied) -> Message:
    how = "Thank you, I go on with that" if value.answer else "All right, I decide"
    return Message(f"{how}. The piece comes where I asked, further up.")


def _decided(value: Decided) -> Message:
    match value.decision:
        case Decision.APPROVE:
            return Message(f"Approved. Run #{value.number} is finished in a moment.")
        case Decision.REVISE:
            text = f"All right. Version {value.version + 1} comes in the draft's place."
            return Message(text)
        case Decision.REJECT:
            return Message(f"Rejected. Run #{value.number} ends here.")


def _drafts(value: Drafts) -> Message:
    if not value.lines:
        return Message("No draft waits for your yes.")
    listed = "\n\n".join(map(_draft, value.lines))
    choices = [
        Choice(
            f"{label} #{line.number}",
            operation,
            {"draft_id": str(line.draft_id), **more},
            row=row,
        )
        for row, line in enumerate(value.lines[:DECIDABLE])
        for label, operation, more in (
            ("Approve", "runs.decide", {"decision": Decision.APPROVE.value}),
            ("Revise", "runs.revise", {}),
            ("Reject", "runs.decide", {"decision": Decision.REJECT.value}),
        )
    ]
    return Message(
        f"Drafts that wait for your yes:\n\n{listed}",
        choices=(*choices, *more("runs.approvals", value)),
    )


def _draft(line: DraftLine) -> str:
    by = f", for {line.asked_by}" if line.asked_by else ""
    version = f", version {line.version}" if line.version > 1 else ""
    head = f"**#{line.number}** {line.title}{version}{by}"
    return f"{head}\n\n> {glance(line.preview, PREVIEWED)}"


RENDER: dict[type, Callable[[Any], Message]] = {
    Answered: _answered,
    Decided: _decided,
    Drafts: _drafts,
    Ended: _ended,
    Explained: pieces.noted,
    Left: _left,
    Outputs: _outputs,
    Replied: _replied,
    Resent: lambda value: Message("Here it is." if value.here else "Sent again."),
    Piece: piece,
    RunDetail: detail,
    Runs: _runs,
    Scored: lambda value: Message(f"Thanks! You gave this {value.score} of 5."),
    Started: _started,
    Revised: _revised,
    Status: _status,
}

RENDER |= sharing.WORDS
RENDER |= routing.WORDS
RENDER |= rules.WORDS | proposals.WORDS
RENDER |= quality.WORDS
RENDER |= reviews.WORDS
RENDER |= next_steps.WORDS
RENDER |= skills.WORDS
RENDER |= versions.WORDS | experiments.WORDS
RENDER |= console.WORDS
RENDER |= vault.WORDS
RENDER |= week.WORDS
RENDER |= forms.WORDS | commands.WORDS
RENDER |= cards.WORDS
RENDER |= keys.WORDS
RENDER |= accounts.WORDS
RENDER |= clients.WORDS
RENDER |= files.WORDS
RENDER |= audit.WORDS
RENDER |= preferences.WORDS
RENDER |= instructions.WORDS
RENDER |= money.WORDS
