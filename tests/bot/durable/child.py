"""A worker process to be killed: it sends its events, and works until all have ended.

``fork`` from a server that has imported everything already, so that each costs little.
"""

import asyncio
import multiprocessing
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

from bot.durable.engine import EmbeddedEngine
from bot.durable.port import Event
from bot.durable.steps import StepKey, Steps
from db import faultpoints
from tests.bot.durable.world import ENDED, QUICK, client

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
LIMITS = replace(QUICK, losses=3)
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
    engine = EmbeddedEngine(system, made, functions(made, script.diary), limits)
    await engine.start()
    async with AsyncSession(app) as session, session.begin():
        events = [Event(name, {"chat": name}, key) for name, key in script.events]
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
        # Our test function that fails has a handler, which is to end as well.
        if run.error == "doomed":
            await _ended(engine, f"failed:{run.id}")


def functions(made: inngest.Inngest, diary: Path) -> list[inngest.Function[object]]:
    """Return what a child can do."""

    async def act(key: StepKey, pause_s: float = 0.002) -> str:
        write(diary, str(key))
        await asyncio.sleep(pause_s)
        return key.step_id

    def trigger(name: str) -> inngest.TriggerEvent:
        return inngest.TriggerEvent(event=name)

    @made.create_function(fn_id="errand", trigger=trigger("errand"), retries=60)
    async def errand(ctx: inngest.Context) -> object:
        steps = Steps(ctx)
        done = [await steps.run("a", act), await steps.run("b", act)]
        done += await steps.parallel(
            lambda: steps.run("c", act), lambda: steps.run("d", act)
        )
        await steps.sleep("nap", timedelta(milliseconds=15))
        return [*done, await steps.run("e", act)]

    async def tell(ctx: inngest.Context) -> None:
        await Steps(ctx).run("tell", act)

    @made.create_function(
        fn_id="doomed", trigger=trigger("doomed"), retries=3, on_failure=tell
    )
    async def doomed(ctx: inngest.Context) -> object:
        await Steps(ctx).run("a", act)
        raise inngest.NonRetriableError("doomed")

    @made.create_function(fn_id="poison", trigger=trigger("poison"), retries=60)
    async def poison(ctx: inngest.Context) -> object:
        async def die(key: StepKey) -> str:
            write(diary, str(key))
            os.kill(os.getpid(), signal.SIGKILL)
            return ""

        return await Steps(ctx).run("die", die)

    @made.create_function(fn_id="slow", trigger=trigger("slow"), retries=60)
    async def slow(ctx: inngest.Context) -> object:
        async def who(key: StepKey) -> int:
            write(diary, str(key))
            await asyncio.sleep(0.4)
            return os.getpid()

        return await Steps(ctx).run("who", who)

    return [errand, doomed, poison, slow]


def write(diary: Path, line: str) -> None:
    """Append a line that survives this process."""
    with diary.open("a") as file:
        file.write(f"{line}\n")
