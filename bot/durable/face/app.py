"""The face's ASGI application."""

from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import APIRouter, Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.ports import Clock
from bot.durable.database import Database
from bot.durable.face import asking, receiving, sync
from bot.durable.face.asking import prover, while_there
from bot.durable.face.door import Door
from bot.durable.face.keys import Keys
from bot.durable.face.problems import Problem, answer
from bot.durable.face.receiving import body_of
from bot.durable.port import EngineHealth, Event
from bot.durable.reach import Reach

KIND = "x-inngest-expected-server-kind"

log = structlog.get_logger()


class Engine(Protocol):
    """What the face asks of the engine."""

    async def send(self, *events: Event) -> list[str]:
        """Queue events; return their ids. Idempotent by ``Event.id``."""
        ...

    async def cancel(self, run_id: str) -> bool:
        """Stop a run; False when it had ended."""
        ...

    def health(self) -> EngineHealth:
        """How it stands."""
        ...


class Apps(Protocol):
    """Who calls the apps."""

    def welcome(self, url: str) -> None:
        """Take note that an app is there."""
        ...


@dataclass(frozen=True, slots=True)
class Face:
    """What the face is made over."""

    engine: Engine
    apps: Apps
    database: Database
    """Connections of its own: look-ups must not keep the engine waiting."""
    keys: Keys
    reach: Reach
    """Where apps may live."""
    clock: Clock


def create_app(face: Face) -> FastAPI:
    """Return the application; it opens and closes nothing."""
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.include_router(receiving.router(face.engine, face.keys, face.clock))
    app.include_router(_registering(face))
    app.include_router(asking.router(face.database, face.engine, face.keys))
    app.include_router(_standing(face))
    app.add_exception_handler(Problem, answer)
    app.add_exception_handler(HTTPException, _other)
    app.add_middleware(Door, keys=face.keys)
    return app


def _registering(face: Face) -> APIRouter:
    api = APIRouter(dependencies=[Depends(prover(face.keys))])

    @api.post("/fn/register")
    async def register(request: Request) -> Response:
        expected = request.headers.get(KIND) or face.keys.kind
        if expected != face.keys.kind:
            raise Problem(400, f"The app expects a {expected} server; this is none.")
        made = sync.read(await body_of(request, sync.MAX_BODY_BYTES), face.reach)
        with while_there():
            is_news = await sync.keep(face.database, made)
        face.apps.welcome(made.url)
        log.info("face.app_registered", app=made.name, functions=len(made.configs))
        return JSONResponse({"ok": True, "modified": is_news, "app_id": made.name})

    return api


def _standing(face: Face) -> APIRouter:
    api = APIRouter()

    @api.get("/health")
    async def health() -> Response:
        stands = face.engine.health()
        status = 200 if stands.ok else 503
        return JSONResponse({"status": status, "message": stands.detail}, status)

    @api.get("/dev")
    async def dev() -> Response:
        if face.keys.signing:
            raise Problem(404, "This is no development server.")
        return JSONResponse({"version": "draper", "functions": [], "handlers": []})

    return api


async def _other(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    told = {"error": error.detail, "status": error.status_code}
    return JSONResponse(told, error.status_code)
