"""The web process's ASGI application."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.ports import Clock
from bot.web import chat, pages
from bot.web.console import router as console_pages
from bot.web.console.door import Door
from bot.web.console.visit import Backing
from bot.web.desk import Desk
from bot.web.guard import Guard
from bot.web.session import Doorkeeper, Turned
from bot.web.stream import Streams
from bot.web.trouble import Edge, missing, turned

OPEN_PATHS = (
    *("/telegram/", "/slack/", "/api/inngest", "/healthz"),
    *("/v1/", "/mcp"),
)
"""Reached by machines under whatever name; each checks a signature or key itself."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(  # noqa: PLR0913 - a composition
    desk: Desk,
    clock: Clock,
    *,
    public_url: str = "",
    routers: Sequence[APIRouter] = (),
    mounts: Mapping[str, ASGIApp] = MappingProxyType({}),
    console: Backing | None = None,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Build the app: the web chat, and ``routers`` of the other doors.

    ``console`` is what the web console works with; None: there is none.
    ``mounts`` are whole apps, each by the first part of its path, as ``/v1``.

    ``public_url`` is where people reach it from elsewhere; empty means this machine
    only. ``app.state.streams.close()`` ends the live streams before a shutdown.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    doorkeeper = Doorkeeper(desk, public_url)
    streams = Streams(desk)
    app.state.streams = streams
    for router in (
        pages.router(desk, doorkeeper),
        chat.router(desk, clock, doorkeeper),
        chat.stream_router(streams, doorkeeper),
        *routers,
    ):
        app.include_router(router)
    if console is not None:
        app.state.console = Door(console, doorkeeper)
        app.include_router(console_pages.router())
    app.mount("/static", _Static(directory=pages.HERE / "static"))
    app.add_middleware(_Mounted, mounts=mounts)
    app.add_middleware(Edge)
    app.add_middleware(Guard, public_url=public_url, open_paths=OPEN_PATHS)
    app.add_exception_handler(Turned, turned)
    app.add_exception_handler(404, missing)
    return app


class _Mounted:
    """ASGI middleware: paths that belong to another app, whatever the method."""

    def __init__(self, app: ASGIApp, mounts: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._mounts = mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = "/" + str(scope.get("path", "/")).split("/", 2)[1]
        mounted = self._mounts.get(first) if scope["type"] == "http" else None
        await (mounted or self._app)(scope, receive, send)


class _Static(StaticFiles):
    """Our own files; the browser keeps them but asks whether they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response
