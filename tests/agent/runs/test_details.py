"""One run, told whole: its own record, and how the engine stands with it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from agent.ctx import Caller
from agent.gate import invoke
from agent.ports import Progress
from agent.runs import pause_queries, work_queries
from agent.runs.errors import OutputNotFound
from agent.runs.operations import show_run
from agent.runs.output_operations import read_output
from agent.runs.pause_queries import Pause
from agent.runs.pause_schemas import ANSWER_WITHIN
from agent.runs.schemas import RunDetail, Started, Waiting
from tests.agent.runs.test_operations import piece, put, start
from tests.agent.world import AS_ANA, AS_EVE, World

SOON = datetime(2026, 11, 21, 9, 1, tzinfo=UTC)


@dataclass
class Engine:
    """Tells the same of every run, and remembers which it was asked about."""

    stands: Progress | None = None
    asked: str = ""

    async def progress(self, event_id: str) -> Progress | None:
        self.asked = event_id
        return self.stands


async def told(
    world: World, caller: Caller, started: Started, engine: Engine | None = None
) -> RunDetail:
    async with world.ctx(caller) as ctx:
        asking = replace(ctx, engine=engine)
        return await invoke(show_run, asking, {"number": started.number})


async def test_it_says_who_asked_where_and_what_is_next(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    shown = await told(world, ana, started)
    assert (shown.asked_by, shown.channel) == ("Ana", "telegram")
    assert shown.waiting_for is Waiting.NOTHING


async def test_a_failed_step_is_tried_again_when_the_engine_says(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    engine = Engine(Progress(failed_tries=2, next_try_at=SOON))
    shown = await told(world, ana, started, engine)
    assert engine.asked == f"{started.run_id}:1"
    assert (shown.waiting_for, shown.waiting_until, shown.tries) == (
        Waiting.RETRY,
        SOON,
        2,
    )


async def test_an_engine_that_cannot_tell_hides_nothing_else(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    shown = await told(world, ana, started, Engine(None))
    assert (shown.number, shown.waiting_for) == (started.number, Waiting.NOTHING)


async def test_an_ended_run_asks_the_engine_nothing(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    await put(world, started.run_id, "completed")
    engine = Engine(Progress(failed_tries=2, next_try_at=SOON))
    shown = await told(world, ana, started, engine)
    assert (engine.asked, shown.waiting_for) == ("", Waiting.NOTHING)


async def test_a_question_waits_as_long_as_its_answer_may_take(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    async with world.tenant(ana) as session:
        await work_queries.begin(session, started.run_id, "write", 1)
        at = Pause(started.run_id, 1, "ask-1")
        assert await pause_queries.pause(session, at, {"question": "For whom?"})
    shown = await told(world, ana, started)
    [_, asked] = shown.steps
    assert (asked.kind, asked.status) == ("wait", "waiting")
    assert asked.started_at
    assert shown.waiting_for is Waiting.ANSWER
    assert shown.waiting_until == asked.started_at + ANSWER_WITHIN


async def test_a_queued_run_names_the_one_it_comes_after(world: World) -> None:
    ana = await world.settled(AS_ANA)
    first = await start(world, ana)
    second = await start(world, ana, "inbox:2")
    shown = await told(world, ana, second)
    assert (shown.waiting_for, shown.ahead) == (Waiting.TURN, first.number)
    await put(world, first.run_id, "completed")
    assert (await told(world, ana, second)).waiting_for is Waiting.NOTHING


async def test_a_piece_can_be_had_again(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    made = await piece(world, ana, started.run_id)
    shown = await world.call(read_output, ana, output_id=made)
    assert (shown.number, shown.title, shown.file_name) == (
        started.number,
        "Tea",
        "tea.md",
    )
    assert (await world.files.get(shown.storage_key)).decode() == "# Tea\n\nDrink."


async def test_a_piece_of_another_workspace_is_not_there(world: World) -> None:
    ana = await world.settled(AS_ANA)
    made = await piece(world, ana, (await start(world, ana)).run_id)
    with pytest.raises(OutputNotFound):
        await world.call(read_output, AS_EVE, output_id=made)
