"""Routes that programs ask for, not people: files by link, functions, health."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.identity.keys import Quotas
from bot import cards
from bot.services import Services
from bot.surfaces import openapi, reference
from bot.surfaces.bearer import QUOTAS
from bot.surfaces.problems import Answer
from bot.surfaces.rest import Rest
from bot.web import pieces
from bot.wiring.services import Core


def open_to_machines(core: Core, *, works: bool) -> Iterator[APIRouter]:
    """Yield the routes; ``works``: this process has the engine, or the relay."""
    services = core.services
    if services.links:
        yield pieces.router(services.links, services.objects)
    if core.serving:
        yield core.serving.router
    yield _health(core, works=works)


def open_to_programs(
    services: Services, quotas: Quotas = QUOTAS
) -> Mapping[str, ASGIApp]:
    """What programs with a key are served, by the first part of the path."""

    @cache
    def page() -> Answer:
        return reference.page(services.public_url)

    @cache
    def document() -> Answer:
        told = openapi.document(services.public_url)
        return Answer(200, json.dumps(told).encode())

    return {
        "/v1": Rest(
            services,
            {"": page, "openapi.json": document},
            cards.ask_elsewhere,
            quotas,
        ),
        "/mcp": _Late(lambda: _mcp(services, quotas)),
    }


def _mcp(services: Services, quotas: Quotas) -> ASGIApp:
    late = import_module("bot.surfaces.mcp")
    return late.Mcp(services, cards.ask_elsewhere, quotas)  # type: ignore[no-any-return]


class _Late:
    """ASGI application loaded when it is first asked: its SDK takes a second."""

    def __init__(self, load: Callable[[], ASGIApp]) -> None:
        self._load = load
        self._loading: asyncio.Task[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        app = await asyncio.shield(self._loading)
        await app(scope, receive, send)


def _health(core: Core, *, works: bool) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        if not works:  # the engine runs elsewhere; we only need the database
            return await _reached(core)
        health = core.engine.health()
        status = 200 if health.ok else 503
        return Response(_with_news(core, health.detail), status_code=status)

    return router


async def _reached(core: Core) -> Response:
    try:
        async with core.services.as_role("door") as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return Response("the database does not answer", status_code=503)
    return Response(_with_news(core, "serving"))


def _with_news(core: Core, said: str) -> str:
    """Add what else is wrong; people can be served all the same."""
    unknown = core.serving.herald.trouble if core.serving else ""
    stuck = core.watchdog.trouble if core.watchdog else ""
    parts = [said]
    parts += [f"Inngest: {unknown}"] if unknown else []
    parts += [f"stuck: {stuck}"] if stuck else []
    return "; ".join(parts)
