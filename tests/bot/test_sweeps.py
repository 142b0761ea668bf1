"""Every sweep takes what is old enough, in every workspace, and nothing else."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from bot import sweeps
from bot.durable.steps import StepKey
from bot.sweeps import SWEEPS, Roles, Sweeper
from tests.db.asking import one, run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA

KEY = StepKey("run", "step")


@pytest.fixture
def sweeper(system_engine: AsyncEngine) -> Sweeper:
    return Sweeper(Roles(system_engine))


async def add(owner: AsyncEngine, name: str, **values: object) -> Any:
    """Insert a row of Acme's; return its key."""
    table = TABLES[name]
    key = table.primary_key.columns[0]

    def work(connection: Any) -> Any:
        drafted = Rows(connection, ACME, ANA).draft(name) | values
        drafted = {k: v for k, v in drafted.items() if k in table.columns}
        return connection.execute(
            insert(table).values(drafted).returning(key)
        ).scalar_one()

    async with owner.begin() as connection:
        return await connection.run_sync(work)


async def age(owner: AsyncEngine, table: str, key: Any, **ages: timedelta) -> None:
    """Let columns of a row lie so far back; the trigger stays out of it."""
    first = TABLES[table].primary_key.columns[0].name
    columns = ", ".join(
        f"{column} = now() - CAST(:{column} AS interval)" for column in ages
    )
    statement = f"UPDATE {table} SET {columns} WHERE {first} = :key"  # noqa: S608 - ours
    await run(owner, statement, key=key, **ages)


async def left(owner: AsyncEngine, name: str) -> set[Any]:
    first = TABLES[name].primary_key.columns[0].name
    return {row[0] for row in await run(owner, f"SELECT {first} FROM {name}")}  # noqa: S608


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FORGOTTEN = [
    ("inbox", "inbox", {"status": "processed"}, "received_at", 30 * DAY),
    ("outbox", "outbox", {"topic": "inngest"}, "published_at", 7 * DAY),
    ("link-codes", "link_codes", {}, "expires_at", 7 * DAY),
    ("sessions", "access_tokens", {"kind": "session"}, "expires_at", 7 * DAY),
    ("throttles", "throttles", {}, "expires_at", DAY),
    ("routing-labels", "routing_labels", {}, "created_at", 180 * DAY),
]


@pytest.mark.parametrize("case", FORGOTTEN, ids=lambda case: case[0])
async def test_what_is_older_than_its_time_is_forgotten(
    owner_engine: AsyncEngine,
    sweeper: Sweeper,
    case: tuple[str, str, dict[str, Any], str, timedelta],
) -> None:
    sweep, table, row, column, kept = case
    old = await add(owner_engine, table, **row, **unique(table, 1))
    young = await add(owner_engine, table, **row, **unique(table, 2))
    await age(owner_engine, table, old, **{column: kept + HOUR})
    await age(owner_engine, table, young, **{column: kept - HOUR})
    assert await sweeper.sweep(KEY, sweep) == 1
    assert await left(owner_engine, table) == {young}
    assert await sweeper.sweep(KEY, sweep) == 0


def unique(table: str, number: int) -> dict[str, Any]:
    """What tells two rows of a table apart."""
    tables: dict[str, dict[str, Any]] = {
        "inbox": {"event_id": f"e{number}", "message_key": f"m{number}"},
        "outbox": {"key": f"k{number}"},
        "link_codes": {"subject": f"s{number}"},
        "access_tokens": {"token_hash": bytes([number])},
        "throttles": {"key": f"t{number}"},
    }
    return tables.get(table, {})


async def test_what_is_not_worked_on_yet_is_never_forgotten(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    waiting = await add(owner_engine, "inbox", status="received")
    unposted = await add(owner_engine, "outbox", published_at=None)
    await age(owner_engine, "inbox", waiting, received_at=400 * DAY)
    await age(owner_engine, "outbox", unposted, created_at=400 * DAY)
    for name in ("inbox", "inbox-bodies", "outbox"):
        assert await sweeper.sweep(KEY, name) == 0
    assert await one(owner_engine, "SELECT body IS NOT NULL FROM inbox")


async def test_a_key_of_a_program_has_no_age(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    key = await add(owner_engine, "access_tokens", kind="api_key")
    await age(owner_engine, "access_tokens", key, expires_at=400 * DAY)
    assert await sweeper.sweep(KEY, "sessions") == 0


async def test_what_was_received_is_blank_after_three_days_and_its_key_stays(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    for number, (status, days) in enumerate(
        (("processed", 4), ("failed", 4), ("ignored", 4), ("processed", 2))
    ):
        row = await add(
            owner_engine,
            "inbox",
            status=status,
            body=b"canary",
            payload={"text": "canary"},
            **unique("inbox", number),
        )
        await age(
            owner_engine, "inbox", row, received_at=days * DAY, processed_at=days * DAY
        )
    assert await sweeper.sweep(KEY, "inbox-bodies") == 3
    kept = "SELECT count(*) FROM inbox WHERE body IS NOT NULL AND payload IS NOT NULL"
    assert await one(owner_engine, kept) == 1
    assert await one(owner_engine, "SELECT count(event_id) FROM inbox") == 4
    assert await sweeper.sweep(KEY, "inbox-bodies") == 0


async def approval(owner: AsyncEngine, status: str, ago: timedelta) -> UUID:
    """A question about a run that stands so, whose time ran out so long ago."""
    key = f"{status}{ago}"
    asked = await add(
        owner, "runs", status=status, number=hash(key) % 2**31, idempotency_key=key
    )
    row: UUID = await add(
        owner,
        "approvals",
        subject_type="run",
        subject_id=asked,
        params_hash=None,
        run_id=asked,
        status="pending",
    )
    await age(owner, "approvals", row, expires_at=ago)
    return row


async def test_a_question_nobody_decided_expires_but_not_before_its_run_sees_to_it(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    over = await approval(owner_engine, "failed", 2 * HOUR)
    await approval(owner_engine, "waiting_approval", 2 * HOUR)
    await approval(owner_engine, "cancelled", timedelta(minutes=30))
    assert await sweeper.sweep(KEY, "approvals") == 1
    expired = "SELECT id FROM approvals WHERE status = 'expired'"
    assert await one(owner_engine, expired) == over


async def durable(
    owner: AsyncEngine, number: int, status: str, ended: timedelta | None
) -> UUID:
    """A durable run with a step, begun 60 days ago."""
    event = f"event-{number}"
    await run(
        owner,
        "INSERT INTO engine.events (id, name, data, sent_at, dispatched_at)"
        " VALUES (:id, 'e', '{}', now(), now() - CAST(:ago AS interval))",
        id=event,
        ago=60 * DAY,
    )
    [row] = await run(
        owner,
        "INSERT INTO engine.runs (id, function_id, event_id, status, ended_at)"
        " VALUES (uuidv7(- CAST(:began AS interval)), 'f', :event, :status,"
        " now() - CAST(:ended AS interval)) RETURNING id",
        began=60 * DAY,
        event=event,
        status=status,
        ended=ended,
    )
    await run(
        owner,
        "INSERT INTO engine.memos (run_id, step_id, name, body)"
        " VALUES (:run, 's', 's', '{}')",
        run=row.id,
    )
    found: UUID = row.id
    return found


async def test_durable_runs_are_forgotten_two_weeks_after_their_end(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    await durable(owner_engine, 1, "completed", 15 * DAY)
    kept = {
        await durable(owner_engine, 2, "failed", 13 * DAY),
        await durable(owner_engine, 3, "active", None),
    }
    assert await sweeper.sweep(KEY, "engine-events") == 0  # each has a run
    assert await sweeper.sweep(KEY, "engine-runs") == 1
    assert await sweeper.sweep(KEY, "engine-events") == 1
    for table, column in (("runs", "id"), ("memos", "run_id")):
        rows = await run(owner_engine, f"SELECT {column} FROM engine.{table}")  # noqa: S608
        assert {row[0] for row in rows} == kept
    rows = await run(owner_engine, "SELECT id FROM engine.events")
    assert {row.id for row in rows} == {"event-2", "event-3"}


NEEDED = (
    """
    INSERT INTO engine.events (id, name, data, dispatched_at)
    SELECT id, 'e', '{}', CASE id WHEN 'new' THEN NULL
                          ELSE now() - interval '90 days' END
    FROM unnest(ARRAY['new', 'first', 'second', 'held', 'free']) AS id
    """,
    "INSERT INTO engine.runs (function_id, event_id) VALUES ('f', 'first')",
    """
    INSERT INTO engine.batches (run_id, place, event_id)
    SELECT id, 1, 'second' FROM engine.runs
    """,
    "INSERT INTO engine.gatherings VALUES ('f', 'k', now(), NULL)",
    "INSERT INTO engine.gathered VALUES ('f', 'k', 'held')",
)


async def test_an_event_that_something_still_needs_is_kept(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    for statement in NEEDED:
        await run(owner_engine, statement)
    assert await sweeper.sweep(KEY, "engine-events") == 1
    rows = await run(owner_engine, "SELECT id FROM engine.events")
    assert {row.id for row in rows} == {"new", "first", "second", "held"}


async def test_a_limit_that_limits_nothing_is_forgotten(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    await run(
        owner_engine,
        "INSERT INTO engine.meters VALUES ('old', now() - interval '2 hours'),"
        " ('now', now() + interval '1 hour')",
    )
    assert await sweeper.sweep(KEY, "engine-meters") == 1
    assert await one(owner_engine, "SELECT key FROM engine.meters") == "now"


async def test_a_large_sweep_goes_in_batches(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    await run(
        owner_engine,
        "INSERT INTO throttles (key, kind, expires_at)"
        " SELECT n::text, 'rate', now() - interval '9 days'"
        " FROM generate_series(1, :n) n",
        n=2 * sweeps.BATCH + 1,
    )
    assert await sweeper.sweep(KEY, "throttles") == 2 * sweeps.BATCH + 1


async def test_a_sweep_waits_two_seconds_for_a_lock_and_no_longer(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    code = await add(owner_engine, "link_codes")
    await age(owner_engine, "link_codes", code, expires_at=30 * DAY)
    async with owner_engine.begin() as holder:
        await holder.run_sync(
            lambda c: c.exec_driver_sql("SELECT * FROM link_codes FOR UPDATE").all()
        )
        with pytest.raises(DBAPIError, match="lock timeout"):
            await sweeper.sweep(KEY, "link-codes")
    assert await sweeper.sweep(KEY, "link-codes") == 1


async def test_dead_letters_are_told_by_door_without_their_words(
    owner_engine: AsyncEngine, sweeper: Sweeper
) -> None:
    await add(
        owner_engine, "inbox", status="failed", channel="slack", error_message="canary"
    )
    await add(
        owner_engine, "deliveries", status="failed", channel="web", last_error="canary"
    )
    with capture_logs() as logs:
        assert await sweeper.letters(KEY) == 2
    told = [(entry["event"], entry["kind"], entry["channel"]) for entry in logs]
    assert told == [
        ("letters.dead", "delivery", "web"),
        ("letters.dead", "inbox", "slack"),
    ]
    assert "canary" not in str(logs)


def test_every_sweep_has_a_name_of_its_own(sweeper: Sweeper) -> None:
    assert len(set(sweeper.names)) == len(SWEEPS)


async def test_an_engine_that_serves_others_forgets_by_itself(
    owner_engine: AsyncEngine, system_engine: AsyncEngine
) -> None:
    await durable(owner_engine, 1, "completed", 15 * DAY)
    pruning = asyncio.create_task(sweeps.prune_hourly(system_engine))
    async with asyncio.timeout(10):
        while await one(owner_engine, "SELECT count(*) FROM engine.events"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert not pruning.done()
    pruning.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pruning
