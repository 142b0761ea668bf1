"""What stands still is found, told, and put right where nothing can be done twice."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from structlog.testing import capture_logs

from agent.ctx import Caller
from agent.ports import Events
from agent.runs.operations import cancel_run
from agent.runs.schemas import Started
from bot import standing
from bot.durable.port import EngineHealth, RunStatus, RunView
from bot.durable.steps import StepKey
from bot.watchdog import HOPELESS, LOST, Watchdog
from db.tenancy import SystemRole, system
from tests.agent.runs.test_operations import put, start
from tests.agent.world import AS_ANA, World
from tests.db.asking import run
from tests.fakes.ports import Still
from tests.seeds import ACME, ANA

KEY = StepKey("run", "step")
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


class Rooms:
    """The services, as far as a watchdog needs them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = Still(NOW)

    @property
    def events(self) -> Events:
        return self.world.outbox

    def tenant(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        return self.world.tenant(caller)

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        return system(self.world.system, role)


@dataclass
class Engine:
    """Knows the durable runs that a test puts there."""

    runs: dict[str, list[RunView]] = field(default_factory=dict)
    queued: int = 0

    async def find(self, event_id: str) -> list[RunView]:
        return self.runs.get(event_id, [])

    def health(self) -> EngineHealth:
        return EngineHealth(ok=True, detail="working", queued=self.queued)


@dataclass
class Work:
    """Remembers what was given up."""

    given_up: list[tuple[str, int, str]] = field(default_factory=list)

    async def give_up(self, key: StepKey, data: dict[str, Any], error: str) -> str:
        assert key == KEY
        self.given_up.append((data["run_id"], data["attempt"], error))
        return str(data["run_id"])


class Kennel:
    """A watchdog among rows and durable runs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rooms, self.engine, self.work = Rooms(world), Engine(), Work()
        self.dog = Watchdog(self.rooms, self.engine, self.work)

    async def starts(self, status: str = "running", minutes: int = 20) -> Started:
        """A run that stands so, and last moved so many minutes ago."""
        started = await start(self.world, await self.world.settled(AS_ANA))
        self.world.outbox.sent.clear()
        await put(self.world, started.run_id, status)
        await self.tell("ALTER TABLE runs DISABLE TRIGGER touch_updated_at")
        await self.tell(
            "UPDATE runs SET updated_at = now() - make_interval(mins => :minutes)"
            " WHERE id = :id",
            minutes=minutes,
            id=started.run_id,
        )
        return started

    def knows(
        self, started: Started, status: RunStatus, ended_at: datetime | None = None
    ) -> str:
        """The engine has a run for it; its id."""
        run_id = f"durable-{started.run_id}"
        view = RunView(run_id, "run-skill", "", status, 0, ended_at=ended_at)
        self.engine.runs[f"{started.run_id}:1"] = [view]
        return run_id

    async def looks(self) -> list[str]:
        return await self.dog.look(KEY)

    async def repairs(self, ids: Sequence[str]) -> dict[str, int]:
        return await self.dog.repair(KEY, ids)

    async def tell(self, statement: str, **values: object) -> None:
        await run(self.world.owner, statement, **values)


@pytest.fixture
def kennel(
    app_engine: AsyncEngine, system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> Kennel:
    return Kennel(World(app_engine, system_engine, owner_engine))


LONG_AGO = NOW - timedelta(minutes=30)


async def test_a_run_the_engine_never_heard_of_is_asked_for_again(
    kennel: Kennel,
) -> None:
    started = await kennel.starts("queued")
    found = await kennel.looks()
    assert found == [str(started.run_id)]
    assert await kennel.repairs(found) == {"asked-again": 1}
    [(key, (name, data))] = kennel.world.outbox.sent.items()
    assert (name, key) == ("run.requested", f"{started.run_id}:1")
    assert (data["workspace_id"], data["user_id"]) == (str(ACME), str(ANA))
    assert kennel.work.given_up == []


async def test_a_run_asked_for_in_vain_for_an_hour_is_given_up(kennel: Kennel) -> None:
    started = await kennel.starts("queued")
    await kennel.repairs(await kennel.looks())
    kennel.rooms.clock.shows = NOW + HOPELESS
    assert await kennel.repairs(await kennel.looks()) == {"asked-again": 1}
    kennel.rooms.clock.shows = NOW + HOPELESS + timedelta(minutes=5)
    assert await kennel.repairs(await kennel.looks()) == {"given-up": 1}
    assert kennel.work.given_up == [(str(started.run_id), 1, LOST)]


async def test_an_engine_with_much_to_do_is_waited_for(kennel: Kennel) -> None:
    await kennel.starts("queued")
    kennel.engine.queued = 3
    await kennel.repairs(await kennel.looks())
    kennel.rooms.clock.shows = NOW + 3 * HOPELESS
    assert await kennel.repairs(await kennel.looks()) == {"asked-again": 1}


@pytest.mark.parametrize("status", ["running", "queued", "waiting_input"])
@pytest.mark.parametrize(
    "ended", [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED]
)
async def test_a_row_whose_durable_run_ended_is_given_up(
    kennel: Kennel, status: str, ended: RunStatus
) -> None:
    started = await kennel.starts(status)
    kennel.knows(started, ended, LONG_AGO)
    assert await kennel.repairs(await kennel.looks()) == {"given-up": 1}
    assert kennel.work.given_up == [(str(started.run_id), 1, LOST)]


async def test_a_durable_run_that_just_ended_has_time_to_say_so(kennel: Kennel) -> None:
    started = await kennel.starts()
    kennel.knows(started, RunStatus.FAILED, NOW - timedelta(minutes=1))
    assert await kennel.looks() == []


async def test_a_failure_handler_at_work_is_left_to_it(kennel: Kennel) -> None:
    started = await kennel.starts()
    durable = kennel.knows(started, RunStatus.FAILED, LONG_AGO)
    handler = RunView("h", "run-skill-failure", "", RunStatus.QUEUED, 0)
    kennel.engine.runs[f"failed:{durable}"] = [handler]
    assert await kennel.looks() == []


@pytest.mark.parametrize(
    "alive", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING]
)
async def test_what_the_engine_works_on_is_left_alone(
    kennel: Kennel, alive: RunStatus
) -> None:
    started = await kennel.starts(minutes=500)
    kennel.knows(started, alive)
    assert await kennel.looks() == []


async def test_a_row_that_moved_just_now_is_left_alone(kennel: Kennel) -> None:
    await kennel.starts(minutes=1)
    assert await kennel.looks() == []


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "timeout"])
async def test_an_ended_row_is_nobodys_business(kennel: Kennel, status: str) -> None:
    await kennel.starts(status)
    assert await kennel.looks() == []


async def test_what_was_stopped_since_it_was_found_is_left_alone(
    kennel: Kennel,
) -> None:
    started = await kennel.starts("queued")
    found = await kennel.looks()
    ana = await kennel.world.settled(AS_ANA)
    await kennel.world.call(cancel_run, ana, number=started.number)
    kennel.world.outbox.sent.clear()
    assert await kennel.repairs(found) == {}
    assert kennel.world.outbox.sent == {}


async def test_what_came_to_life_since_it_was_found_is_left_alone(
    kennel: Kennel,
) -> None:
    started = await kennel.starts("queued")
    found = await kennel.looks()
    kennel.knows(started, RunStatus.RUNNING)
    assert await kennel.repairs(found) == {}


async def test_a_run_of_nobody_is_told_of_and_left(kennel: Kennel) -> None:
    started = await kennel.starts()
    await kennel.tell("UPDATE runs SET user_id = NULL")
    found = await kennel.looks()
    assert found == [str(started.run_id)]
    assert await kennel.repairs(found) == {"left": 1}


async def test_it_says_what_it_found_by_id_and_never_by_words(kennel: Kennel) -> None:
    started = await kennel.starts()
    with capture_logs() as logs:
        await kennel.looks()
    [told] = [entry for entry in logs if entry["event"] == "watchdog.run_stuck"]
    assert (told["kind"], told["run_id"]) == ("lost", str(started.run_id))
    assert "write an ad" not in str(logs)
    assert "1 run(s) that nobody works on" in kennel.dog.trouble
    assert kennel.dog.found["run-lost"] == 1


async def test_its_trouble_is_over_when_nothing_is_stuck_any_more(
    kennel: Kennel,
) -> None:
    started = await kennel.starts()
    await kennel.looks()
    await put(kennel.world, started.run_id, "completed")
    await kennel.looks()
    assert kennel.dog.trouble == ""


RUN = "INSERT INTO engine.runs (function_id, event_id) VALUES ('f', 'e')"
EVENT = """
    INSERT INTO engine.events (id, name, data, sent_at, dispatched_at)
    VALUES ('e', 'e', '{}', now() - interval '5 minutes', now())
"""
JOB = """
    INSERT INTO engine.jobs (run_id, blocked, worker, kind, due_at)
    SELECT id, {blocked}, {worker}, '{kind}', now() + interval '{due}' FROM engine.runs
"""
DELIVERY = """
    INSERT INTO deliveries (workspace_id, channel, recipient, purpose, dedupe_key,
                            payload, status, claimed_until, not_before)
    VALUES (:acme, 'web', '1/', 'notice', 'k', '{}', :status,
            now() + CAST(:claimed AS interval), now() + CAST(:wait AS interval))
"""


def job(
    *,
    due: str = "-5 minutes",
    blocked: bool = False,
    worker: str = "NULL",
    kind: str = "call",
) -> tuple[str, ...]:
    statement = JOB.format(blocked=blocked, worker=worker, kind=kind, due=due)
    return EVENT, RUN, statement


INBOX = """
    INSERT INTO inbox (channel, event_id, kind, body, received_at, claimed_until)
    VALUES ('web', 'e', 'message', 'x', now() - interval '5 minutes', {until})
"""
UNDISPATCHED = EVENT.replace("now())", "NULL)")
STUCK = {
    "a job nobody claims": (job(), {"jobs"}),
    "a lease that ran out": (job(worker="uuidv7()"), {"jobs"}),
    "a job in hand": (job(worker="uuidv7()", due="1 minute"), set()),
    "a job due just now": (job(due="-10 seconds"), set()),
    "a job of a full lane": (job(blocked=True), set()),
    "a job to come": (job(due="2 hours", kind="sleep"), set()),
    "an event nobody dispatched": ((UNDISPATCHED,), {"events"}),
    "a message nobody worked on": ((INBOX.format(until="NULL"),), {"inbox"}),
    "a message put off": ((INBOX.format(until="now() + '1 min'"),), set()),
}


@pytest.mark.parametrize("name", STUCK)
async def test_what_stands_still_is_a_complaint_and_what_waits_is_none(
    kennel: Kennel, name: str
) -> None:
    statements, kinds = STUCK[name]
    for statement in statements:
        await kennel.tell(statement)
    assert await complaints(kennel) == kinds


async def complaints(kennel: Kennel) -> set[str]:
    async with system(kennel.world.system, "worker") as session:
        return set(standing.complaints(await standing.read(session)))


FAR, NEAR = timedelta(minutes=-30), timedelta(minutes=-1)


@pytest.mark.parametrize(
    ("status", "claimed", "wait", "kinds"),
    [
        ("planned", None, FAR, {"deliveries"}),
        ("sending", FAR, FAR, {"deliveries"}),
        ("sending", -FAR, FAR, set()),
        ("planned", None, -FAR, set()),
        ("planned", None, NEAR, set()),
        ("failed", FAR, FAR, set()),
    ],
)
async def test_a_message_that_should_have_gone_is_a_complaint(
    kennel: Kennel,
    status: str,
    claimed: timedelta | None,
    wait: timedelta | None,
    kinds: set[str],
) -> None:
    await kennel.tell("ALTER TABLE deliveries DISABLE TRIGGER touch_updated_at")
    values = {"acme": ACME, "status": status, "claimed": claimed, "wait": wait}
    await kennel.tell(DELIVERY, **values)
    await kennel.tell("UPDATE deliveries SET updated_at = now() - interval '1 day'")
    assert await complaints(kennel) == kinds


async def test_a_run_under_way_for_long_is_a_complaint_and_one_waiting_is_none(
    kennel: Kennel,
) -> None:
    started = await kennel.starts("running", minutes=40)
    assert "runs" in await complaints(kennel)
    await put(kennel.world, started.run_id, "waiting_approval")
    assert "runs" not in await complaints(kennel)
