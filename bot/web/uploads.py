"""Files that the page hands over before the message they belong to.

Each is kept, unopened, before it is acknowledged; it is looked at when its message is
worked on, as any other door's are. One that no message takes is deleted after a day.
"""

from contextlib import AbstractAsyncContextManager
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent import recognise
from agent.clients import assets
from agent.clients.assets import Arrived
from agent.ctx import Caller, Role
from agent.errors import Unavailable
from agent.files.names import clean_name, suffix_of
from agent.files.refusals import Unusable
from agent.ports import Ids, Objects
from bot.files import upload_key
from bot.web.session import Doorkeeper, Signed, Turned
from channels.abilities import too_big

FIELD = "file"
AROUND_BYTES = 4_096
"""What a form adds to the file it carries."""


class Backing(Protocol):
    """What uploads work with; `bot.services.Services` has it all."""

    @property
    def objects(self) -> Objects:
        """Where files are."""
        ...

    @property
    def ids(self) -> Ids:
        """New names for them."""
        ...

    @property
    def file_bytes(self) -> int:
        """The largest that is taken."""
        ...

    def tenant(self, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
        """Open the caller's transaction."""
        ...


def router(backing: Backing, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/chat/uploads``."""
    api = APIRouter(prefix="/chat")
    Acting = Annotated[Signed, Depends(doorkeeper.acting)]  # noqa: N806 - a type

    @api.post("/uploads", max_body_size=backing.file_bytes + AROUND_BYTES)
    async def upload(request: Request, signed: Acting) -> Response:
        async with request.form(max_files=1, max_fields=1) as form:
            sent = form.get(FIELD)
            if not isinstance(sent, UploadFile):
                raise Turned(422, "No file came along. Choose it again.")
            name, body = sent.filename or "", await sent.read()
        if len(body) > backing.file_bytes:
            raise Turned(413, f"{name}: {too_big(backing.file_bytes)}")
        file_id, shown = await _kept(backing, signed, name, body)
        told = {"id": file_id, "name": shown, "size_bytes": len(body)}
        return JSONResponse(told, status_code=201)

    return api


async def _kept(
    backing: Backing, signed: Signed, name: str, body: bytes
) -> tuple[str, str]:
    person = signed.caller
    caller = Caller(person.workspace_id, person.user_id, Role.VIEWER)
    name = recognise.redact(name)
    file_id, shown = str(backing.ids.new()), clean_name(name, suffix_of(name))
    key = upload_key(caller, file_id)
    file = Arrived(key, shown, body)
    await _ensure_room(backing, caller, file)
    try:
        await assets.receive(backing.objects, file)
    except Unavailable:
        raise Turned(503, "That could not be kept just now. Try again.") from None
    async with backing.tenant(caller) as session:
        await assets.quarantine(session, caller, file)
    return file_id, shown


async def _ensure_room(backing: Backing, caller: Caller, file: Arrived) -> None:
    try:
        async with backing.tenant(caller) as session:
            await assets.ensure_room(session, caller, len(file.body))
    except Unusable as full:
        raise Turned(429, f"{file.name}: {full}") from None
