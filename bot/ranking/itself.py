"""What is for the assistant itself: its work, small talk, other subjects, attacks."""

from functools import cache
from pathlib import Path

import yaml

from bot.ranking.rules import Rule

ASSISTANT = "assistant"
FILE = Path(__file__).with_name("assistant.yaml")


@cache
def itself() -> Rule:
    """The words that call the assistant, and messages that are its own."""
    held = yaml.safe_load(FILE.read_text("utf-8"))
    return Rule(ASSISTANT, tuple(held["phrases"]), examples=tuple(held["examples"]))
