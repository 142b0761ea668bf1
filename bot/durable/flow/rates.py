"""How often runs may begin: rate limits and idempotency refuse, a throttle delays.

All three keep a theoretical arrival time per key, the generic cell rate algorithm. One
that lies in the past is as good as none, so that old rows need not be kept.
Source: ITU-T I.371, annex A.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.durable.database import Connection
from bot.durable.expressions import Expression
from bot.durable.flow import refusals
from bot.durable.starts import Start

READ = """
    SELECT k.key, m.free_at, clock_timestamp() AS now
    FROM unnest($1::text[]) AS k (key) LEFT JOIN engine.meters m USING (key)
"""
WRITE = """
    WITH past AS (
        DELETE FROM engine.meters WHERE key IN (
            SELECT key FROM engine.meters
            WHERE free_at < now() AND key <> ALL ($1::text[])
            ORDER BY free_at LIMIT 1000
        )
    )
    INSERT INTO engine.meters (key, free_at)
    SELECT * FROM unnest($1::text[], $2::timestamptz[])
    ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at
"""
A_DAY = timedelta(days=1)
"""How long an idempotency key is remembered."""
NEVER = datetime.min.replace(tzinfo=UTC)
ITSELF = "event.id"
"""As an idempotency key it asks for nothing: no event starts a function twice."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A rate: one run per ``interval``, and ``spare`` of it may be used in advance."""

    key: str
    interval: timedelta
    spare: timedelta = timedelta(0)


class Meters:
    """The meters in use, as they stood at one instant and as they will stand."""

    def __init__(self, now: datetime, free: dict[str, datetime]) -> None:
        """Begin with what is written down: the instants at which each is free."""
        self._now = now
        self._free = free
        self.moved: dict[str, datetime] = {}
        """What is to be written down."""

    def wait(self, meter: Meter) -> timedelta:
        """Return how long the next run has to wait."""
        free = self._free.get(meter.key, self._now)
        return max(timedelta(0), free - meter.spare - self._now)

    def move(self, meter: Meter) -> None:
        """Count one run."""
        free = max(self._free.get(meter.key, self._now), self._now)
        self._free[meter.key] = self.moved[meter.key] = free + meter.interval


async def limit(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    """Return the runs that no rate limit and no idempotency key forbids."""
    limits = [tuple(_limits(start)) for start in starts]
    meters = await _read(connection, [meter for some in limits for meter in some])
    allowed, refused = [], []
    for start, some in zip(starts, limits, strict=True):
        if any(meters.wait(meter) for meter in some):
            refused.append(start)
            continue
        allowed.append(start)
        for meter in some:
            meters.move(meter)
    await _write(connection, meters)
    await refusals.tell(connection, refused, "RateLimited", "It may not run so often.")
    return allowed


async def throttle(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    """Return all the runs, each with the delay that its throttle asks for."""
    throttles = [_throttle(start) for start in starts]
    meters = await _read(connection, [meter for meter in throttles if meter])
    spaced = []
    for start, meter in zip(starts, throttles, strict=True):
        if meter:
            delay = max(start.delay, meters.wait(meter))
            meters.move(meter)
            start = dataclasses.replace(start, delay=delay)  # noqa: PLW2901 - the same
        spaced.append(start)
    await _write(connection, meters)
    return spaced


def _limits(start: Start) -> Iterator[Meter]:
    once, rate = start.plan.idempotency, start.plan.rate_limit
    if once and once.text.strip() != ITSELF and (key := _key("once", start, once)):
        yield Meter(key, A_DAY)
    if rate and (key := _key("rate", start, rate.key)):
        interval = rate.period / rate.limit
        # As Inngest has it: a tenth of the limit may come at once.
        yield Meter(key, interval, interval * (rate.limit // 10))


def _throttle(start: Start) -> Meter | None:
    given = start.plan.throttle
    if given is None:
        return None
    interval = given.period / given.limit
    spare = interval * (given.burst - 1)
    return Meter(f"throttle:{start.key(given.key)}", interval, spare)


def _key(kind: str, start: Start, expression: Expression | None) -> str | None:
    # As Inngest has it: an event for which the expression is false is not limited.
    if start.value(expression) is False:
        return None
    return f"{kind}:{start.key(expression)}"


async def _read(connection: Connection, used: Sequence[Meter]) -> Meters:
    if not used:
        return Meters(NEVER, {})
    rows = await connection.fetch(READ, list({meter.key for meter in used}))
    free = {row["key"]: row["free_at"] for row in rows if row["free_at"]}
    return Meters(max(row["now"] for row in rows), free)


async def _write(connection: Connection, meters: Meters) -> None:
    if meters.moved:
        columns = (list(meters.moved), list(meters.moved.values()))
        await connection.execute(WRITE, *columns)
