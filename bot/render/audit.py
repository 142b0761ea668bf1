"""The history in words: who changed what, when, and from where."""

from collections.abc import Callable
from typing import Any

from agent.identity.audit_schemas import AuditLine, AuditLog, Change
from agent.mailroom.schemas import Message
from bot.render.words import brief, name

VALUE = 120
"""Characters of one value in a line."""


def _log(value: AuditLog) -> Message:
    if not value.lines:
        of = f" about {name(value.about)}" if value.about else ""
        return Message(f"Nothing is recorded{of}.")
    of = f" of {name(value.about)}" if value.about else ""
    listed = "\n".join(map(_line, value.lines))
    end = "\n\nThere is more; `/audit <what>` looks for one thing."
    return Message(f"The history{of}:\n\n{listed}{end if value.next_cursor else ''}")


def _line(line: AuditLine) -> str:
    where = f" from {line.channel}" if line.channel else ""
    where += f" ({line.address})" if line.address else ""
    what = f" {line.subject} **{name(line.label)}**" if line.label else ""
    who = name(line.who)
    head = f"- {line.at:%Y-%m-%d %H:%M} UTC, {who}{where}: `{line.action}`{what}"
    changes = "; ".join(_change(one, line) for one in line.changes)
    return f"{head}: {changes}" if changes else head


def _change(one: Change, line: AuditLine) -> str:
    if line.is_private:
        return f"{one.field} (private)"
    return f"{one.field} {_value(one.before)} → {_value(one.after)}"


def _value(value: str | None) -> str:
    return f'"{name(brief(value, VALUE))}"' if value else "_nothing_"


WORDS: dict[type, Callable[[Any], Message]] = {AuditLog: _log}
