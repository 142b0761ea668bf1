"""DBOS as a contender, each way of starting its workflows one of its own.

Its settings are its own defaults (20 connections, its queue asked once a second, as it
comes), but for what would only cost: no tracing, no admin server, errors alone logged.
Steps are async functions, as ours are. It has a database of its own on the same server.
"""

import contextlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from sqlalchemy import URL

from bench.durable.contest import Watch

QUEUE = "line"
MISSING = (
    "DBOS is not installed, so its columns stay empty. Have it in an environment of "
    "its own:\n  python -m venv /tmp/bench && /tmp/bench/bin/pip install -r "
    "requirements-bench.lock\n  PYTHONPATH=. /tmp/bench/bin/python -m bench.durable"
)

try:
    DBOS: Any = importlib.import_module("dbos").DBOS
except ImportError:
    DBOS = None


class Dbos:
    """Starts workflows in this process, or through DBOS's queue."""

    def __init__(self, workflow: Any, watch: Watch, *, queued: bool) -> None:
        self.name = "DBOS, queued" if queued else "DBOS"
        self.watch = watch
        self._workflow = workflow
        self._queued = queued

    async def begin(self, name: str, steps: int) -> None:
        """Start one."""
        if self._queued:
            await DBOS.enqueue_workflow_async(QUEUE, self._workflow, name, steps)
        else:
            await DBOS.start_workflow_async(self._workflow, name, steps)


@contextlib.asynccontextmanager
async def dbos(admin: URL) -> AsyncIterator[list[Dbos]]:
    """DBOS at work on a database; nothing where it is not installed."""
    if DBOS is None:
        print(MISSING)
        yield []
        return
    url = admin.set(drivername="postgresql+psycopg", database="dbos")
    config = {
        "name": "bench",
        "system_database_url": url.render_as_string(hide_password=False),
        "log_level": "ERROR",
        "enable_otlp": False,
    }
    DBOS(config=config)
    watch = Watch()

    workflow = DBOS.workflow()(chain(watch))
    DBOS.launch()
    try:
        await DBOS.register_queue_async(QUEUE)
        yield [Dbos(workflow, watch, queued=queued) for queued in (False, True)]
    finally:
        DBOS.destroy()


def chain(watch: Watch) -> Callable[[str, int], Awaitable[None]]:
    """Return a function of so many steps, each of them DBOS's."""
    step = DBOS.step()(nothing)

    async def chain(name: str, steps: int) -> None:
        watch.begin(name)
        for _ in range(steps):
            await step()
        watch.end(name)

    return chain


async def nothing() -> str:
    """A step."""
    return "done"
