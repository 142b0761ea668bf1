"""Events in, runs out: by one dispatcher at a time, in the order of the events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from bot.durable import endings, flow, starts, watches
from bot.durable.arrived import COLUMNS, INVOKED, Arrived, invoked_id
from bot.durable.database import LOST, Connection, Database
from bot.durable.flow import Wanted, refusals
from bot.durable.observer import NOBODY, Observer
from bot.durable.protocol import Error
from bot.durable.registry import EDITION, Registry
from bot.durable.starts import Start
from db import faultpoints

faultpoints.declare("engine.run_insert")

BATCH = 200
LOCK = 0x647261706572
"""One dispatcher at a time, so that runs are numbered in the order of their events."""

# In the index's order: for "any at all" the planner may read the table to its end.
PENDING = f"""
    SELECT {COLUMNS}, {EDITION}, (SELECT true FROM engine.watches w
        WHERE w.event = e.name ORDER BY w.value LIMIT 1) AS watched
    FROM engine.events e WHERE dispatched_at IS NULL ORDER BY seq LIMIT $1
"""  # noqa: S608 - columns of ours
DISPATCHED = """
    UPDATE engine.events SET dispatched_at = now() WHERE id = ANY($1::text[])
"""
DUE = """
    SELECT
        ARRAY(SELECT id FROM engine.runs
            WHERE status = 'active' AND expires_at <= now() LIMIT $1) AS expired,
        EXISTS (SELECT FROM engine.gatherings
            WHERE due_at <= now() AND function_id = ANY ($2::text[]))
        OR EXISTS (SELECT FROM engine.crons
            WHERE next_at <= now() AND function_id = ANY ($2::text[])) AS ripe
"""

ON_DUTY = "SELECT pg_advisory_xact_lock($1)"

log = structlog.get_logger()


@dataclass(slots=True)
class Turn:
    """What one transaction comes to."""

    began: list[str]
    """The functions of the runs that begin."""
    entered: dict[str, int] = field(default_factory=dict)
    """The lanes that runs are to be let into, with their limits."""
    ended: list[Any] = field(default_factory=list)
    """The runs that have ended, but have still to leave their lanes."""


async def dispatch(
    database: Database, registry: Registry, observer: Observer = NOBODY
) -> int:
    """Let waiting events and the clock do what they do; return how many events.

    An event that cannot be dispatched, whatever the reason, is set aside: it must not
    stand in the way of all that come after it.
    """
    began: list[str] = []
    try:
        count = await _dispatch(database, registry, began)
    except LOST:
        raise
    except Exception:
        # One of the edges: what follows finds out whether it is an event's fault.
        log.exception("engine.dispatch_broke")
        began.clear()
        count = await _dispatch_one(database, registry, began)
    observer.started(began)
    return count


async def _dispatch_one(
    database: Database, registry: Registry, began: list[str]
) -> int:
    async with database.transaction() as connection:
        await connection.execute(ON_DUTY, LOCK)
        # If the clock's work breaks by itself, no event is to blame.
        await _work(connection, registry, (), began)
        rows = await connection.fetch(PENDING, 1)
        alone: list[str] = []
        try:
            async with connection.transaction():
                await _work(connection, registry, rows, alone)
        except LOST:
            raise
        except Exception:
            ids = [row["id"] for row in rows]
            log.exception("engine.event_set_aside", event_ids=ids)
            await connection.execute(DISPATCHED, ids)
        else:
            began += alone
    return BATCH


async def _dispatch(database: Database, registry: Registry, began: list[str]) -> int:
    async with database.transaction() as connection:
        await connection.execute(ON_DUTY, LOCK)
        rows = await connection.fetch(PENDING, BATCH)
        # Whoever registers and then sends is understood, however fast it goes.
        if rows and not registry.is_latest(rows[0]):
            await registry.load(connection)
        await _work(connection, registry, rows, began)
    return len(rows)


async def _work(
    connection: Connection,
    registry: Registry,
    rows: Sequence[Any],
    began: list[str],
) -> None:
    due = await connection.fetchrow(DUE, BATCH, list(registry.known))
    turn = Turn(began)
    if due["ripe"]:
        ripe = await flow.ripen(connection, registry.known)
        await _begin(connection, ripe, turn)
    for part, heard in _parts(rows, registry):
        await _hear(connection, registry, part, turn)
        if heard:
            await _end(connection, await watches.answer(connection, part[-1]), turn)
    await _end(connection, due["expired"], turn, endings.TIMED_OUT)
    # The rows of all these runs come before any lane: who works on one of them has
    # its row, and waits for its lane.
    for run in sorted(turn.ended, key=lambda run: run["lane"] or ""):
        await endings.leave(connection, run)
    await starts.admit(connection, turn.entered)
    await _note(connection, rows, changed=bool(rows) or due["ripe"])


async def _hear(
    connection: Connection, registry: Registry, part: Sequence[Arrived], turn: Turn
) -> None:
    await refusals.tell_gone(connection, _in_vain(part, registry))
    wanted = [one for event in part for one in _wanted(event, registry)]
    await _begin(connection, await flow.admit(connection, wanted), turn)


def _parts(
    rows: Iterable[Any], registry: Registry
) -> Iterator[tuple[list[Arrived], bool]]:
    """Cut where something listens, so that events act one after the other."""
    part: list[Arrived] = []
    for row in rows:
        part.append(Arrived.of(row))
        if row["watched"] or row["name"] in registry.cancelling:
            yield part, True
            part = []
    if part:
        yield part, False


async def _begin(connection: Connection, begun: Sequence[Start], turn: Turn) -> None:
    turn.began += [start.plan.id for start in begun]
    turn.entered |= await starts.begin(connection, begun)
    overtaken = await flow.overtaken(connection, begun)
    await _end(connection, overtaken, turn, flow.OVERTAKEN)


async def _note(connection: Connection, rows: Sequence[Any], *, changed: bool) -> None:
    if rows:
        await connection.execute(DISPATCHED, [row["id"] for row in rows])
    if changed:
        await connection.execute("SELECT pg_notify('engine', 'jobs')")
        faultpoints.reach("engine.run_insert")


def _in_vain(part: Iterable[Arrived], registry: Registry) -> list[Arrived]:
    """Return the invocations of functions that are gone: somebody waits for each."""
    invoked = [event for event in part if event.name == INVOKED]
    return [event for event in invoked if invoked_id(event) not in registry.known]


def _wanted(event: Arrived, registry: Registry) -> Iterator[Wanted]:
    if event.name == INVOKED:
        one = registry.known.get(invoked_id(event))
        if one:
            yield one.plan, event
        return
    for one in registry.known.values():
        if any(trigger.matches(event.facts) for trigger in one.plan.triggers):
            yield one.plan, event


async def _end(
    connection: Connection,
    runs: Iterable[UUID],
    turn: Turn,
    error: Error | None = None,
) -> None:
    ids = sorted(runs)
    await endings.hold(connection, ids)
    ended = [await endings.cut(connection, run_id, error) for run_id in ids]
    turn.ended += filter(None, ended)
