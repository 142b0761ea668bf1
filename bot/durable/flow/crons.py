"""Runs that begin by the clock: the database's, so that processes agree on it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.durable.arrived import COLUMNS, TICKED, Arrived
from bot.durable.cron import Cron
from bot.durable.database import Connection
from bot.durable.host import Known
from bot.durable.plan import Plan
from bot.durable.starts import Start
from db import faultpoints

faultpoints.declare("engine.cron_tick")

NOW = "SELECT clock_timestamp()"
DUE = """
    SELECT function_id, expression, next_at, clock_timestamp() AS now
    FROM engine.crons WHERE next_at <= now() AND function_id = ANY ($1::text[])
    ORDER BY next_at, function_id, expression
"""
# It starts one function only, so it does not wait for a dispatcher.
TICK = f"""
    INSERT INTO engine.events AS e (id, name, data, sent_at, dispatched_at)
    VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING RETURNING {COLUMNS}
"""  # noqa: S608 - columns of ours
MOVE = """
    UPDATE engine.crons SET next_at = $3 WHERE function_id = $1 AND expression = $2
"""
KEEP = """
    WITH given AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
            AS g (function_id, expression, next_at)
    ), gone AS (
        DELETE FROM engine.crons c WHERE function_id = ANY ($4::text[])
            AND (function_id, expression) NOT IN
                (SELECT function_id, expression FROM given)
    )
    INSERT INTO engine.crons (function_id, expression, next_at)
    SELECT function_id, expression, next_at FROM given
    WHERE EXISTS (SELECT FROM engine.functions f WHERE f.id = function_id)
    ON CONFLICT DO NOTHING
"""
STILL = timedelta(0)


async def tick(connection: Connection, known: Mapping[str, Known]) -> list[Start]:
    """Return the runs whose instant has come; one of the many that were missed."""
    begun = []
    for row in await connection.fetch(DUE, list(known)):
        plan = known[row["function_id"]].plan
        cron = dict(_crons(plan)).get(row["expression"])
        if cron is None:
            continue
        begun += await _tick(connection, plan, cron, row)
    if begun:
        faultpoints.reach("engine.cron_tick")
    return begun


async def keep(connection: Connection, known: Mapping[str, Known]) -> None:
    """Let the crons be those that the known functions declare now."""
    now = await connection.fetchval(NOW)
    rows = [
        (function_id, text, cron.after(now))
        for function_id, one in known.items()
        for text, cron in _crons(one.plan)
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    await connection.execute(KEEP, *map(list, columns), list(known))


async def _tick(
    connection: Connection, plan: Plan, cron: Cron, row: Any
) -> list[Start]:
    instant: datetime = row["next_at"]
    delay = _jitter(cron, plan.id, instant)
    said = {"cron": cron.expression, "scheduledAt": instant.isoformat()}
    given = (f"cron:{plan.id}:{cron.expression}:{instant.isoformat()}", TICKED)
    event = await connection.fetchrow(TICK, *given, json.dumps(said), instant + delay)
    moved = (plan.id, row["expression"], cron.after(row["now"]))
    await connection.execute(MOVE, *moved)
    late = row["now"] - instant
    wait = max(STILL, delay - late)
    return [Start(plan, (Arrived.of(event),), delay=wait)] if event else []


def _crons(plan: Plan) -> Iterator[tuple[str, Cron]]:
    for trigger in plan.triggers:
        if trigger.cron:
            yield trigger.cron.expression, trigger.cron


def _jitter(cron: Cron, function_id: str, instant: datetime) -> timedelta:
    """Return a part of the jitter that is the same for all who ask."""
    seed = f"{function_id}:{cron.expression}:{instant.isoformat()}"
    part = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) / 2**64
    return cron.jitter * part
