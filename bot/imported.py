"""A skill that an admin sends as a file: opened, looked through, kept off."""

from dataclasses import replace
from pathlib import PurePosixPath

from agent.catalog import bringing, unpack
from agent.catalog.unpack import NoSkillInside
from agent.ctx import Caller, Ctx, Origin, Role
from agent.files.refusals import Unusable
from agent.mailroom.schemas import Claimed, Message
from agent.memory import conversations
from agent.runs.errors import AlreadyDone
from bot import files, render
from bot.answers import keep, reply
from bot.services import Services
from channels.contract import Attachment, ChatKind, Inbound, Kind

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
        body = await files.fetch(services, item, file, unpack.MOST_SENT)
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
        async with services.ctx(caller, origin) as opened:
            ctx = await _here(opened, inbound)
            it = await bringing.bring(ctx, found, called)
            await keep(ctx)
            await reply(ctx, render.skills.imported(it))
    except NoSkillInside as refused:
        await _say(services, caller, heard, Message(refused.said))
    except AlreadyDone:
        pass
    return True


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
    async with services.ctx(caller, origin) as opened:
        ctx = await _here(opened, inbound)
        await keep(ctx)
        await reply(ctx, said)


async def _here(ctx: Ctx, inbound: Inbound) -> Ctx:
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    here = await conversations.ensure(ctx.session, ctx.caller, is_private=is_private)
    return replace(ctx, caller=replace(ctx.caller, conversation_id=here))
