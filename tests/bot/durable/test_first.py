import asyncio
from datetime import timedelta

import inngest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps


async def test_three_steps(system: AsyncEngine) -> None:
    client = inngest.Inngest(app_id="t", is_production=False)
    seen: list[str] = []

    async def one(key: StepKey, n: int) -> int:
        seen.append(str(key))
        return n + 1

    @client.create_function(fn_id="f", trigger=inngest.TriggerEvent(event="go"))
    async def f(ctx: inngest.Context) -> int:
        steps = Steps(ctx)
        a = await steps.run("a", one, 1)
        await steps.sleep("zz", timedelta(milliseconds=50))
        b, c = await steps.parallel(
            lambda: steps.run("b", one, a), lambda: steps.run("c", one, a)
        )
        return await steps.run("d", one, b + c)

    engine = EmbeddedEngine(system, client, [f])
    await engine.start()
    await engine.send(Event("go", {}, "e1"))
    async with asyncio.timeout(5):
        while True:
            runs = await engine.find("e1")
            print(runs)
            if runs and runs[0].status == RunStatus.COMPLETED:
                break
            await asyncio.sleep(0.05)
    assert runs[0].output == 7
    assert len(seen) == 4
    await engine.stop(timedelta(seconds=1))
