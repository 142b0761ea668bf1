"""``draper engine serve``: the embedded engine for functions in other processes."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from agent.errors import BadInput
from bot.durable.database import Database
from bot.durable.engine import EmbeddedEngine
from bot.durable.face.app import Face, create_app
from bot.durable.face.keys import Keys
from bot.durable.inference import Inference
from bot.durable.limits import Limits
from bot.durable.over_http import OverHttp
from bot.durable.reach import Reach, is_loopback
from bot.durable.remote.account import bearer_of
from bot.ports import SystemClock
from bot.settings import Settings
from bot.sweeps import prune_hourly
from bot.wiring.database import Pools, open_database
from db import faultpoints

DRAIN_S = 20
LOOK_UPS = 4
"""Connections for registrations and look-ups."""

LAST_PORT = 65535

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and to whom."""

    host: str
    port: int
    dev: bool = False
    """Without keys: for this machine's own programs, to try things out."""
    app_hosts: frozenset[str] = frozenset()
    """Where apps may live besides this machine."""
    infer_hosts: frozenset[str] = frozenset()
    """The AI providers that may be asked on behalf of functions."""


async def serve(settings: Settings, place: Place, limits: Limits | None = None) -> None:
    """Serve until cancelled; calls under way then may end first.

    ``limits`` is for tests.

    Raises:
        BadInput: The place or the keys cannot be used; the message says why.
    """
    faultpoints.arm(settings.fault)
    keys = keys_of(settings, dev=place.dev)
    listening = listen(place)
    _warn(place, listening)
    async with (
        open_database(settings) as pools,
        opened(pools, keys, place, limits) as app,
    ):
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
        )
        await _Server(config).serve([listening])


@asynccontextmanager
async def opened(
    pools: Pools, keys: Keys, place: Place, limits: Limits | None = None
) -> AsyncIterator[ASGIApp]:
    """Run an engine over HTTP, and yield its face."""
    clock, reach = SystemClock(), Reach(place.app_hosts)
    limits = limits or Limits()
    inference = Inference(Reach(place.infer_hosts, place.dev, "--infer-host"))
    host = OverHttp(keys.signing, reach, inference, clock, limits.call)
    engine = EmbeddedEngine(pools.system, host, limits)
    database = Database(pools.system, LOOK_UPS)
    await database.open()
    await engine.start()
    pruning = asyncio.create_task(prune_hourly(pools.system))
    try:
        yield create_app(Face(engine, host, database, keys, reach, clock))
    finally:
        pruning.cancel()
        await asyncio.gather(pruning, return_exceptions=True)
        await engine.stop(timedelta(seconds=DRAIN_S))
        await database.close()
        await host.aclose()
        await inference.aclose()


def keys_of(settings: Settings, *, dev: bool) -> Keys:
    """Return the keys that callers must show.

    Raises:
        BadInput: One is missing, or is no key; or there are some, and ``dev`` is on.
    """
    given = settings.inngest
    if dev:
        if given.event_key or given.signing_key:
            raise BadInput(
                "--dev serves without keys, but keys are set.",
                hint="Leave --dev out, or unset INNGEST_EVENT_KEY and"
                " INNGEST_SIGNING_KEY.",
            )
        return Keys()
    needed = {
        "INNGEST_EVENT_KEY": given.event_key,
        "INNGEST_SIGNING_KEY": given.signing_key,
    }
    missing = [name for name, key in needed.items() if not key]
    if missing or not given.event_key or not given.signing_key:
        raise BadInput(
            f"The engine is not served without keys: set {' and '.join(missing)}.",
            hint="`openssl rand -hex 32` makes one. To try things out on this machine:"
            " --dev.",
        )
    signing = (
        _signing_key("INNGEST_SIGNING_KEY", given.signing_key),
        *(
            [_signing_key("INNGEST_SIGNING_KEY_FALLBACK", given.signing_key_fallback)]
            if given.signing_key_fallback
            else []
        ),
    )
    return Keys(given.event_key.get_secret_value(), signing)


def listen(place: Place) -> socket.socket:
    """Take the port.

    Raises:
        BadInput: The host is not this machine's loopback, or the port is taken, or
            no port at all.
    """
    if not is_loopback(place.host) or place.host == "0.0.0.0":  # noqa: S104
        raise BadInput(
            f"The engine listens on this machine only, not on {place.host}.",
            hint="Use 127.0.0.1; for others put a proxy with TLS before it.",
        )
    if not 0 <= place.port <= LAST_PORT:
        raise BadInput(
            f"There is no port {place.port}.", hint=f"Give one up to {LAST_PORT}."
        )
    try:
        family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        return socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise BadInput(
            f"{place.host}:{place.port} cannot be used: {why}.",
            hint="Stop what listens there, or give another --port.",
        ) from error


def _signing_key(name: str, key: SecretStr) -> str:
    value = key.get_secret_value()
    try:
        bearer_of(value)
    except ValueError as error:
        raise BadInput(
            f"{name} is no signing key: it is not hexadecimal.",
            hint="`openssl rand -hex 32` makes one.",
        ) from error
    return value


def _warn(place: Place, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    if place.dev:
        log.warning(
            "face.open_to_this_machine",
            why="--dev: NO KEYS. Every program on this machine may send events,"
            " register functions and read runs.",
        )
    log.info("face.listening", url=f"http://{host}:{port}")


class _Server(uvicorn.Server):
    """Leaves signals to the command line, and ends requests in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            await self.shutdown()
            raise
