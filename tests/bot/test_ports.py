"""The agent's ports over the real world."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import NotFound, Unavailable
from agent.ports import Clock, Events, Ids, Objects, Progress
from agent.ports import Engine as Asked
from bot.durable.port import Event, RunStatus, RunView, StepView
from bot.ports import (
    EngineEvents,
    EngineProgress,
    KeptObjects,
    LateEngine,
    SystemClock,
    TimeOrderedIds,
)
from db.objects import LocalObjects


class Engine:
    """Remembers what it was sent, and in which transaction."""

    def __init__(self) -> None:
        self.sent: list[tuple[AsyncSession, Event]] = []

    async def send_in(self, session: AsyncSession, *events: Event) -> list[str]:
        self.sent += [(session, event) for event in events]
        return [str(event.id) for event in events]


def test_the_clock_is_aware_and_does_not_stand() -> None:
    clock: Clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second


def test_ids_are_new_and_in_the_order_they_were_made() -> None:
    ids: Ids = TimeOrderedIds()
    made = [ids.new() for _ in range(2000)]
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}


async def test_an_event_leaves_in_the_caller_s_transaction_under_its_key() -> None:
    engine = Engine()
    events: Events = EngineEvents(engine)
    session = AsyncSession()
    data: Mapping[str, object] = {"run_id": "7"}
    await events.emit(session, "run.requested", data, key="7:1")
    [(used, event)] = engine.sent
    assert used is session
    assert (event.name, event.data, event.id) == ("run.requested", data, "7:1")


async def test_events_reach_an_engine_that_came_later() -> None:
    late, engine = LateEngine(), Engine()
    events = EngineEvents(late)
    late.engine = engine  # type: ignore[assignment]
    await events.emit(AsyncSession(), "run.requested", {}, key="k")
    assert [event.id for _, event in engine.sent] == ["k"]


@pytest.fixture
def kept(tmp_path: Path) -> Objects:
    return KeptObjects(LocalObjects(tmp_path / "files"))


async def test_what_is_kept_comes_back_until_it_is_deleted(kept: Objects) -> None:
    await kept.ping()
    await kept.put("a/b.md", b"one", media_type="text/markdown")
    await kept.put("a/b.md", b"two", media_type="text/markdown")
    assert await kept.get("a/b.md") == b"two"
    await kept.delete("a/b.md")
    await kept.delete("a/b.md")
    with pytest.raises(NotFound) as refused:
        await kept.get("a/b.md")
    assert refused.value.said == "That file is no longer kept. Ask for it again."


async def test_a_store_that_fails_is_unavailable_and_worth_another_try(
    tmp_path: Path,
) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    broken = KeptObjects(LocalObjects(tmp_path / "files"))
    with pytest.raises(Unavailable, match="The file store failed") as refused:
        await broken.put("a", b"x", media_type="text/plain")
    assert refused.value.retryable
    assert refused.value.hint == "Try again in a minute."
    with pytest.raises(Unavailable):
        await broken.ping()


@dataclass
class Finder:
    """Finds what it was given; ``broken``: fails instead."""

    runs: list[RunView]
    broken: bool = False

    async def find(self, event_id: str) -> list[RunView]:
        assert event_id == "7:1"
        if self.broken:
            raise ConnectionError
        return self.runs


def engine_run(*steps: StepView) -> RunView:
    return RunView("r", "run-skill", "7:1", RunStatus.RUNNING, 0, steps)


SOON = datetime(2026, 11, 21, 9, tzinfo=UTC)


async def test_the_step_that_fails_most_says_when_it_is_tried_again() -> None:
    once = StepView("a", "a", RunStatus.QUEUED, 1, due_at=SOON - timedelta(seconds=9))
    twice = StepView("b", "b", RunStatus.QUEUED, 2, due_at=SOON)
    done = StepView("c", "c", RunStatus.COMPLETED, 3)
    engine: Asked = EngineProgress(Finder([engine_run(once, twice, done)]))
    assert await engine.progress("7:1") == Progress(2, SOON)


async def test_a_run_that_never_failed_has_no_next_try() -> None:
    first = StepView("a", "a", RunStatus.QUEUED, 0, due_at=SOON)
    assert await EngineProgress(Finder([engine_run(first)])).progress("7:1") == (
        Progress()
    )


@pytest.mark.parametrize("finder", [Finder([]), Finder([], broken=True)])
async def test_a_run_nobody_finds_is_not_told_of(finder: Finder) -> None:
    assert await EngineProgress(finder).progress("7:1") is None
