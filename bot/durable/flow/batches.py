"""Runs with many events: when there are enough, or when the first has waited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.durable.arrived import Arrived
from bot.durable.database import Connection
from bot.durable.flow import gatherings
from bot.durable.flow.gatherings import Place
from bot.durable.plan import Batch
from bot.durable.starts import Start

HELD = """
    SELECT function_id, key, count(*) AS held
    FROM unnest($1::text[], $2::text[]) AS p (function_id, key)
    JOIN engine.gathered USING (function_id, key) GROUP BY function_id, key
"""
ADD = """
    WITH given AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::interval[])
            AS g (function_id, key, event_id, patience)
    ), opened AS (
        INSERT INTO engine.gatherings (function_id, key, due_at)
        SELECT DISTINCT ON (function_id, key)
            function_id, key, clock_timestamp() + patience FROM given
        ON CONFLICT DO NOTHING
    )
    INSERT INTO engine.gathered (function_id, key, event_id)
    SELECT function_id, key, event_id FROM given ON CONFLICT DO NOTHING
"""


@dataclass
class Pile:
    """The events of one key."""

    held: int = 0
    """How many are written down already."""
    came: list[Start] = field(default_factory=list)

    def add(self, start: Start, size: int) -> bool:
        """Put one more on it; tell whether that makes a batch."""
        self.came.append(start)
        return self.held + len(self.came) >= size


@dataclass(frozen=True)
class Full:
    """A batch that is complete but for what is written down of it."""

    place: Place | None
    """Where its first events are; None if all of them came now."""
    came: tuple[Start, ...]

    def start(self, held: dict[Place, list[Arrived]]) -> Start:
        """Return the run."""
        before = held.get(self.place, []) if self.place else []
        events = (*before, *(start.event for start in self.came))
        return Start(self.came[0].plan, events)


async def gather(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    """Hold back what belongs in batches; return the full ones, and all the others."""
    places = [_place(start) for start in starts]
    if not any(places):
        return list(starts)
    piles = await _piles(connection, {place for place in places if place})
    going = list(_sort(zip(starts, places, strict=True), piles))
    unwritten = [one.place for one in going if isinstance(one, Full) and one.place]
    held = await gatherings.take(connection, unwritten)
    await _keep(connection, piles)
    return [one.start(held) if isinstance(one, Full) else one for one in going]


def _sort(
    wanted: Iterator[tuple[Start, Place | None]], piles: dict[Place, Pile]
) -> Iterator[Start | Full]:
    for start, place in wanted:
        batch = start.plan.batch
        if place is None or batch is None:
            yield start
            continue
        pile = piles[place]
        if pile.add(start, batch.max_size):
            yield Full(place if pile.held else None, tuple(pile.came))
            piles[place] = Pile()


def _place(start: Start) -> Place | None:
    batch = start.plan.batch
    # Whoever invokes a function waits for a result of its own.
    if batch is None or start.invoked_by or not _belongs(start, batch):
        return None
    return start.plan.id, start.key(batch.key)


def _belongs(start: Start, batch: Batch) -> bool:
    return batch.when is None or batch.when.holds(start.event.facts)


async def _piles(connection: Connection, places: set[Place]) -> dict[Place, Pile]:
    rows = await connection.fetch(HELD, *map(list, zip(*places, strict=True)))
    held = {(row["function_id"], row["key"]): row["held"] for row in rows}
    return {place: Pile(held.get(place, 0)) for place in places}


async def _keep(connection: Connection, piles: dict[Place, Pile]) -> None:
    rows = [
        (*place, start.event.id, _patience(start))
        for place, pile in piles.items()
        for start in pile.came
    ]
    if rows:
        await connection.execute(ADD, *map(list, zip(*rows, strict=True)))


def _patience(start: Start) -> timedelta:
    return start.plan.batch.timeout if start.plan.batch else timedelta(0)
