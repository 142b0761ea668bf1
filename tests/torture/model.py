"""The engine beside a model of it in memory: any order of deeds, the same outcome.

Time stands still but when a rule lets it pass, so that the model knows what is due.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import hypothesis
import inngest
import uuid_utils.compat as uuids
from hypothesis import HealthCheck, strategies
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

from bot.durable import events, queue, registry, transitions
from bot.durable.books import Books
from bot.durable.caller import InProcess
from bot.durable.database import Database
from bot.durable.dispatch import dispatch
from bot.durable.limits import Limits
from bot.durable.port import Event
from bot.durable.queue import Job
from bot.durable.registry import Registry
from bot.durable.steps import StepKey, Steps
from bot.durable.worker import Worker
from tests.torture import postgres
from tests.torture.belief import ATTEMPTS, Belief
from tests.torture.figures import Figure
from tests.torture.functions import SAME, client

LATER = timedelta(hours=1)
LIMITS = Limits(losses=1000, backoff=lambda _: LATER, lease=LATER)
EMPTY = "DELETE FROM engine.runs; DELETE FROM engine.events"
PASS = """
    UPDATE engine.jobs SET due_at = due_at - interval '1 day' WHERE worker IS NULL
"""
FORSAKE = "UPDATE engine.jobs SET due_at = now() - interval '1 s' WHERE worker = $1"
RUNS = """
    SELECT r.event_id, r.id, r.status, r.output::text,
        ARRAY(SELECT name FROM engine.memos WHERE run_id = r.id ORDER BY name) AS memos,
        (SELECT count(*) FROM engine.jobs WHERE run_id = r.id)::int AS jobs,
        (SELECT count(*) FROM engine.watches WHERE run_id = r.id)::int AS watches
    FROM engine.runs r
"""
T = TypeVar("T")


class Bench:
    """The engine's parts without its clockwork: nothing happens by itself."""

    def __init__(self, system: URL) -> None:
        self._loop = asyncio.new_event_loop()
        self.effects: Counter[str] = Counter()
        engine = create_async_engine(system)
        made = client()
        self._host = InProcess(made, [self._function(made)])
        self._registry = Registry()
        self._database = Database(engine, 2)
        books = Books(self._database, self._host, self._registry, LIMITS)
        self._worker = Worker(self._database, self._host, books, LIMITS)
        self.do(self._open())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what came of it."""
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        self.do(self._database.close())
        self._loop.close()

    async def _open(self) -> None:
        await self._database.open()
        async with self._database.connection() as connection:
            given = (self._host.app, "", self._host.configs)
            await registry.sync(connection, *given)
            await self._registry.load(connection)

    def _function(self, made: inngest.Inngest) -> inngest.Function[Any]:
        trigger = inngest.TriggerEvent(event="go")

        @made.create_function(fn_id="go", trigger=trigger, retries=ATTEMPTS - 1)
        async def go(ctx: inngest.Context) -> list[object]:
            steps = Steps(ctx)
            fails = int(str(ctx.event.data["fails"]))
            heard: list[object] = [await steps.run("a", self._act)]
            event = await ctx.step.wait_for_event(
                "wait", event="told", if_exp=SAME, timeout=LATER
            )
            act = partial(self._act, fails=ctx.attempt < fails)
            heard += [bool(event), await steps.run("b", act)]
            return [*heard, await steps.run("c", act)]

        return go

    async def _act(self, key: StepKey, *, fails: bool = False) -> str:
        if fails:
            raise RuntimeError("not yet")
        self.effects[str(key)] += 1
        return key.step_id

    async def tell(self, *told: Event) -> None:
        """Send events, and let them do what they do."""
        async with self._database.connection() as connection:
            await events.send(connection, told)
        await dispatch(self._database, self._registry)

    async def work(self) -> None:
        """Do all that is due."""
        worked = True
        while worked:
            await self._worker.fill()
            worked = self._worker.running > 0
            while self._worker.running:  # noqa: ASYNC110 - the worker's own tasks
                await asyncio.sleep(0)

    async def claim(self) -> tuple[UUID, list[Job]]:
        """Have a worker claim all that is due."""
        worker = uuids.uuid7()
        room = replace(self._worker.room(), jobs=100, suspects=100)
        async with self._database.connection() as connection:
            return worker, await queue.claim(connection, worker, LATER, room)

    async def cancel(self, run_id: UUID) -> bool:
        return await transitions.cancel(self._database, run_id)

    async def tell_database(self, statement: str, *values: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statement, *values)

    async def rows(self) -> dict[str, Any]:
        """Return the runs by their events."""
        async with self._database.connection() as connection:
            return {row["event_id"]: row for row in await connection.fetch(RUNS)}


class Machine(RuleBasedStateMachine):
    """Does the same to both."""

    bench: Bench
    steps = 0
    """How many rules were applied, over all examples."""
    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.beliefs: dict[str, Belief] = {}
        self.bench.effects.clear()
        self.bench.do(self.bench.tell_database(EMPTY))

    @rule(target=runs, fails=strategies.sampled_from((0, 1, 2, 1, 3)))
    def send(self, fails: int) -> str:
        key = f"e{len(self.beliefs)}"
        self.beliefs[key] = Belief(fails)
        self._send(key)
        return key

    @rule(key=runs)
    def send_again(self, key: str) -> None:
        self._send(key)

    def _send(self, key: str) -> None:
        data = {"key": key, "fails": self.beliefs[key].fails}
        self.bench.do(self.bench.tell(Event("go", data, key)))

    @rule(key=runs, times=strategies.integers(1, 2))
    def tell(self, key: str, times: int) -> None:
        for _ in range(times):
            event = Event("told", {"key": key}, str(uuids.uuid7()))
            self.bench.do(self.bench.tell(event))
        run = self.beliefs[key]
        if run.at == "wait" and not run.is_due:
            self.beliefs[key] = replace(run, is_due=True, is_answered=True)

    @rule()
    def work(self) -> None:
        self.bench.do(self.bench.work())
        self.beliefs = {key: run.worked() for key, run in self.beliefs.items()}

    @rule()
    def work_on(self) -> None:
        """A second name for work, since most of what happens follows from it."""
        self.work()

    @rule(revived=strategies.booleans())
    def die(self, revived: bool) -> None:  # noqa: FBT001 - a strategy gives it
        """A worker dies with all that is due; it may have been asleep only."""
        worker, jobs = self.bench.do(self.bench.claim())
        due = [run for run in self.beliefs.values() if run.is_open and run.is_due]
        assert len(jobs) == len(due)
        self.beliefs = {key: run.claimed() for key, run in self.beliefs.items()}
        self.bench.do(self.bench.tell_database(FORSAKE, worker))
        if revived:
            self.work()
            for job in jobs:
                late = transitions.complete(self.bench._database, job, '"late"')
                assert not self.bench.do(late)

    @rule()
    def pass_time(self) -> None:
        """Let the time of all retries and waits come."""
        self.bench.do(self.bench.tell_database(PASS))
        self.beliefs = {
            key: replace(run, is_due=True) for key, run in self.beliefs.items()
        }

    @rule(key=consumes(runs))
    def cancel(self, key: str) -> None:
        run = self.beliefs[key]
        run_id = self.bench.do(self.bench.rows())[key]["id"]
        assert self.bench.do(self.bench.cancel(run_id)) == run.is_open
        if run.is_open:
            self.beliefs[key] = replace(run, at="cancelled")

    @invariant()
    def agrees(self) -> None:
        type(self).steps += 1
        rows = self.bench.do(self.bench.rows())
        assert rows.keys() == self.beliefs.keys()
        for key, run in self.beliefs.items():
            row = rows[key]
            assert row["status"] == ("active" if run.is_open else run.at)
            assert tuple(row["memos"]) == run.memos
            assert json.loads(row["output"] or "null") == run.output
            assert (row["jobs"], row["watches"]) == (run.is_open, run.at == "wait")
        assert set(self.bench.effects.values()) <= {1}


async def model(
    seed: int, folder: Path, examples: int, steps: int = 40
) -> list[Figure]:
    """Apply ``steps`` rules to engine and model, ``examples`` times over.

    Args:
        seed: What the rules are drawn from.
        folder: For the database.
        examples: How often to begin anew.
        steps: How many rules at most.
    """
    async with postgres.started(folder / "home", durable=False) as server:
        ways = hypothesis.settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        return await asyncio.to_thread(_compared, server.urls.system, seed, ways)


def _compared(system: URL, seed: int, ways: hypothesis.settings) -> list[Figure]:
    bench, apart = Bench(system), []
    tried: Any = type("Machine", (Machine,), {"bench": bench, "steps": 0})
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(tried), settings=ways)
    except AssertionError as error:
        # Its notes tell the shortest way there.
        apart = ["\n".join([repr(error), *error.__notes__])]
    finally:
        bench.close()
    return [
        Figure("rules applied to engine and model", tried.steps),
        Figure.none("ways in which they came apart", apart),
    ]
