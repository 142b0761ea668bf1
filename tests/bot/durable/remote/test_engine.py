"""The engine's face over the server's REST API."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.durable.port import Event, RunEngine, RunStatus
from bot.durable.remote.api import Api
from bot.durable.remote.breath import Breath
from bot.durable.remote.errors import Away, Denied, Rejected
from tests.bot.durable.remote.world import Side
from tests.standins.inngest import Inngest
from tests.standins.inngest.runs import Run

FUNCTION = {
    "id": "draper-run-skill",
    "name": "run-skill",
    "triggers": [{"event": "asked"}],
    "steps": {
        "step": {
            "id": "step",
            "name": "step",
            "retries": {"attempts": 9999},
            "runtime": {"type": "http", "url": "http://127.0.0.1:1/x?fnId=f"},
        }
    },
}


@pytest.fixture
def knowing(inngest: Inngest) -> Inngest:
    """A server that knows one function, whose calls do not get through."""
    inngest.functions = {FUNCTION["id"]: FUNCTION}  # type: ignore[dict-item]
    return inngest


async def only_run(inngest: Inngest) -> Run:
    async with asyncio.timeout(5):
        while not inngest.runs.all:  # noqa: ASYNC110 - a test's patience
            await asyncio.sleep(0.01)
    [run] = inngest.runs.all.values()
    return run


async def test_an_event_sent_past_the_outbox_is_found_by_its_own_id(
    side: Side, knowing: Inngest
) -> None:
    engine: RunEngine = await side.start()
    assert await engine.send(Event("asked", {"n": 1}, "a")) == ["a"]
    run = await only_run(knowing)
    [found] = await engine.find("a")
    assert (found.id, found.event_id) == (run.id, "a")
    assert await engine.send(Event("asked", {"n": 1}, "a")) == ["a"]
    assert len(knowing.runs.all) == 1


async def test_a_run_is_seen_as_the_server_has_it(side: Side, knowing: Inngest) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    run = await only_run(knowing)
    seen = await engine.get(run.id)
    assert seen is not None
    assert (seen.event_id, seen.status) == ("a", RunStatus.RUNNING)
    assert seen.created_at == datetime(2026, 11, 21, 12, 0, 0, 123456, UTC)
    assert seen.ended_at is None
    run.cancel()
    run.status, run.output = "Failed", {"name": "ValueError", "message": "no good"}
    seen = await engine.get(run.id)
    assert seen is not None
    assert (seen.status, seen.error, seen.output) == (RunStatus.FAILED, "no good", None)
    run.status, run.output = "Completed", {"kept": 7}
    await side.is_empty()
    [found] = await engine.find("a")
    assert (found.status, found.output) == (RunStatus.COMPLETED, {"kept": 7})


async def test_what_nobody_knows_is_nothing(side: Side, inngest: Inngest) -> None:
    engine = await side.start()
    assert await engine.get("RUN-OF-NOBODY") is None
    assert await engine.find("never sent") == []
    assert await engine.cancel("RUN-OF-NOBODY") is False


async def test_an_event_that_still_waits_has_no_runs(
    side: Side, knowing: Inngest
) -> None:
    engine = side.make()
    await side.write(engine, "a")
    assert await engine.find("a") == []


async def test_a_run_is_cancelled_once(side: Side, knowing: Inngest) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    run = await only_run(knowing)
    assert await engine.cancel(run.id) is True
    assert run.status == "Cancelled"
    assert await engine.cancel(run.id) is False


async def test_a_run_that_ends_while_it_is_cancelled_was_not_cancelled(
    side: Side, knowing: Inngest
) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    run = await only_run(knowing)
    knowing.breaks("/v1/runs", method="DELETE", status=500, times=9)
    cancelling = asyncio.create_task(engine.cancel(run.id))
    await asyncio.sleep(0.1)  # it was refused once, and is tried again
    run.cancel()
    run.status = "Completed"
    assert await cancelling is False


async def test_a_run_that_cannot_be_cancelled_is_not_said_to_be(
    side: Side, knowing: Inngest
) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    run = await only_run(knowing)
    knowing.breaks("/v1/runs", method="DELETE", status=500, times=9)
    with pytest.raises(Away, match="500"):
        await engine.cancel(run.id)


async def test_a_passing_fault_is_not_told_and_a_lasting_one_is(
    side: Side, knowing: Inngest
) -> None:
    engine = await side.start()
    await side.write(engine, "a")
    run = await only_run(knowing)
    knowing.breaks("/v1/runs", status=503, times=2)
    assert await engine.get(run.id) is not None
    knowing.breaks("/v1/runs", status=503, times=99)
    with pytest.raises(Away, match="503"):
        await engine.get(run.id)
    knowing.faults.clear()
    knowing.breaks("/v1/runs", silent=True, times=99)
    with pytest.raises(Away, match="does not answer"):
        await engine.cancel(run.id)


async def test_a_server_that_is_silent_is_given_up_in_time(side: Side) -> None:
    async def swallow(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    deaf = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = deaf.sockets[0].getsockname()[1]
    async with deaf:
        engine = side.make(
            api=f"http://127.0.0.1:{port}", events=f"http://127.0.0.1:{port}"
        )
        engine._api._client.timeout = 0.1
        with pytest.raises(Away, match="Timeout"):
            await engine.send(Event("asked", {}, "a"))


async def test_a_wrong_signing_key_says_which_setting_is_wrong(
    side: Side, inngest: Inngest
) -> None:
    engine = side.make(signing_keys=("signkey-test-00",))
    with pytest.raises(Denied) as refused:
        await engine.get("RUN1")
    assert "INNGEST_SIGNING_KEY" in refused.value.hint


async def test_while_the_key_is_changed_the_other_one_is_tried(
    side: Side, knowing: Inngest
) -> None:
    engine = side.make(signing_keys=("signkey-test-00", knowing.signing_key))
    assert await engine.get("RUN1") is None


async def test_an_event_that_will_never_be_taken_is_refused_to_the_sender(
    side: Side, inngest: Inngest
) -> None:
    engine = side.make()
    with pytest.raises(Rejected, match="too large"):
        await engine.send(Event("asked", {"much": "x" * 300_000}, "a"))


async def test_the_key_itself_is_never_shown_to_the_rest_api(
    side: Side, inngest: Inngest
) -> None:
    api = Api(side.account)
    seen: list[str] = []

    async def note(request: object) -> None:
        seen.append(str(getattr(request, "headers", "")))

    api._client.event_hooks = {"request": [note]}
    await api.run("RUN1")
    await api.aclose()
    assert seen
    assert "0123456789abcdef" not in seen[0]


async def test_health_tells_each_state(side: Side) -> None:
    engine = side.make()
    assert engine.health().detail == "not started"
    await engine.start()
    assert (engine.health().ok, engine.health().detail) == (True, "working")
    await engine.stop(timedelta(seconds=1))
    assert engine.health().detail == "stopped"


async def test_a_relay_in_a_long_pause_ends_at_once(
    side: Side, inngest: Inngest
) -> None:
    inngest.event_key = "another"
    engine = await side.start(Breath())
    await side.write(engine, "a")
    async with asyncio.timeout(5):
        while engine.health().ok:  # noqa: ASYNC110 - a test's patience
            await asyncio.sleep(0.02)
    began = asyncio.get_running_loop().time()
    await engine.stop(timedelta(seconds=10))
    assert asyncio.get_running_loop().time() - began < 1
