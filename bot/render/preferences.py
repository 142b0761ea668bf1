"""A person's own settings, in words."""

from collections.abc import Callable
from datetime import time
from typing import Any

from agent.identity.preferences_operations import (
    LanguageSet,
    ModeSet,
    QuietSet,
    Settings,
    TimezoneSet,
)
from agent.mailroom.schemas import Choice, Message

MODES = {
    "simple": "You see the 4 commands most people need.",
    "advanced": "You see every command.",
}
FOLLOWS = "the language of each request"
UTC = "UTC"


def _settings(value: Settings) -> Message:
    other = "advanced" if value.mode == "simple" else "simple"
    quiet = _hours(value.quiet_from, value.quiet_until)
    lines = (
        f"- Mode: **{value.mode}**. {MODES[value.mode]}",
        f"- I write in: **{value.language or FOLLOWS}**",
        f"- Time zone: **{value.timezone}**",
        f"- Quiet hours: **{quiet or 'none'}**",
    )
    hours = (
        Choice("Ping me any time", "identity.set_quiet", {"hours": "off"}, row=1)
        if quiet
        else Choice("No pings 22-8", "identity.set_quiet", {"hours": "22-8"}, row=1)
    )
    choices = [
        Choice(f"{other.capitalize()} mode", "identity.set_mode", {"mode": other}),
        hours,
        Choice("My instructions", "catalog.instructions", row=2),
    ]
    if value.language:
        follow = {"language": "auto"}
        choices.append(
            Choice("Language as asked", "identity.set_language", follow, row=1)
        )
    listed = "\n".join(lines)
    return Message(
        f"Your settings, on every messenger:\n\n{listed}\n\n"
        'Just tell me: "answer in Hindi", "I am in Berlin", "no pings 22-8".',
        choices=tuple(choices),
    )


def _mode(value: ModeSet) -> Message:
    other = "simple" if value.mode == "advanced" else "advanced"
    return Message(
        f"{value.mode.capitalize()} mode, here and on every messenger. "
        f"{MODES[value.mode]} `/help` lists them; all others work when you type them.",
        choices=(
            Choice(f"{other.capitalize()} mode", "identity.set_mode", {"mode": other}),
        ),
    )


def _language(value: LanguageSet) -> Message:
    if not value.language:
        return Message(f"All right, I write in {FOLLOWS}.")
    return Message(
        f"From now on I write in {value.language}, whatever language you ask in.",
        choices=(
            Choice("Language as asked", "identity.set_language", {"language": "auto"}),
        ),
    )


def _timezone(value: TimezoneSet) -> Message:
    return Message(f"Your times are {value.timezone} now.")


def _quiet(value: QuietSet) -> Message:
    hours = _hours(value.quiet_from, value.quiet_until)
    if not hours:
        return Message("No quiet hours any more: I tell you things when they happen.")
    where = (
        "in UTC, as I do not know where you are. Tell me, for example: I am in Berlin"
        if value.timezone == UTC
        else f"in {value.timezone}"
    )
    return Message(
        f"No pings {hours}, {where}. What comes in between, you get in one message "
        "when it is over. Answers to what you ask me come as ever.",
        choices=(Choice("Ping me any time", "identity.set_quiet", {"hours": "off"}),),
    )


def _hours(begins: time | None, ends: time | None) -> str:
    return f"from {begins:%H:%M} to {ends:%H:%M}" if begins and ends else ""


WORDS: dict[type, Callable[[Any], Message]] = {
    LanguageSet: _language,
    ModeSet: _mode,
    QuietSet: _quiet,
    Settings: _settings,
    TimezoneSet: _timezone,
}
