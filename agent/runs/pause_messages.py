"""What stands where the answer will be while a run waits for a person, and after."""

from collections.abc import Mapping
from textwrap import shorten
from typing import Any
from uuid import UUID

from agent.mailroom.schemas import Choice, Message
from agent.runs.pause_queries import Pause

LABEL = 40
"""Characters of a button."""
LINE = 300
"""Characters of somebody's words in a line of ours."""

WHO = {
    "member": "a yes",
    "admin": "a yes from an admin",
    "owner": "a yes from an owner",
}

SHARED = " Your team can see this run now; it is under /approvals."
"""Asking an admin or owner opens the run to them."""


def question(at: Pause, asked: Mapping[str, Any], *, by_words: bool) -> Message:
    """A question of the model, its choices, and the ways out.

    ``by_words``: the person's next words are taken as the answer.
    """
    ref = {"run_id": str(at.run_id), "attempt": at.attempt, "number": at.number}
    choices = [
        Choice(
            _short(text, LABEL), "runs.answer", {**ref, "text": text}, row=place // 2
        )
        for place, text in enumerate(asked["choices"])
    ]
    how = "write it in your own words" if by_words else "reply to this message"
    how = f"Tap one, or {how}." if choices else f"{how.capitalize()}."
    choices.append(Choice("Use your judgement", "runs.answer", ref, row=8))
    choices.append(_stop(at.run_id, row=9))
    else_ = f"No answer by tomorrow, and I go on with: {_ended(asked['default'])}"
    return Message(
        f"One question before I go on: **{_short(asked['question'], 2 * LINE)}**",
        choices=tuple(choices),
        note=f"{how} {else_}",
    )


def answered(at: Pause, asked: Mapping[str, Any], came: Mapping[str, Any]) -> Message:
    """The question with what came of it; the piece takes its place."""
    said = f"Your answer: {_short(came['answer'], LINE)}" if came["answer"] else ""
    if came["how"] == "timeout":
        said = f"Nobody answered, so I go on with: {_ended(asked['default'])}"
    return Message(
        f"**{_short(asked['question'], 2 * LINE)}**\n\n"
        f"{said or 'I use my own judgement.'}\n\nWriting on...",
        choices=(_stop(at.run_id),),
    )


def draft(at: Pause, draft_id: UUID, text: str, role: str) -> Message:
    """A draft that waits for a yes; ``text`` fits one message with its note."""
    ref = {"draft_id": str(draft_id)}
    version = f"Version {at.number}. " if at.number > 1 else ""
    see = (
        ""
        if role == "member"
        else " Your team can see this run now; they find it under /approvals."
    )
    return Message(
        text,
        choices=(
            Choice("Approve", "runs.decide", {**ref, "decision": "approve"}),
            Choice("Revise", "runs.revise", ref),
            Choice("Reject", "runs.decide", {**ref, "decision": "reject"}),
        ),
        note=f"{version}This draft needs {WHO[role]}.{see} "
        'To change something, write "Revise: shorter".',
    )


def wanted(title: str, number: int, role: str, by: str) -> Message:
    """What is told to those who may say yes, wherever they are."""
    whose = f"{by}'s draft" if by else "A draft"
    return Message(
        f"{whose} **{_short(title, LINE)}** (run #{number}) waits for {WHO[role]}.",
        choices=(Choice("Show what waits", "runs.approvals"),),
    )


def decided(
    at: Pause, shown: Mapping[str, Any], came: Mapping[str, Any], by: str
) -> Message:
    """The draft after a decision, or after nobody took one.

    ``shown`` is what the message showed; ``by`` a name, empty when it is not known.
    """
    words = _short(came.get("feedback", ""), LINE)
    by = f" by {by}" if by else ""
    match came["decision"]:
        case "approve":
            return Message(shown["text"], note=f"Approved{by}. Finishing...")
        case "revise":
            going = f"Version {at.number} goes back: {words}\n\n"
            text = f"{going}Writing version {at.number + 1}..."
            return Message(text, choices=(_stop(at.run_id),))
        case "reject":
            note = f"Rejected{by}: {words}" if words else f"Rejected{by}."
            return Message(shown["text"], choices=(_anew(at.run_id),), note=note)
        case _:
            note = "Nobody said yes within a week, so this draft is not finished."
            return Message(shown["text"], choices=(_anew(at.run_id),), note=note)


def _anew(run_id: UUID) -> Choice:
    return Choice("Write it again", "runs.retry", {"run_id": str(run_id)})


def _stop(run_id: UUID, row: int = 0) -> Choice:
    return Choice("Stop", "runs.cancel", {"run_id": str(run_id)}, row=row)


def _ended(text: str) -> str:
    return f"{_short(text, LINE).rstrip('.')}."


def _short(text: str, longest: int) -> str:
    return shorten(text, longest, placeholder="…")
