"""Keys that people paste into a chat: taken out of sight, and offered to be stored."""

from collections.abc import Mapping
from dataclasses import replace

from agent.ctx import Ctx, Role
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.recognise import REMOVED, Found
from agent.vault.pasted_operations import set_aside
from agent.vault.providers import NOT_OURS, PROVIDERS
from bot import filled, forms, secrecy
from bot.answers import keep, reply
from bot.filled import Answer
from bot.render import pasted as words
from bot.secrecy import MAYBE
from bot.services import Services
from bot.surfaces import chat
from bot.surfaces.forms import secrets_of
from channels.abilities import Withdraws
from channels.contract import ChatKind, Inbound

FEW_WORDS = 6
"""So many beside a key, and the message is about the key."""


async def take(services: Services, ctx: Ctx, inbound: Inbound) -> Inbound | None:
    """Answer a message with a key in it; or the message to go on with instead."""
    keys = secrecy.opened(inbound, services.key)
    asked = await _asked(ctx)
    if asked is not None and forms.asks_secret(asked):
        return inbound  # its answer is a secret, and taken as such
    if MAYBE in keys and not secrecy.like_a_key(keys[MAYBE]):
        return replace(inbound, text=keys[MAYBE], sealed={})
    if inbound.text.startswith("/"):
        done = await _in_command(services, ctx, inbound, keys)
        return None if done else inbound
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    if is_private and len(_beside(inbound.text)) > (0 if asked else FEW_WORDS):
        return inbound  # says something else, too; the key is taken out
    gone = await _withdraw(services, inbound)
    await keep(ctx)
    message = await _offer(ctx, keys) if is_private else words.in_group(_whose(keys))
    await reply(ctx, replace(message, note=words.deleted(inbound.channel, gone=gone)))
    return None


async def answer(
    services: Services, ctx: Ctx, dialog: Dialog, inbound: Inbound
) -> None:
    """Take a message as the secret that was asked for."""
    keys = secrecy.opened(inbound, services.key)
    secret = "\n".join(keys.values()) or inbound.text
    assert ctx.origin is not None  # noqa: S101 - somebody wrote it
    ctx = replace(ctx, origin=replace(ctx.origin, text=REMOVED))
    await _withdraw(services, inbound)
    await keep(ctx)
    await filled.take(services, ctx, dialog, Answer("", secret))


async def _asked(ctx: Ctx) -> Dialog | None:
    assert ctx.caller.conversation_id is not None  # noqa: S101 - ensured before
    standing = await conversations.standing(
        ctx.session, ctx.caller.conversation_id, ctx.caller.user_id
    )
    return standing.dialog


async def _in_command(
    services: Services, ctx: Ctx, inbound: Inbound, keys: Mapping[str, str]
) -> bool:
    said = chat.words(inbound.text.replace(REMOVED, "").strip())
    call = chat.read(said) if said else None
    names = secrets_of(call.op) if call else ()
    if call is None or len(names) != 1:
        return False
    if inbound.chat_kind is not ChatKind.PRIVATE:
        gone = await _withdraw(services, inbound)
        await keep(ctx)
        note = words.deleted(inbound.channel, gone=gone)
        await reply(ctx, replace(words.in_group(_whose(keys)), note=note))
        return True
    one = _whose(keys)
    whose = {"provider": one} if one in PROVIDERS else {}
    raw = {**whose, **call.raw, names[0]: "\n".join(keys.values())}
    await _withdraw(services, inbound)
    await keep(ctx)
    await filled.run(services, ctx, call.op, raw)
    return True


async def _offer(ctx: Ctx, keys: Mapping[str, str]) -> Message:
    if len(keys) != 1:
        return words.SEVERAL
    [secret], whose = keys.values(), _whose(keys)
    if whose in NOT_OURS:
        return words.not_ours(whose)
    if ctx.caller.role < Role.ADMIN:
        return words.not_admin()
    if whose in PROVIDERS and not Found(whose, secret, 0, 0).is_whole:
        return words.half(whose)
    row = await set_aside(ctx, whose, secret)
    if whose in PROVIDERS:
        return words.offer(whose, secret, row)
    return words.which(row)


async def _withdraw(services: Services, inbound: Inbound) -> bool:
    door: object = services.channels.get(inbound.channel)
    if not isinstance(door, Withdraws) or not inbound.message_id:
        return False
    return await door.withdraw(inbound.chat, inbound.message_id)


def _whose(keys: Mapping[str, str]) -> str:
    whose = {name.partition(":")[2] for name in keys}
    return whose.pop() if len(whose) == 1 else ""


def _beside(text: str) -> list[str]:
    return text.replace(REMOVED, " ").split()
