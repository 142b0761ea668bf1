"""Running processes: all in one, or web, worker and chat apart."""

import asyncio
import contextlib
import os
import socket
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
)
from dataclasses import dataclass
from math import ceil
from typing import Any

import structlog
import uvicorn

from agent.billing import budgets
from agent.errors import BadInput
from agent.mailroom.inbox import Inbox
from bot import language
from bot.ears import Ears, connector
from bot.inbox_worker import InboxWorker
from bot.pace import Pace
from bot.postman import Postman
from bot.settings import Settings
from bot.web import joining, uploads
from bot.web.app import create_app
from bot.web.joining import Joining
from bot.web.pg_desk import PgDesk
from bot.web.session import Doorkeeper
from bot.wiring import skills, telemetry
from bot.wiring.arrival import Arrival, greet
from bot.wiring.database import Pools, open_database
from bot.wiring.doors import Doors, keeper, open_doors
from bot.wiring.machines import open_to_machines, open_to_programs
from bot.wiring.services import Core, make_core, running
from channels.contract import Channel, Keep, Refused, SendError
from db import faultpoints

log = structlog.get_logger()

AGAIN_S = 5.0
LONGEST_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What this process does."""

    web: bool = True
    """Pages and webhooks."""
    worker: bool = True
    """Durable functions, the inbox, sweeps."""
    chat: bool = True
    """Receiving from messengers, and sending."""


@dataclass(frozen=True, slots=True)
class Process:
    """All that one process has made of its settings."""

    settings: Settings
    core: Core
    doors: Doors
    keep: Keep
    ears: Ears
    arrival: Arrival


async def run(settings: Settings, parts: Parts, pace: Pace | None = None) -> None:
    """Run until cancelled; what is under way then is finished first."""
    faultpoints.arm(settings.fault)
    listening = listen(settings) if parts.web else None
    async with (
        open_database(settings) as pools,
        open_process(
            settings, pools, pace, address=_address(settings, listening)
        ) as made,
        contextlib.AsyncExitStack() as stack,
    ):
        if parts.worker:
            await stack.enter_async_context(running(made.core))
        await _work(made, parts, listening)


def listen(settings: Settings) -> socket.socket:
    """Take the web chat's port, before anything slower is begun.

    Raises:
        BadInput: Another program has it, or the address is not of this machine.
    """
    try:
        return socket.create_server((settings.host, settings.port), backlog=2048)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BadInput(
            f"{settings.host}:{settings.port} cannot be used: {why}.",
            hint="Stop what listens there, or set DRAPER_PORT to another port.",
        ) from error


def _address(settings: Settings, listening: socket.socket | None) -> str:
    if settings.public_url or listening is None:
        return settings.public_url or f"http://{settings.host}:{settings.port}"
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def open_process(
    settings: Settings,
    pools: Pools,
    pace: Pace | None = None,
    *,
    address: str = "",
) -> AsyncIterator[Process]:
    """Make the services and open the doors; nothing works yet.

    ``pace`` is for tests; ``address`` is where the web chat can be reached.
    """
    core = await make_core(settings, pools, pace)
    keep = keeper(Inbox(pools.keeping), core.services.key)
    ears = Ears(connector(pools.listen_url))
    async with open_doors(settings, keep, core.services) as doors:
        core.services.channels = doors.channels
        core.services.names = doors.names
        arrival = await greet(core.services, address)
        try:
            yield Process(settings, core, doors, keep, ears, arrival)
        finally:
            await ears.close()
            await core.aclose()


async def _work(made: Process, parts: Parts, listening: socket.socket | None) -> None:
    loops: list[Coroutine[Any, Any, None]] = []
    if parts.worker:
        loops += [work_inbox(made), _sweep(made.core)]
    if parts.chat:
        loops.append(post(made, made.doors.channels))
        loops += [
            _insist(name, loop, made.doors.channels[name])
            for name, loop in made.doors.receivers.items()
        ]
    if parts.web and made.core.serving:
        loops.append(made.core.serving.herald.run())
    loops += [*_metrics(made), *keep_skills(made)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            await (_web(made, parts, listening) if listening else _wait(made))
        finally:
            for task in tasks:
                task.cancel()


def _metrics(made: Process) -> Iterator[Coroutine[Any, Any, None]]:
    core, scraped = made.core, telemetry.listen(made.settings)
    if core.metrics and scraped:
        found = core.watchdog.found if core.watchdog else {}
        yield telemetry.serve(core.services, core.metrics, found, scraped)


def keep_skills(made: Process) -> Iterator[Coroutine[Any, Any, None]]:
    """What serves changed skills, whoever changed them, until cancelled."""
    yield skills.watch(made.core.folder, made.core.services)
    yield skills.follow(made.core.services, made.ears)


async def work_inbox(made: Process) -> None:
    """Work the inbox until cancelled; what messages are read by is made ready first.

    A message would do it itself, and hold up everything else meanwhile.
    """
    await asyncio.to_thread(language.load)
    if made.core.services.shelves:
        await made.core.services.shelves.learnt()
    async with made.ears.hear("inbox") as heard:
        await InboxWorker(made.core.services, heard).run()


async def post(made: Process, channels: Mapping[str, Channel]) -> None:
    """Send through ``channels`` until cancelled."""
    async with made.ears.hear("deliveries") as heard:
        await Postman(made.core.services, heard, channels).run()


async def _wait(made: Process) -> None:
    made.arrival.show()
    await asyncio.Event().wait()


async def _web(made: Process, parts: Parts, listening: socket.socket) -> None:
    services = made.core.services
    desk = PgDesk(services, made.ears, made.keep)
    doorkeeper = Doorkeeper(desk, made.settings.public_url)
    installs = made.doors.installs
    app = create_app(
        desk,
        services.clock,
        public_url=made.settings.public_url,
        console=services,
        routers=[
            *made.doors.routers,
            *open_to_machines(made.core, works=parts.worker),
            joining.router(Joining(services), doorkeeper),
            uploads.router(services, doorkeeper),
            *([installs(doorkeeper)] if installs else []),
        ],
        mounts=open_to_programs(services),
    )
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_patience_s(made.core),
    )
    await _Server(config, made.arrival, app.state.streams.close).serve([listening])


class _Server(uvicorn.Server):
    """Says where to go once it really listens; leaves signals to the command line."""

    def __init__(
        self, config: uvicorn.Config, arrival: Arrival, end_streams: Callable[[], Any]
    ) -> None:
        super().__init__(config)
        self._arrival = arrival
        self._end_streams = end_streams

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._arrival.show()

    async def main_loop(self) -> None:
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            # uvicorn ends requests in order only when it was asked by a signal.
            await self.shutdown()
            raise

    async def shutdown(self, sockets: Any = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _patience_s(core: Core) -> int:
    """Seconds for requests to end in; a step called over HTTP gets its whole drain."""
    return max(5, ceil(core.services.pace.drain_s)) if core.serving else 5


async def _sweep(core: Core) -> None:
    """Free what crashed calls still hold, again and again."""
    while True:
        try:
            async with core.services.as_role("worker") as session:
                freed = await budgets.sweep(session)
            if freed:
                log.info("budget.swept", reservations=freed)
        except Exception as error:  # noqa: BLE001 - the database comes back
            log.warning("sweep.failed", error=type(error).__name__)
        await asyncio.sleep(core.services.pace.sweep_s)


async def _insist(
    name: str, loop: Callable[[], Awaitable[None]], channel: Channel
) -> None:
    """Keep a receiver running; a refusal is told and tried again slowly."""
    while True:
        pause = AGAIN_S
        try:
            await loop()
        except Refused as error:
            health = await channel.ping()
            told = (
                {"detail": health.detail, "hint": health.hint} if not health.ok else {}
            )
            log.warning("door.refused", door=name, reason=str(error), **told)
            pause = LONGEST_AGAIN_S
        except SendError as error:
            log.warning("door.failed", door=name, reason=str(error))
        except Exception:  # edge: a fault in one door must not close the others
            log.exception("door.broke", door=name)
        await asyncio.sleep(pause)
