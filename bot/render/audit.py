"""The history in words: who changed what, when, and from where."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from agent.identity.audit_schemas import AuditLine, AuditLog, Change
from agent.mailroom.schemas import Message
from bot.render.words import brief, name

VALUE, CHANGES, ROOM = 60, 3, 3_000
"""Characters of one value, changes in a line, and characters of all lines."""


def _log(value: AuditLog) -> Message:
    if not value.lines:
        of = f" about {name(value.about)}" if value.about else ""
        return Message(f"Nothing is recorded{of}.")
    of = f" of {name(value.about)}" if value.about else ""
    lines = list(_fitting(map(_line, value.lines)))
    has_more = value.next_cursor or len(lines) < len(value.lines)
    end = "\n\nThere is more; `/audit <what>` looks for one thing."
    listed = "\n".join(lines)
    return Message(f"The history{of}:\n\n{listed}{end if has_more else ''}")


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    left = ROOM
    for line in lines:
        left -= len(line)
        if left < 0:
            return
        yield line


def _line(line: AuditLine) -> str:
    where = f" from {line.channel}" if line.channel else ""
    where += f" ({line.address})" if line.address else ""
    what = f" {line.subject} **{name(line.label)}**" if line.label else ""
    who = name(line.who)
    head = f"- {line.at:%Y-%m-%d %H:%M} UTC, {who}{where}: `{line.action}`{what}"
    told = [_change(one, line) for one in line.changes[:CHANGES]]
    more = len(line.changes) - CHANGES
    changes = "; ".join([*told, f"{more} more"] if more > 0 else told)
    return f"{head}: {changes}" if changes else head


def _change(one: Change, line: AuditLine) -> str:
    if line.is_private:
        return f"{one.field} (private)"
    return f"{one.field} {_value(one.before)} → {_value(one.after)}"


def _value(value: str | None) -> str:
    return f'"{name(brief(value, VALUE))}"' if value else "_nothing_"


WORDS: dict[type, Callable[[Any], Message]] = {AuditLog: _log}
