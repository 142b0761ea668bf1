import asyncio
from typing import Any

import inngest
import pytest
from inngest._internal.errors import SendEventsError

from bot.durable.engine import EmbeddedEngine
from bot.durable.face import local
from bot.durable.port import RunStatus
from bot.durable.steps import Steps
from bot.ports import SystemClock
from tests.bot.durable.world import World


async def started(world: World) -> EmbeddedEngine:
    engine = await world.start()
    local.attach(world.client, engine, SystemClock())
    return engine


async def test_what_the_client_sends_goes_straight_in(world: World) -> None:
    async def go(ctx: inngest.Context, steps: Steps) -> Any:
        return ctx.event.data

    world.declare("go", go)
    await started(world)
    ids = await world.client.send(inngest.Event(name="go", data={"n": 1}))
    (run,) = await world.ended(ids[0])
    assert run.output == {"n": 1}


async def test_a_step_may_send_events(world: World) -> None:
    async def first(ctx: inngest.Context, steps: Steps) -> Any:
        return await ctx.step.send_event("tell", inngest.Event(name="second", id="e2"))

    async def second(ctx: inngest.Context, steps: Steps) -> str:
        return "heard"

    world.declare("first", first)
    world.declare("second", second)
    await started(world)
    run = await world.run("first")
    assert (run.status, run.output) == (RunStatus.COMPLETED, ["e2"])
    (heard,) = await world.ended("e2")
    assert heard.output == "heard"


async def test_a_function_that_is_not_async_may_send_too(world: World) -> None:
    @world.client.create_function(
        fn_id="plain", trigger=inngest.TriggerEvent(event="plain"), retries=0
    )
    def plain(ctx: inngest.ContextSync) -> Any:
        return ctx.step.send_event("tell", inngest.Event(name="x", id="e3"))

    world.functions.append(plain)
    await started(world)
    run = await world.run("plain")
    assert run.output == ["e3"]


async def test_a_bad_event_is_an_error_of_the_sender(world: World) -> None:
    await started(world)
    with pytest.raises(SendEventsError, match="Event 1 has no name"):
        await world.client.send(inngest.Event(name=""))


async def test_sending_that_would_wait_for_itself_is_refused(world: World) -> None:
    await started(world)
    with pytest.raises(RuntimeError, match="await send"):
        world.client.send_sync(inngest.Event(name="a"))
    ids = await asyncio.to_thread(
        world.client.send_sync, inngest.Event(name="a", id="e4")
    )
    assert ids == ["e4"]
