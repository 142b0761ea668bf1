"""Functions that wait for quiet: of a flurry of events the last one starts the run."""

from collections.abc import Sequence
from typing import Any

from bot.durable.database import Connection
from bot.durable.flow.gatherings import Place
from bot.durable.plan import Debounce
from bot.durable.starts import Start

# least() passes over the deadline of one that has none.
HOLD = """
    WITH given AS (
        SELECT * FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::interval[], $5::interval[]
        ) AS g (function_id, key, event_id, period, patience)
    ), held AS (
        INSERT INTO engine.gatherings AS g (function_id, key, due_at, deadline)
        SELECT function_id, key, clock_timestamp() + least(period, patience),
            clock_timestamp() + patience FROM given
        ON CONFLICT (function_id, key) DO UPDATE
        SET due_at = least(excluded.due_at, g.deadline)
    ), replaced AS (
        DELETE FROM engine.gathered g USING given n
        WHERE (g.function_id, g.key) = (n.function_id, n.key)
    )
    INSERT INTO engine.gathered (function_id, key, event_id)
    SELECT function_id, key, event_id FROM given
"""


async def gather(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    """Hold back the last event of each key; return the runs that wait for no quiet."""
    last: dict[Place, tuple[Any, ...]] = {}
    going = []
    for start in starts:
        debounce = start.plan.debounce
        # Whoever invokes a function waits for a result of its own.
        if debounce is None or start.invoked_by:
            going.append(start)
        else:
            last[_place(start, debounce)] = _row(start, debounce)
    if last:
        await connection.execute(HOLD, *map(list, zip(*last.values(), strict=True)))
    return going


def _place(start: Start, debounce: Debounce) -> Place:
    return start.plan.id, start.key(debounce.key)


def _row(start: Start, debounce: Debounce) -> tuple[Any, ...]:
    where = _place(start, debounce)
    return (*where, start.event.id, debounce.period, debounce.timeout)
