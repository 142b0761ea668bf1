"""Sending events."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.durable.database import Connection
from bot.durable.port import Event
from bot.durable.protocol import dump
from db import faultpoints

faultpoints.declare("engine.event_insert")

EVENTS, JOBS, CANCEL = "events", "jobs", "cancel:"
"""What NOTIFY says: there are new events, new jobs, or a run to stop."""

# No conflict target: naming one would need the right to read the table.
INSERT = """
    WITH kept AS (
        INSERT INTO engine.events (id, name, data, person)
        SELECT * FROM unnest(
            CAST({ids} AS text[]), CAST({names} AS text[]),
            CAST({data} AS json[]), CAST({persons} AS json[])
        )
        ON CONFLICT DO NOTHING
    )
    SELECT pg_notify('engine', 'events')
"""
INSERT_IN = text(INSERT.format(ids=":ids", names=":names", data=":data", persons=":p"))
INSERT_OWN = INSERT.format(ids="$1", names="$2", data="$3", persons="$4")


async def send_in(session: AsyncSession, events: Sequence[Event]) -> list[str]:
    """Queue events in the caller's transaction; return their ids."""
    ids, names, data, persons = _columns(events)
    values = {"ids": ids, "names": names, "data": data, "p": persons}
    await session.execute(INSERT_IN, values)
    faultpoints.reach("engine.event_insert")
    return ids


async def send(connection: Connection, events: Sequence[Event]) -> list[str]:
    """Queue events on the engine's own connection; return their ids."""
    columns = _columns(events)
    await connection.execute(INSERT_OWN, *columns)
    return columns[0]


def _columns(events: Sequence[Event]) -> tuple[list[str], ...]:
    return (
        [event.id for event in events],
        [event.name for event in events],
        [dump(dict(event.data)) for event in events],
        [dump(dict(event.user)) for event in events],
    )
