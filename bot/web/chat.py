"""The requests the chat page makes."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent.ports import Clock
from bot.web.desk import Desk
from bot.web.session import Doorkeeper, Signed, Turned
from bot.web.stream import Streams
from channels.contract import NotKept, Received
from channels.web import parse
from channels.web.parse import MAX_BODY_BYTES, Sender, Unusable

PAGE_MESSAGES = 50
Read = Callable[..., Received]


def router(desk: Desk, clock: Clock, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/chat/...`` but for the stream."""
    api = APIRouter(prefix="/chat")
    Acting = Annotated[Signed, Depends(doorkeeper.acting)]  # noqa: N806 - a type
    Reading = Annotated[Signed, Depends(doorkeeper.signed)]  # noqa: N806 - a type

    @api.post("/messages", max_body_size=MAX_BODY_BYTES)
    async def write(request: Request, signed: Acting) -> Response:
        received = _read(parse.message, await request.body(), signed, clock.now())
        return await _keep(desk, received)

    @api.post("/press", max_body_size=MAX_BODY_BYTES)
    async def press(request: Request, signed: Acting) -> Response:
        received = _read(parse.press, await request.body(), signed, clock.now())
        return await _keep(desk, received)

    @api.post("/form", max_body_size=MAX_BODY_BYTES)
    async def form(request: Request, signed: Acting) -> Response:
        received = _read(parse.form, await request.body(), signed, clock.now())
        return await _keep(desk, received)

    @api.get("/me")
    async def me(_: Reading) -> Response:
        return Response(status_code=204)

    @api.get("/history")
    async def history(signed: Reading, before: str) -> Response:
        shown = await desk.history(signed.caller, limit=PAGE_MESSAGES, before=before)
        return JSONResponse({"shown": [one.to_json() for one in shown]})

    @api.get("/files/{key}")
    async def file(key: str, signed: Reading) -> Response:
        return await _file(desk, signed, key)

    return api


def stream_router(streams: Streams, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/chat/stream``."""
    api = APIRouter(prefix="/chat")
    Reading = Annotated[Signed, Depends(doorkeeper.signed)]  # noqa: N806 - a type

    @api.get("/stream")
    async def stream(request: Request, signed: Reading, after: str = "") -> Response:
        # The browser's own resume speaks in the header, the page's in the query.
        cursor = request.headers.get("last-event-id", after)
        return StreamingResponse(
            streams.events(signed, cursor),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    return api


def _read(read: Read, body: bytes, signed: Signed, at: datetime) -> Received:
    sender: Sender = signed.caller.sender
    try:
        return read(body, sender=sender, at=at)
    except Unusable as refusal:
        raise Turned(422, str(refusal)) from None


async def _keep(desk: Desk, received: Received) -> Response:
    try:
        await desk.keep([received])
    except NotKept:
        raise Turned(
            503, "Draper could not save that just now. It will be tried again."
        ) from None
    return JSONResponse({"event_id": received.event_id}, status_code=202)


async def _file(desk: Desk, signed: Signed, key: str) -> Response:
    found = await desk.file(signed.caller, key)
    if found is None:
        raise Turned(404, "That file is no longer here. Ask for the piece again.")
    name = quote(found.name, safe="")
    return Response(
        found.body,
        media_type=found.media_type,
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
    )
