"""A worker process to be killed: it sends its events, and works until all have ended.

``fork`` from a server that has imported everything already, so that each costs little.
"""

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import inngest
import structlog
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event, RunStatus
from bot.durable.steps import StepKey, Steps
from db import faultpoints
from tests.bot.durable.world import ENDED, QUICK, client
from tests.forks import FORKS

LIMITS = replace(QUICK, losses=3)
SAME_CHAT = "event.data.chat == async.data.chat"
A_MINUTE = timedelta(minutes=1)
PATIENT = replace(QUICK, losses=1000)


@dataclass(frozen=True)
class Script:
    """What a child is to do."""

    app_url: str
    system_url: str
    diary: Path
    """Every effect, a line each."""
    events: tuple[tuple[str, str], ...] = ()
    """(name, id) of what it sends first."""
    fault: str = ""
    patient: bool = False


def start(script: Script) -> BaseProcess:
    """Start a child on ``script``."""
    process = FORKS.Process(target=run, args=(script,), daemon=True)
    process.start()
    return process


def effects(diary: Path) -> Counter[str]:
    """Return how often each step took effect."""
    return Counter(diary.read_text().split("\n")[:-1] if diary.exists() else ())


def run(script: Script) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    faultpoints.arm(script.fault)
    asyncio.run(_work(script))


async def _work(script: Script) -> None:
    app = create_async_engine(make_url(script.app_url))
    system = create_async_engine(make_url(script.system_url))
    limits = PATIENT if script.patient else LIMITS
    made = client()
    acts = Acts(script.diary)
    engine = EmbeddedEngine(system, InProcess(made, functions(made, acts)), limits)
    acts.engine = engine
    await engine.start()
    async with AsyncSession(app) as session, session.begin():
        events = [Event(name, {"chat": key}, key) for name, key in script.events]
        await engine.send_in(session, *events)
    for _, key in script.events:
        await _ended(engine, key)
    await engine.stop(timedelta(seconds=1))
    await app.dispose()


async def _ended(engine: EmbeddedEngine, event_id: str) -> None:
    while True:
        runs = await engine.find(event_id)
        if runs and all(run.status in ENDED for run in runs):
            break
        await asyncio.sleep(0.02)
    for run in runs:
        if run.status is RunStatus.FAILED and not run.event_id.startswith("failed:"):
            await _ended(engine, f"failed:{run.id}")


def functions(made: inngest.Inngest, acts: "Acts") -> list[inngest.Function[object]]:
    """Return what a child can do."""
    return [
        made.create_function(
            fn_id=name,
            trigger=inngest.TriggerEvent(event=name),
            retries=20,
            on_failure=acts.failed,
        )(body)
        for name, body in (
            ("errand", acts.errand),
            ("doomed", acts.doomed),
            ("poison", acts.poison),
            ("slow", acts.slow),
        )
    ]


class Acts:
    """The functions; each step leaves a line in the diary."""

    def __init__(self, diary: Path) -> None:
        self.diary = diary
        self.engine: EmbeddedEngine | None = None

    async def errand(self, ctx: inngest.Context) -> object:
        steps = Steps(ctx)
        done = [await steps.run("a", self.act)]
        # Asked beside the wait, so that the answer cannot come before it.
        await steps.parallel(
            lambda: ctx.step.wait_for_event(
                "answer", event="answered", if_exp=SAME_CHAT, timeout=A_MINUTE
            ),
            lambda: steps.run("ask", self.ask, str(ctx.event.data["chat"])),
        )
        done.append(await steps.run("b", self.act))
        done += await steps.parallel(
            lambda: steps.run("c", self.act), lambda: steps.run("d", self.act)
        )
        await steps.sleep("nap", timedelta(milliseconds=15))
        return [*done, await steps.run("e", self.act)]

    async def doomed(self, ctx: inngest.Context) -> object:
        await Steps(ctx).run("a", self.act)
        raise inngest.NonRetriableError("doomed")

    async def failed(self, ctx: inngest.Context) -> object:
        return await Steps(ctx).run("tell", self.act)

    async def poison(self, ctx: inngest.Context) -> object:
        return await Steps(ctx).run("die", self.die)

    async def slow(self, ctx: inngest.Context) -> object:
        return await Steps(ctx).run("who", self.who)

    async def act(self, key: StepKey) -> str:
        self.write(key)
        await asyncio.sleep(0.002)
        return key.step_id

    async def ask(self, key: StepKey, chat: str) -> None:
        self.write(key)
        assert self.engine
        await self.engine.send(Event("answered", {"chat": chat}, f"answer:{key}"))

    async def die(self, key: StepKey) -> None:
        self.write(key)
        os.kill(os.getpid(), signal.SIGKILL)

    async def who(self, key: StepKey) -> int:
        self.write(key)
        await asyncio.sleep(1)  # time for who reads the diary to stop this process
        return os.getpid()

    def write(self, key: StepKey) -> None:
        """Append a line that survives this process."""
        with self.diary.open("a") as file:
            file.write(f"{key}\n")
