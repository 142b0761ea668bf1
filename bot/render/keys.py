"""API keys in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from agent.identity.key_schemas import KeyLine, Keys, MadeKey, RevokedKey
from agent.mailroom.schemas import Choice, Message

BUTTONS = 6
"""Keys of a list that have a button."""


def _made(value: MadeKey) -> Message:
    may = f"It may: {', '.join(value.scopes)}; it ends on {_day(value.expires_at)}."
    return Message(
        f"Here is the key **{value.name}**, this once:\n\n`{value.key}`\n\n"
        "Copy it to where it is needed, then delete this message. I keep only its"
        f" fingerprint. {may}",
        choices=(
            Choice("Revoke it", "identity.revoke_key", {"key_id": str(value.key_id)}),
        ),
        once=f"The key **{value.name}** was shown here, once. {may}",
    )


def _keys(value: Keys) -> Message:
    if not value.lines:
        return Message(
            "You have no API keys here. `/key new <name>` makes one, in private."
        )
    listed = "\n".join(map(_line, value.lines))
    choices = tuple(
        Choice(
            f"Revoke {line.name}", "identity.revoke_key", {"key_id": str(line.key_id)}
        )
        for line in value.lines[:BUTTONS]
    )
    return Message(f"Your API keys in this workspace:\n\n{listed}", choices=choices)


def _line(line: KeyLine) -> str:
    used = f"last used {_day(line.last_used_at)}" if line.last_used_at else "never used"
    return (
        f"- **{line.name}** (`{line.begins}...`): {', '.join(line.scopes)}; {used};"
        f" ends {_day(line.expires_at)}"
    )


def _revoked(value: RevokedKey) -> Message:
    return Message(f"The key **{value.name}** no longer works.")


def _day(at: datetime) -> str:
    return f"{at:%-d %B %Y}"


WORDS: dict[type, Callable[[Any], Message]] = {
    MadeKey: _made,
    Keys: _keys,
    RevokedKey: _revoked,
}
