"""Functions of which one run per key may be active: the newer is left out, or wins."""

import dataclasses
from collections.abc import Sequence
from uuid import UUID

from bot.durable.database import Connection
from bot.durable.flow import refusals
from bot.durable.protocol import error_of
from bot.durable.starts import Start

OVERTAKEN = error_of("Overtaken", "A newer run took its place.")
ACTIVE = """
    SELECT DISTINCT singleton FROM engine.runs
    WHERE status = 'active' AND singleton = ANY ($1::text[])
"""
OLDER = """
    SELECT id FROM (
        SELECT id, seq, max(seq) OVER (PARTITION BY singleton) AS last
        FROM engine.runs WHERE status = 'active' AND singleton = ANY ($1::text[])
    ) AS run WHERE seq < last ORDER BY id
"""


async def claim(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    """Return the runs that may begin, those of singletons with their keys."""
    keyed = [_keyed(start) for start in starts]
    wanted = [start.singleton for start in keyed if _skips(start)]
    if not wanted:
        return keyed
    rows = await connection.fetch(ACTIVE, wanted)
    taken = {row["singleton"] for row in rows}
    allowed, refused = [], []
    for start in keyed:
        if _skips(start) and start.singleton in taken:
            refused.append(start)
        else:
            allowed.append(start)
            taken.add(start.singleton)
    await refusals.tell(connection, refused, "Skipped", "Another run is active.")
    return allowed


async def overtaken(connection: Connection, begun: Sequence[Start]) -> list[UUID]:
    """Return the active runs whose key one of ``begun`` has taken over."""
    won = [start.singleton for start in begun if _wins(start)]
    if not won:
        return []
    return [row["id"] for row in await connection.fetch(OLDER, won)]


def _keyed(start: Start) -> Start:
    given = start.plan.singleton
    # As Inngest has it: an event for which the expression is false is not a singleton.
    if given is None or start.value(given.key) is False:
        return start
    return dataclasses.replace(start, singleton=start.key(given.key))


def _skips(start: Start) -> bool:
    return start.singleton is not None and _mode(start) == "skip"


def _wins(start: Start) -> bool:
    return start.singleton is not None and _mode(start) == "cancel"


def _mode(start: Start) -> str:
    return start.plan.singleton.mode if start.plan.singleton else ""
