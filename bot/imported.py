"""A skill that an admin sends as a file: opened, looked through, kept off."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from agent.catalog import bringing, unpack
from agent.catalog.unpack import Files, NoSkillInside
from agent.clients import assets
from agent.ctx import Caller, Ctx, Origin, Role
from agent.errors import NotFound
from agent.files.refusals import Unusable
from agent.mailroom.schemas import Claimed, Message
from agent.memory import conversations
from agent.runs.errors import AlreadyDone
from bot import files, render
from bot.answers import keep, reply
from bot.services import Services
from channels.contract import Attachment, ChannelName, ChatKind, Inbound, Kind

SKILL, BUNDLE, ARCHIVE = "skill.md", ".skill", ".zip"


async def took(
    services: Services, item: Claimed, caller: Caller, heard: tuple[Inbound, Origin]
) -> bool:
    """Whether the message was a skill to import; then it is answered.

    An archive that holds none, and a SKILL.md of somebody who is no admin, are files
    like others.
    """
    inbound, origin = heard
    file = _one(inbound)
    if file is None or caller.role < Role.ADMIN:
        return False
    try:
        body = await _body(services, item, caller, file)
        called, found = unpack.opened(body, file.name)
    except Unusable as why:
        await _say(services, caller, heard, Message(f"{file.name}: {why}"))
        return True
    except NoSkillInside as refused:
        if file.name.casefold().endswith(ARCHIVE):
            return False
        await _say(services, caller, heard, Message(refused.said))
        return True
    try:
        await services.call(partial(_bring, inbound, found, called), caller, origin)
    except NoSkillInside as refused:
        await _say(services, caller, heard, Message(refused.said))
    except AlreadyDone:
        pass
    return True


async def _bring(inbound: Inbound, found: Files, called: str, opened: Ctx) -> None:
    ctx = await _here(opened, inbound)
    it = await bringing.bring(ctx, found, called)
    await keep(ctx)
    await reply(ctx, render.skills.imported(it))


async def _body(
    services: Services, item: Claimed, caller: Caller, file: Attachment
) -> bytes:
    if item.channel != ChannelName.WEB:
        return await files.fetch(services, item, file, unpack.MOST_SENT)
    key = files.storage_key(caller, item, file)
    try:  # the page handed it over before the message; nobody looked at it yet
        return await services.objects.get(f"{key}{assets.RAW}")
    except NotFound as gone:
        raise Unusable(files.GONE) from gone


def _one(inbound: Inbound) -> Attachment | None:
    """The only file of the message, if it may be a skill."""
    if inbound.kind is not Kind.MESSAGE or len(inbound.attachments) != 1:
        return None
    [file] = inbound.attachments
    name = PurePosixPath(file.name or "").name.casefold()
    return file if name == SKILL or name.endswith((BUNDLE, ARCHIVE)) else None


async def _say(
    services: Services, caller: Caller, heard: tuple[Inbound, Origin], said: Message
) -> None:
    inbound, origin = heard
    with suppress(AlreadyDone):
        async with services.ctx(caller, origin) as opened:
            ctx = await _here(opened, inbound)
            await keep(ctx)
            await reply(ctx, said)


async def _here(ctx: Ctx, inbound: Inbound) -> Ctx:
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    here = await conversations.ensure(ctx.session, ctx.caller, is_private=is_private)
    return replace(ctx, caller=replace(ctx.caller, conversation_id=here))
