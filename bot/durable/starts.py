"""Runs begin: their rows, first jobs, lanes, and what may end them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.durable import lanes, watches
from bot.durable.arrived import INVOKED, Arrived, correlation
from bot.durable.database import Connection
from bot.durable.expressions import Expression
from bot.durable.functions import Plan
from bot.durable.watches import Watch

START = """
    WITH wanted AS (
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::integer[], $5::integer[],
            $6::interval[], $7::interval[], $8::text[], $9::text[], $10::boolean[]
        ) WITH ORDINALITY AS w (
            function_id, event_id, lane, lane_limit, priority,
            delay, patience, singleton, invoked_by, batched, place)
    ), started AS (
        INSERT INTO engine.runs (function_id, event_id, lane, lane_limit, rank,
                                 expires_at, singleton, invoked_by, batched)
        SELECT function_id, event_id, lane, lane_limit,
               clock_timestamp() - make_interval(secs => priority),
               now() + patience, singleton, invoked_by, batched
        FROM wanted ORDER BY place
        ON CONFLICT (event_id, function_id) DO NOTHING
        RETURNING id, function_id, event_id, lane
    ), queued AS (
        INSERT INTO engine.jobs (run_id, blocked, due_at, priority)
        SELECT s.id, s.lane IS NOT NULL, now() + w.delay, coalesce(w.priority, 0)
        FROM started s JOIN wanted w USING (function_id, event_id)
        ORDER BY w.place
    )
    SELECT id, function_id, event_id FROM started
"""
BATCH = """
    INSERT INTO engine.batches (run_id, place, event_id)
    SELECT $1, place, event_id
    FROM unnest($2::text[]) WITH ORDINALITY AS b (event_id, place)
"""
NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Start:
    """A run to begin."""

    plan: Plan
    events: tuple[Arrived, ...]
    """What starts it; more than one only for a batch."""
    delay: timedelta = NONE
    singleton: str | None = None
    """While a run with this key is active, no other begins."""

    @property
    def event(self) -> Arrived:
        """The first of its events."""
        return self.events[0]

    def key(self, expression: Expression | None) -> str:
        """Return what runs of the function share that have the same value of it."""
        return self.plan.bucket(expression, self.event.facts)

    def value(self, expression: Expression | None) -> Any:
        """Return what the expression makes of the event; None if there is none."""
        return expression.value(self.event.facts) if expression else None

    @property
    def invoked_by(self) -> str | None:
        """What tells the run that waits for this one's result, if there is one."""
        return correlation(self.event) if self.event.name == INVOKED else None


async def begin(connection: Connection, starts: Sequence[Start]) -> dict[str, int]:
    """Write the runs down; return the lanes to let runs into, with their limits."""
    if not starts:
        return {}
    wanted = [_row(start) for start in starts]
    columns = [list(column) for column in zip(*wanted, strict=True)]
    rows = await connection.fetch(START, *columns)
    begun = {(row["function_id"], row["event_id"]): row["id"] for row in rows}
    for start in starts:
        run_id = begun.get((start.plan.id, start.event.id))
        if run_id and len(start.events) > 1:
            ids = [event.id for event in start.events]
            await connection.execute(BATCH, run_id, ids)
        if run_id and start.plan.cancel_on:
            await watches.add(connection, run_id, _endings(start))
    return {lane: limit for _, _, lane, limit, *_ in wanted if lane and limit}


async def admit(connection: Connection, entered: dict[str, int]) -> None:
    """Let runs into these lanes, in one order, so that two cannot deadlock."""
    for lane in sorted(entered):
        await lanes.admit(connection, lane, entered[lane])


def _row(start: Start) -> tuple[Any, ...]:
    plan, facts = start.plan, start.event.facts
    patience = plan.timeouts.start if plan.timeouts else None
    return (
        plan.id,
        start.event.id,
        plan.lane(facts),
        plan.limit,
        _priority(start),
        start.delay,
        patience,
        start.singleton,
        start.invoked_by,
        len(start.events) > 1,
    )


def _priority(start: Start) -> int | None:
    if start.plan.priority is None:
        return 0 if _shares_lane(start.plan) else None
    value = start.plan.priority.value(start.event.facts)
    given = value if isinstance(value, int | float) else 0
    return int(max(-600, min(600, given)))


def _shares_lane(plan: Plan) -> bool:
    # With functions that may have priorities: all of the lane's runs need a rank.
    return plan.concurrency is not None and plan.concurrency.scope != "fn"


def _endings(start: Start) -> list[Watch]:
    return [
        Watch.of(
            cancel.event,
            cancel.when,
            start.event.facts,
            place=place,
            until=cancel.timeout,
        )
        for place, cancel in enumerate(start.plan.cancel_on)
    ]
