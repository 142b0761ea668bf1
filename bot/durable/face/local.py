"""The event API without a socket: what functions of this process send goes straight in.

The SDK's client knows no other way to send than a post to its event API.
"""

import asyncio

import httpx
import inngest
from fastapi import FastAPI
from inngest._internal.net import ThreadAwareAsyncHTTPClient

from agent.ports import Clock
from bot.durable.face import receiving
from bot.durable.face.keys import Keys
from bot.durable.face.problems import Problem, answer
from bot.durable.face.receiving import Taker


def attach(client: inngest.Inngest, engine: Taker, clock: Clock) -> None:
    """Let what ``client`` sends go to ``engine``, whatever address it was given.

    Call it in the event loop in which the engine runs. ``send_sync`` may be used in
    other threads only, as the SDK itself does it for functions that are not async.
    """
    transport = httpx.ASGITransport(app=_app(engine, clock))
    ours = client._http_client  # noqa: SLF001 - the SDK has no public way in
    ours._http_client = ThreadAwareAsyncHTTPClient(  # noqa: SLF001
        transport=transport
    ).initialize()
    bridge = _Bridge(transport, asyncio.get_running_loop())
    ours._http_client_sync = httpx.Client(transport=bridge)  # noqa: SLF001


def _app(engine: Taker, clock: Clock) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(receiving.router(engine, Keys(), clock))
    app.add_exception_handler(Problem, answer)
    return app


class _Bridge(httpx.BaseTransport):
    """Carries a thread's requests over to the event loop."""

    def __init__(
        self, transport: httpx.ASGITransport, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._transport = transport
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if _running_loop() is self._loop:
            raise RuntimeError("send_sync would wait for itself here; await send.")
        asked = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop)
        return asked.result()

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        # The body was made for a synchronous client; the other kind cannot stream it.
        copy = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        answer = await self._transport.handle_async_request(copy)
        body = await answer.aread()
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=body, request=request
        )


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
