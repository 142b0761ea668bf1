"""What a card shows while it waits, and after."""

from collections.abc import Mapping
from textwrap import shorten
from typing import Any
from uuid import UUID

from agent.mailroom.schemas import Choice, Message

LINE = 300
"""Characters of somebody's words in a line of ours."""


def card(
    call_id: UUID, question: str, verb: str, run_id: UUID | None = None
) -> Message:
    """A card that asks for a yes; a model's call can also be changed."""
    ref = {"call_id": str(call_id)}
    change = [Choice("Change", "runs.change_call", ref)] if run_id else []
    return Message(
        question,
        choices=(
            Choice(verb, "runs.approve_call", ref),
            *change,
            Choice("Cancel", "runs.refuse_call", ref),
        ),
    )


def decided(request: Mapping[str, Any], came: Mapping[str, Any]) -> Message:
    """A model's card after a decision; the answer takes its place."""
    said = {
        "approved": "Approved. Doing it...",
        "rejected": "Not done. Thinking on...",
        "revision_requested": f"Sent back: {_short(came.get('feedback', ''))}",
    }
    note = said.get(came["decision"], "Nobody decided in time. Thinking on...")
    return Message(request["summary"], note=note)


def _short(text: str) -> str:
    return shorten(text, LINE, placeholder="…")
