"""The durable functions of the torture: they do what their event's program says."""

import asyncio
import contextlib
import logging
import os
from datetime import timedelta
from functools import partial
from typing import Any

import inngest

from bot.durable.steps import StepKey, Steps
from tests.torture.ledger import Ledger
from tests.torture.programs import EITHER, FAILED, HEARD, SILENT, Op, Program

SAME = "event.data.key == async.data.key"
PATIENCE = {
    HEARD: timedelta(hours=1),
    SILENT: timedelta(seconds=1),
    EITHER: timedelta(seconds=1),
}
RETRIES = 20
"""More than the times that one call is killed."""


def client() -> inngest.Inngest:
    """Return an SDK client that keeps quiet."""
    return inngest.Inngest(
        app_id="t", is_production=False, logger=logging.getLogger("inngest.test")
    )


def functions(made: inngest.Inngest, ledger: Ledger) -> list[inngest.Function[Any]]:
    """Return the functions there are, each started by the event of its name."""
    acts = Acts(ledger)
    lane = inngest.Concurrency(limit=1, key="event.data.lane")
    stop = inngest.Cancel(event="stop", if_exp=SAME)
    ticking = made.create_function(
        fn_id="ticked", trigger=inngest.TriggerCron(cron="0 0 1 1 *"), retries=RETRIES
    )(acts.told)
    options: dict[str, dict[str, Any]] = {
        "free": {},
        "leaf": {},
        "laned": {"concurrency": [lane]},
        "stoppable": {"cancel": [stop]},
        "doomed": {"on_failure": acts.told},
    }
    return [ticking] + [
        made.create_function(
            fn_id=name,
            trigger=inngest.TriggerEvent(event=name),
            retries=RETRIES,
            **given,
        )(acts.doomed if name == "doomed" else acts.program)
        for name, given in options.items()
    ]


class Acts:
    """What the functions do."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def program(self, ctx: inngest.Context) -> Any:
        """Do what the event says."""
        steps = Steps(ctx)
        program: Any = ctx.event.data["program"]
        return [await self._do(ctx, steps, op) for op in program]

    async def doomed(self, ctx: inngest.Context) -> Any:
        """Do it, and fail nevertheless."""
        await self.program(ctx)
        raise inngest.NonRetriableError("doomed")

    async def told(self, ctx: inngest.Context) -> Any:
        """Handle a failure, or a tick of the clock."""
        return await Steps(ctx).run("tell", self._effect, "")

    async def _do(self, ctx: inngest.Context, steps: Steps, op: Op) -> Any:
        match op:
            case ["both", _, ops]:
                doing = (partial(self._do, ctx, steps, one) for one in ops)
                return list(await steps.parallel(*doing))
            case ["nap", name, ms]:
                await steps.sleep(name, timedelta(milliseconds=ms))
                return name
            case ["wait", name, fate]:
                return await self._wait(ctx, name, fate)
            case ["invoke", name, program]:
                return await self._invoke(ctx, name, "leaf", program)
            case ["hopeless", name]:
                return await self._hopeless(ctx, name)
        return await self._work(ctx, steps, op)

    async def _hopeless(self, ctx: inngest.Context, name: str) -> str:
        with contextlib.suppress(inngest.StepError):
            await self._invoke(ctx, name, "doomed", [])
        return FAILED

    async def _work(self, ctx: inngest.Context, steps: Steps, op: Op) -> Any:
        verb, name, *needs = op
        lane = str(ctx.event.data["lane"])
        if verb == "shaky":
            return await steps.run(name, self._shaky, lane, ctx.attempt < needs[0])
        if verb == "slow":
            return await steps.run(name, self._slow, lane, needs[0] / 1000)
        return await steps.run(name, self._effect, lane)

    async def _invoke(
        self, ctx: inngest.Context, name: str, function: str, program: Program
    ) -> Any:
        key = f"{ctx.event.data['key']}/{name}"
        given: dict[str, Any] = {"key": key, "program": program, "lane": ""}
        return await ctx.step.invoke_by_id(
            name, app_id="t", function_id=function, data=given
        )

    async def _wait(self, ctx: inngest.Context, name: str, fate: str) -> str:
        event = await ctx.step.wait_for_event(
            name, event=f"{fate}.{name}", if_exp=SAME, timeout=PATIENCE[fate]
        )
        return HEARD if event else SILENT

    async def _shaky(self, key: StepKey, lane: str, fails: bool) -> str:  # noqa: FBT001
        if fails:
            raise RuntimeError("shaky")
        return await self._effect(key, lane)

    async def _slow(self, key: StepKey, lane: str, takes_s: float) -> int:
        async with self._ledger.effect(str(key), lane):
            # It will not be cut off, so that what it brings has to be refused.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(takes_s)
        return os.getpid()

    async def _effect(self, key: StepKey, lane: str) -> str:
        async with self._ledger.effect(str(key), lane):
            await asyncio.sleep(0.002)
        return key.step_id
