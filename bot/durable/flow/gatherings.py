"""Events that are held back, by function and key, until their time has come.

They lie beside the events table with a foreign key on it: what is held back cannot be
pruned, and a dispatcher that dies leaves either the event or its place in a gathering.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from bot.durable.arrived import COLUMNS, Arrived
from bot.durable.database import Connection
from bot.durable.host import Known
from bot.durable.plan import Plan
from bot.durable.starts import Start

Place = tuple[str, str]
"""A function's id and the key."""

# Two at a time of the same key come in order of their first events.
TAKE = f"""
    WITH wanted AS ({{wanted}}
    ), taken AS (
        DELETE FROM engine.gathered g USING wanted w
        WHERE (g.function_id, g.key) = (w.function_id, w.key)
        RETURNING g.function_id, g.key, g.event_id
    ), closed AS (
        DELETE FROM engine.gatherings g USING wanted w
        WHERE (g.function_id, g.key) = (w.function_id, w.key)
    )
    SELECT t.function_id, t.key, {COLUMNS},
        min(e.seq) OVER (PARTITION BY t.function_id, t.key) AS first
    FROM taken t JOIN engine.events e ON e.id = t.event_id
    ORDER BY first, t.function_id, t.key, e.seq
"""  # noqa: S608 - columns of ours
TAKE_THESE = TAKE.format(
    wanted="SELECT * FROM unnest($1::text[], $2::text[]) AS w (function_id, key)"
)
TAKE_RIPE = TAKE.format(
    wanted="""
        SELECT function_id, key FROM engine.gatherings
        WHERE due_at <= now() AND function_id = ANY ($1::text[])
        ORDER BY due_at LIMIT $2"""
)
# A function may be away for the length of a deploy.
FORGET = """
    DELETE FROM engine.gatherings g WHERE due_at < now() - interval '1 day'
        AND NOT EXISTS (SELECT FROM engine.functions f WHERE f.id = g.function_id)
"""
AT_ONCE = 100


async def take(
    connection: Connection, places: Sequence[Place]
) -> dict[Place, list[Arrived]]:
    """Remove these gatherings; return their events in the order they came."""
    if not places:
        return {}
    rows = await connection.fetch(TAKE_THESE, *map(list, zip(*places, strict=True)))
    return dict(_by_place(rows))


async def ripe(connection: Connection, known: Mapping[str, Known]) -> list[Start]:
    """Return the runs that begin because the time of their events has come."""
    rows = await connection.fetch(TAKE_RIPE, list(known), AT_ONCE)
    return [
        start
        for (function_id, _), events in _by_place(rows)
        for start in _starts(known[function_id].plan, events)
    ]


async def forget(connection: Connection) -> None:
    """Drop what was gathered for functions that have been gone for a day."""
    await connection.execute(FORGET)


def _by_place(rows: Iterable[Any]) -> Iterator[tuple[Place, list[Arrived]]]:
    for place, some in groupby(rows, lambda row: (row["function_id"], row["key"])):
        yield place, [Arrived.of(row) for row in some]


def _starts(plan: Plan, events: Sequence[Arrived]) -> list[Start]:
    if plan.batch:
        return [Start(plan, tuple(events))]
    # A function that no longer gathers runs once for each.
    return [Start(plan, (event,)) for event in events]
