"""Who calls the durable functions: the embedded engine, or an Inngest server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import inngest
from fastapi import APIRouter

from bot.durable.caller import InProcess
from bot.durable.engine import EmbeddedEngine
from bot.durable.face.local import attach
from bot.durable.port import RunEngine
from bot.durable.remote.api import Api
from bot.durable.remote.engine import RemoteEngine
from bot.durable.remote.serving import (
    Client,
    Doorway,
    Herald,
    declaration,
    router,
)
from bot.services import Services
from bot.settings import Settings
from bot.wiring.database import Pools
from bot.wiring.remote import APP_ID, account

Declare = Callable[[inngest.Inngest], Sequence[inngest.Function[Any]]]


@dataclass(frozen=True, slots=True)
class Serving:
    """What the web process does for an Inngest server."""

    router: APIRouter
    """The functions, called over HTTP."""
    herald: Herald
    api: Api


@dataclass(frozen=True, slots=True)
class Chosen:
    """The engine, and what it needs of the web process: nothing if embedded."""

    engine: RunEngine
    serving: Serving | None = None


def choose(
    settings: Settings, pools: Pools, declare: Declare, services: Services
) -> Chosen:
    """Return the engine that the settings name; nothing runs yet.

    Raises:
        BadInput: A setting is missing or cannot be used; the message names it.
        Unsupported: The embedded engine does not do what a function asks for.
    """
    if settings.inngest.base_url:
        return _remote(settings, pools, declare, services)
    client = inngest.Inngest(app_id=APP_ID, is_production=False)
    host = InProcess(client, declare(client))
    limits, observer = services.pace.engine, services.telemetry
    engine = EmbeddedEngine(pools.system, host, limits, observer)
    attach(client, engine, services.clock)
    return Chosen(engine)


def _remote(
    settings: Settings, pools: Pools, declare: Declare, services: Services
) -> Chosen:
    clock, pace = services.clock, services.pace
    place = account(settings)
    api, client = Api(place), Client(place, APP_ID)
    functions = declare(client)
    doorway = Doorway(place, pools.system, clock)
    serving = Serving(
        router=router(place, client, functions, doorway),
        herald=Herald(api, declaration(place, APP_ID, functions), pace.relay),
        api=api,
    )
    engine = RemoteEngine(pools.system, api, clock, pace.relay)
    return Chosen(engine, serving)
