"""Runs that do not begin: nobody hears of it, but a run that waits for their result."""

from collections.abc import Sequence

from bot.durable.arrived import FINISHED
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
    invoked = [start for start in refused if start.invoked_by]
    if not invoked:
        return
    columns = (
        [start.event.id for start in invoked],
        [start.plan.id for start in invoked],
        [start.invoked_by for start in invoked],
    )
    await connection.execute(TELL, FINISHED, *columns, dump(error_of(name, why)))
    await connection.execute(NOTIFY)
