"""Sharing a run, in words."""

from collections.abc import Callable
from typing import Any

from agent.mailroom.schemas import Message
from agent.runs.sharing_operations import Shared


def _shared(value: Shared) -> Message:
    if not value.is_new:
        return Message(f"Your team can see run #{value.number} already.")
    return Message(
        f"Shared. Your team can see run #{value.number}, {value.title}, from now on: "
        "its text, its cost and its scores. What we wrote here stays between us."
    )


WORDS: dict[type, Callable[[Any], Message]] = {Shared: _shared}
