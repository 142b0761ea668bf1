"""Sharing a run, in words."""

from collections.abc import Callable
from typing import Any

from agent.earshot import AskedInPrivate
from agent.mailroom.schemas import Choice, Message
from agent.runs.sharing_operations import Shared


def _shared(value: Shared) -> Message:
    if not value.is_new:
        return Message(f"Your team can see run #{value.number} already.")
    return Message(
        f"Shared. Your team can see run #{value.number}, {value.title}, from now on: "
        "its text, its cost and its scores. What we wrote here stays between us."
    )


def kept_back(error: AskedInPrivate) -> Message:
    """What was asked in private, and is not told where others read along."""
    number = error.params.get("number")
    choices = []
    if error.operation:
        there = ("Send it to me in private", error.operation, error.params)
        choices.append(Choice(*there, alone=True))
    if number:
        share = Choice("Share with the team", "runs.share", {"number": number}, row=1)
        choices.append(share)
    return Message(error.said, choices=choices)


WORDS: dict[type, Callable[[Any], Message]] = {Shared: _shared}
