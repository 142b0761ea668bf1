"""Files that come with a message: fetched, looked at, kept; told about at once.

Done where the message is worked on, before its transaction: the next message of that
chat is often about the file, and waits for it by itself. Whatever is interrupted is
found again by the file's key, which is drawn from the message and the platform's own
id of the file. See docs/decisions/0023.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256

import structlog
from sqlalchemy import RowMapping

from agent.clients import assets
from agent.clients.assets import Arrived
from agent.ctx import Caller, Origin, SentFile
from agent.errors import NotFound, Unavailable
from agent.files import box
from agent.files.names import clean_name, suffix_of
from agent.files.refusals import EMPTY, Unusable
from agent.mailroom.schemas import Claimed
from agent.memory import conversations
from bot import render
from bot.answers import receive
from bot.bursts import FORWARDED
from bot.services import Services
from channels.abilities import Fetches, NotFetched, too_big
from channels.contract import Attachment, ChannelName, ChatKind, Inbound, Kind
from db import faultpoints

faultpoints.declare("file.fetched", "file.kept", "file.ready")

log = structlog.get_logger()

MOST = 20
"""Files of one message."""
AGAIN_S = (0.5, 2.0)
"""Between tries at a file that could not be fetched and may yet be."""
RECEIPT_S = 0.7
"""What takes longer is said to be under way."""
SPOKEN = {"voice", "audio"}

GONE = "it is no longer there. Please send it again."
AWAY = "it could not be fetched just now. Please send it again in a moment."


@dataclass(frozen=True, slots=True)
class Taken:
    """A message whose files were taken: what is said, by whom, and with what."""

    caller: Caller
    inbound: Inbound
    origin: Origin


async def take(
    services: Services, item: Claimed, caller: Caller, heard: tuple[Inbound, Origin]
) -> Taken:
    """Take the files of a message; a second time, what was taken is found.

    Raises:
        Unavailable: The object store did not answer.
    """
    inbound, origin = heard
    if not inbound.attachments or inbound.kind is Kind.EDIT:
        return Taken(caller, inbound, origin)
    caller = await _settled(services, caller, inbound, origin)
    wanted = inbound.attachments[:MOST]
    one = _Taking(services, caller, item)
    async with _beside(_say_soon(services, caller, origin, len(wanted))):
        found = await asyncio.gather(*map(one.take, wanted), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    files = [each for each in found if isinstance(each, SentFile)]
    if left := len(inbound.attachments) - len(wanted):
        files.append(SentFile(name=f"{left} more", said=f"I take {MOST} at a time."))
    origin = replace(origin, files=tuple(files))
    return _voiced(Taken(caller, inbound, origin))


def _voiced(taken: Taken) -> Taken:
    """What was said aloud is what was said, where nothing is written beside it."""
    inbound, origin = taken.inbound, taken.origin
    words = "\n".join(file.words for file in origin.files if file.words)
    if inbound.text.strip() or not words or FORWARDED in inbound.extra:
        if not inbound.text.strip() and not origin.text:
            origin = replace(origin, text=render.files.named(origin.files))
        return replace(taken, origin=origin)
    # Spoken by the person themselves: words, and no material.
    rest = tuple(replace(f, is_said=bool(f.words)) for f in origin.files)
    origin = replace(origin, text=f"(voice) {words}", files=rest)
    return replace(taken, inbound=replace(inbound, text=words), origin=origin)


@dataclass(frozen=True, slots=True)
class _Taking:
    """Taking one file after the other of one message."""

    services: Services
    caller: Caller
    item: Claimed

    async def take(self, file: Attachment) -> SentFile:
        key = storage_key(self.caller, self.item, file)
        shown = clean_name(file.name, suffix_of(file.name), _otherwise(file))
        async with self.services.hands:
            try:
                return await self._kept(key, shown, file)
            except Unusable as why:
                log.info("file.refused", why=str(why))
                return SentFile(name=shown, said=str(why))

    async def _kept(self, key: str, shown: str, file: Attachment) -> SentFile:
        async with self.services.tenant(self.caller) as session:
            row = await assets.find(session, key)
            if row is None:
                await assets.ensure_room(session, self.caller, file.size_bytes or 0)
        if row is None:
            body = await self._fetched(file)
            await self._quarantined(Arrived(key, shown, body, file.duration_s))
        elif row["status"] == "quarantine":
            body = await self._waiting(key, file)
        elif row["status"] == "rejected":
            raise Unusable(row["note"])
        else:
            return await self._heard(_sent(row), row, file)
        return await self._looked_at(key, shown, file, body)

    async def _fetched(self, file: Attachment) -> bytes:
        most = self.services.file_bytes
        body = await fetch(self.services, self.item, file, most)
        faultpoints.reach("file.fetched")
        return body

    async def _waiting(self, key: str, file: Attachment) -> bytes:
        """The bytes that were kept and not looked at, or not to the end."""
        for kept in (f"{key}{assets.RAW}", key):
            with suppress(NotFound):
                return await self.services.objects.get(kept)
        return await self._fetched(file)

    async def _quarantined(self, file: Arrived) -> None:
        await assets.receive(self.services.objects, file)
        async with self.services.tenant(self.caller) as session:
            await assets.quarantine(session, self.caller, file)
        faultpoints.reach("file.kept")

    async def _looked_at(
        self, key: str, shown: str, file: Attachment, body: bytes
    ) -> SentFile:
        try:
            found = await box.examine(body, file.name or shown)
        except Unusable as why:
            async with self.services.tenant(self.caller) as session:
                await assets.reject(session, key, shown, str(why))
            await self.services.objects.delete(f"{key}{assets.RAW}")
            raise
        await assets.keep(self.services.objects, key, found, body)
        async with self.services.tenant(self.caller) as session:
            await assets.ready(session, key, found, body)
            row = await assets.find(session, key)
        faultpoints.reach("file.ready")
        if row is None:  # deleted meanwhile, by its owner
            raise Unusable(GONE)
        return await self._heard(_sent(row), row, file)

    async def _heard(
        self, sent: SentFile, row: RowMapping, file: Attachment
    ) -> SentFile:
        """Have a recording written down, once."""
        ear, is_spoken = self.services.transcriber, file.sent_as in SPOKEN
        if not (is_spoken or row["kind"] == "audio") or ear is None:
            return sent
        words = row["excerpt"]
        if words is None:
            body = await self.services.objects.get(row["storage_key"])
            try:
                words = await ear.transcribe(body, row["name"], row["mime"])
            except Unavailable as trouble:
                return replace(sent, said=trouble.said)
            async with self.services.tenant(self.caller) as session:
                await assets.heard(session, row["id"], words)
        is_voice = file.sent_as == "voice"
        return replace(sent, has_text=bool(words), words=words if is_voice else "")


async def fetch(
    services: Services, item: Claimed, file: Attachment, most: int
) -> bytes:
    """The bytes of a file that came with a message, ``most`` of them.

    Raises:
        Unusable: It is larger, empty, gone, or out of reach.
    """
    if (file.size_bytes or 0) > most:
        raise Unusable(str(too_big(most)))
    door: object = services.channels.get(item.channel)
    if not isinstance(door, Fetches):
        raise Unusable(GONE)
    body = await _fetched(door, item.account, file, most)
    if not body:
        raise Unusable(EMPTY)
    return body


async def _fetched(door: Fetches, account: str, file: Attachment, most: int) -> bytes:
    """The bytes, after a few tries where another one may fare better."""
    for pause_s in AGAIN_S:
        try:
            return await door.fetch(account, file, at_most=most)
        except NotFetched as failure:
            if not failure.may_work:
                raise Unusable(str(failure)) from None
        await asyncio.sleep(pause_s)
    try:
        return await door.fetch(account, file, at_most=most)
    except NotFetched as failure:
        raise Unusable(AWAY if failure.may_work else str(failure)) from None


def storage_key(caller: Caller, item: Claimed, file: Attachment) -> str:
    """Where a file lies: the same each time its message is worked on."""
    if item.channel == ChannelName.WEB:
        return upload_key(caller, file.file_id)
    ident = sha256(file.file_id.encode()).hexdigest()[:20]
    return f"assets/{caller.workspace_id}/{item.id}-{ident}"


def upload_key(caller: Caller, upload_id: str) -> str:
    """Where a file lies that this person's page handed us before its message."""
    return f"assets/{caller.workspace_id}/{caller.user_id}-{upload_id}"


def _otherwise(file: Attachment) -> str:
    return file.sent_as or file.media_type.partition("/")[0] or "file"


def _sent(row: RowMapping) -> SentFile:
    return SentFile(
        name=row["name"],
        kind=row["kind"],
        asset_id=row["id"],
        facts=row["facts"],
        said=row["note"],
        has_text=row["excerpt"] is not None,
    )


async def _settled(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> Caller:
    """The caller in a conversation: files are seen by whoever sees that."""
    if caller.conversation_id is not None:
        return caller
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    async with services.ctx(caller, origin) as ctx:
        here = await conversations.ensure(ctx.session, caller, is_private=is_private)
    return replace(caller, conversation_id=here)


@asynccontextmanager
async def _beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """Do this meanwhile, and stop with it."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _say_soon(
    services: Services, caller: Caller, origin: Origin, count: int
) -> None:
    """Say that the files came, in the message that becomes the answer."""
    await asyncio.sleep(RECEIPT_S)
    async with services.ctx(caller, origin) as ctx:
        await receive(ctx, render.files.received(count))
