"""An event as it lies in the database."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.durable.keys import key_of

Facts = Mapping[str, Any]
"""What expressions see of an event: id, name, data, user and ts."""

INVOKED = "inngest/function.invoked"
FAILED = "inngest/function.failed"
FINISHED = "inngest/function.finished"
CANCELLED = "inngest/function.cancelled"
TICKED = "inngest/scheduled.timer"

COLUMNS = """
    e.id, e.seq, e.name, e.data::text, e.person::text,
    (extract(epoch FROM e.sent_at) * 1000)::bigint AS ts
"""
"""What to select from ``engine.events e`` for an ``Arrived``."""
MOST_LEAVES = 1000


@dataclass(frozen=True)
class Arrived:
    """One event; its payloads are JSON until somebody asks."""

    id: str
    seq: int
    name: str
    data: str
    person: str
    ts: int
    """Milliseconds since 1970."""

    @classmethod
    def of(cls, row: Any) -> "Arrived":
        """Read a row of ``COLUMNS``."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @cached_property
    def facts(self) -> Facts:
        """The event as expressions see it."""
        return {
            "id": self.id,
            "name": self.name,
            "data": json.loads(self.data),
            "user": json.loads(self.person),
            "ts": self.ts,
        }

    @cached_property
    def json(self) -> str:
        """The event as functions get it."""
        head = json.dumps({"id": self.id, "name": self.name, "ts": self.ts})
        return f'{head[:-1]},"data":{self.data},"user":{self.person}}}'

    def leaves(self) -> list[str] | None:
        """Return every plain value in the data as a key; None if there are too many."""
        found: set[str] = set()
        for value in _leaves(self.facts["data"]):
            found.add(key_of(value))
            if len(found) > MOST_LEAVES:
                return None
        return list(found)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def invoked_id(event: Arrived) -> str:
    """Return the function that an ``INVOKED`` is for."""
    return str(event.facts["data"]["_inngest"]["fn_id"])


def correlation(event: Arrived) -> str:
    """Return what tells the run that waits for what an ``INVOKED`` leads to."""
    return str(event.facts["data"]["_inngest"]["correlation_id"])
