"""What unfinished runs listen for: the answer to a step, or what cancels them.

A watch whose expression has the form ``event.a == async.b`` carries the value of its
left side, so that an event finds it by index among any number of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.durable import endings, expressions
from bot.durable.arrived import COLUMNS, FINISHED, Arrived, Facts
from bot.durable.database import Connection
from bot.durable.expressions import Expression
from bot.durable.functions import look_up
from bot.durable.keys import key_of
from bot.durable.protocol import SIDES
from db import faultpoints

faultpoints.declare("engine.wait_matched")

ADD = """
    INSERT INTO engine.watches (run_id, step_id, place, event, value, condition, until)
    VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval) ON CONFLICT DO NOTHING
"""
REMOVE = "DELETE FROM engine.watches WHERE run_id = $1 AND step_id = $2"
# No run listens for the event it was started by. Numbers do not tell which event came
# first: one that was numbered early may have been committed late.
LISTENING = f"""
    SELECT w.run_id, w.step_id, w.condition, {COLUMNS}
    FROM engine.watches w
    JOIN engine.runs r ON r.id = w.run_id AND r.status = 'active'
    JOIN engine.events e ON e.id = r.event_id AND e.id <> $3
    WHERE w.event = $1 AND (w.value IS NULL OR $2::text[] IS NULL OR w.value = ANY ($2))
        AND (w.until IS NULL OR w.until > to_timestamp($4 / 1000.0))
    ORDER BY w.run_id, w.step_id, w.place
"""  # noqa: S608 - columns of ours
# Sent in time counts, though read late, unless a worker times the step out already.
ANSWER = """
    UPDATE engine.jobs j SET answer = $3, due_at = now()
    FROM engine.events e
    WHERE j.run_id = $1 AND j.step_id = $2 AND e.id = $4
        AND j.answer IS NULL AND j.worker IS NULL AND j.due_at > e.sent_at
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing to listen for."""

    event: str
    value: str | None = None
    condition: str | None = None
    step_id: str = ""
    place: int = 0
    until: timedelta | None = None

    @classmethod
    def of(
        cls,
        event: str,
        when: Expression | None,
        facts: Facts,
        **rest: Any,
    ) -> "Watch":
        """Listen for ``event`` on behalf of a run that was started by ``facts``."""
        condition = when.text if when else None
        return cls(event, _value(when, facts), condition, **rest)


def invocation(correlation: str) -> str:
    """Return what to listen for in the event that tells of an invoked run's end."""
    return f"invoked {correlation}"


async def add(connection: Connection, run_id: UUID, made: Sequence[Watch]) -> None:
    """Listen from now on."""
    for watch in made:
        await connection.execute(
            ADD,
            run_id,
            watch.step_id,
            watch.place,
            watch.event,
            watch.value,
            watch.condition,
            watch.until,
        )


async def remove(connection: Connection, run_id: UUID, step_id: str) -> None:
    """Stop listening on behalf of a step."""
    await connection.execute(REMOVE, run_id, step_id)


async def answer(connection: Connection, event: Arrived) -> set[UUID]:
    """Give the event to the steps that wait for it; return the runs it cancels."""
    heard = (event.name, _values(event), event.id, event.ts)
    listening = await connection.fetch(LISTENING, *heard)
    rows = [row for row in listening if _holds(row, event)]
    waiting = [row for row in rows if row["step_id"]]
    await endings.hold(connection, {row["run_id"] for row in waiting})
    for row in waiting:
        found = (row["run_id"], row["step_id"], event.json, event.id)
        await connection.execute(ANSWER, *found)
    if listening:
        faultpoints.reach("engine.wait_matched")
    return {row["run_id"] for row in rows if not row["step_id"]}


def _values(event: Arrived) -> list[str] | None:
    if event.name == FINISHED:
        return [invocation(event.facts["data"]["correlation_id"])]
    return event.leaves()


def _holds(row: Any, event: Arrived) -> bool:
    if row["condition"] is None:
        return True
    condition = expressions.compile(row["condition"], names=SIDES)
    return condition.holds(Arrived.of(row).facts, event.facts)


def _value(when: Expression | None, facts: Facts) -> str | None:
    join = when.join if when else None
    if join is None or join[1][0] != "data":
        return None
    value = look_up(facts, join[0])
    # Null is no leaf of an event that lacks it, and yet equals what is missing there.
    return None if isinstance(value, dict | list | None) else key_of(value)
