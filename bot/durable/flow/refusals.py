"""Runs that do not begin: nobody hears of it, but a run that waits for their result."""

from collections.abc import Sequence

from bot.durable.arrived import FINISHED, INVOKED, Arrived, correlation, invoked_id
from bot.durable.database import Connection
from bot.durable.protocol import dump, error_of
from bot.durable.starts import Start

TELL = """
    INSERT INTO engine.events (id, name, data)
    SELECT 'refused:' || id, $1, json_build_object(
        'function_id', function_id, 'correlation_id', correlation_id, 'error', $5::json)
    FROM unnest($2::text[], $3::text[], $4::text[])
        AS r (id, function_id, correlation_id)
    ON CONFLICT DO NOTHING
"""
NOTIFY = "SELECT pg_notify('engine', 'events')"


async def tell(
    connection: Connection, refused: Sequence[Start], name: str, why: str
) -> None:
    """Let the runs that invoked these know that they will not begin."""
    await _tell(connection, [start.event for start in refused], name, why)


async def tell_gone(connection: Connection, events: Sequence[Arrived]) -> None:
    """Let the runs know that invoked a function which went before the event came."""
    await _tell(connection, events, "FunctionNotFound", "There is no such function.")


async def _tell(
    connection: Connection, events: Sequence[Arrived], name: str, why: str
) -> None:
    invoked = [event for event in events if event.name == INVOKED]
    if not invoked:
        return
    columns = (
        [event.id for event in invoked],
        list(map(invoked_id, invoked)),
        list(map(correlation, invoked)),
    )
    await connection.execute(TELL, FINISHED, *columns, dump(error_of(name, why)))
    await connection.execute(NOTIFY)
