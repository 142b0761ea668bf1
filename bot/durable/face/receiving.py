"""The event API: ``POST /e/{event key}``."""

import asyncio
from typing import Protocol

import structlog
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from agent.ports import Clock
from bot.durable.face import inbound
from bot.durable.face.keys import Keys
from bot.durable.face.problems import Problem
from bot.durable.port import Event

SEED = "x-inngest-event-id-seed"
PATIENCE_S = 20.0
"""How long a post may wait for a database that is away."""

log = structlog.get_logger()


class Taker(Protocol):
    """Takes events, each id once."""

    async def send(self, *events: Event) -> list[str]:
        """Queue events; return their ids."""
        ...


def router(engine: Taker, keys: Keys, clock: Clock) -> APIRouter:
    """Return the event API over ``engine``."""
    api = APIRouter()

    @api.post("/e/{event_key}")
    async def receive(event_key: str, request: Request) -> Response:
        if not keys.may_send(event_key):
            raise Problem(401, "Event key not found", ids=[])
        body = await body_of(request, inbound.MAX_BODY_BYTES)
        received = inbound.read(body, request.headers.get(SEED, ""), clock.now())
        ids = await _send(engine, received.events)
        if received.refusal:
            raise Problem(400, received.refusal, ids=ids)
        return JSONResponse({"ids": ids, "status": 200})

    return api


async def body_of(request: Request, most: int) -> bytes:
    """Return the request's body.

    Raises:
        Problem: It has more than ``most`` bytes, or broke off.
    """
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise Problem(413, f"The body has more than {most} bytes.")
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise Problem(400, "The body broke off.") from error
    return b"".join(chunks)


async def _send(engine: Taker, events: tuple[Event, ...]) -> list[str]:
    if not events:
        return []
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await engine.send(*events)
    except TimeoutError:
        log.warning("face.events_not_taken", events=len(events))
        raise Problem(503, "The database does not answer; send again.") from None
