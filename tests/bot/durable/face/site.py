"""Both sides of the wire in this process: the face and an app, each on a real port."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import fastapi
import httpx
import inngest
import inngest.fast_api
import uvicorn
from starlette.types import ASGIApp

from bot.durable.steps import Steps
from tests.bot.durable.world import Body

EVENT_KEY = "the-event-key"
SECRET = "0f" * 32
SIGNING_KEY = f"signkey-test-{SECRET}"
SHOWN = {"authorization": f"Bearer {sha256(bytes.fromhex(SECRET)).hexdigest()}"}
OTHER_KEY = "signkey-test-" + "1e" * 32


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` on a loopback port; yields its address."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def client_of(
    face_url: str, app_id: str = "far", signing_key: str = SIGNING_KEY
) -> inngest.Inngest:
    """The SDK's client, in production mode."""
    return inngest.Inngest(
        app_id=app_id,
        api_base_url=face_url,
        event_api_base_url=face_url,
        event_key=EVENT_KEY,
        signing_key=signing_key,
        is_production=True,
        logger=logging.getLogger("inngest.test"),
    )


@dataclass
class Site:
    """An app whose functions the engine calls."""

    client: inngest.Inngest
    functions: list[inngest.Function[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What steps noted."""
    url: str = ""
    registered: Any = None
    """What the SDK said of its registration."""

    def declare(self, name: str, body: Body, **options: Any) -> None:
        """Declare a function that starts on the event of its name."""
        given: dict[str, Any] = {
            "fn_id": name,
            "trigger": inngest.TriggerEvent(event=name),
            "retries": 0,
        } | options

        @self.client.create_function(**given)
        async def function(ctx: inngest.Context) -> Any:
            return await body(ctx, Steps(ctx))

        self.functions.append(function)

    async def note(self, what: str) -> str:
        self.notes.append(what)
        return what

    @contextlib.asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[str]:
        """Serve the functions, and register them as the SDK does."""
        app = fastapi.FastAPI()
        inngest.fast_api.serve(app, self.client, self.functions)
        async with served(app, port) as address:
            self.url = f"{address}/api/inngest"
            async with httpx.AsyncClient() as http:
                answer = await http.put(self.url)
            self.registered = answer.json()
            yield self.url
