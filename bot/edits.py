"""A message was changed: whoever wrote it is asked whether to do it with the change.

Never is it done again by itself, and never is a change passed over in silence, unless
its words are the same (a link got its picture, a reaction came).
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.mailroom import inbox_queries
from agent.mailroom.schemas import Choice, Message
from agent.memory import conversations
from agent.operation import Surface
from agent.runs import additions
from bot import render
from bot.answers import reply, said
from bot.services import Services
from bot.surfaces import chat, forms
from channels.contract import Inbound, Kind

BUSY = ("queued", "running", "waiting_input", "waiting_approval")


async def edited(services: Services, ctx: Ctx, inbound: Inbound, text: str) -> None:
    """Ask about a change of words; ``text`` is what the message says now."""
    if not text:
        return
    original = await _original(services, inbound)
    first = original["first"] if original else inbound.message_id
    before = original["text"] if original else await _kept(ctx)
    was_heard = original is None or not original["was_ignored"]
    if was_heard and conversations.redact((before or "").strip()) == text:
        return
    row = await additions.of_message(ctx.session, _place(inbound, first))
    kept = row is not None or await _kept(ctx) is not None
    await reply(ctx, _offer(services, row, before or "", text, is_new=not kept))


def _offer(
    services: Services, row: RowMapping | None, before: str, text: str, *, is_new: bool
) -> Message:
    typed = chat.words(text)
    if typed is not None and services.shelf.file(_skill_of(typed)) is None:
        return _command(typed)
    route = services.router.route(text)
    skill, brief = route.skill, route.brief
    if row is None:
        return render.edited(skill, brief, is_new=is_new)
    old = conversations.redact(before.strip())
    if old and old in (row["brief"] or ""):
        # It was a part of more: the rest stays as it was.
        brief = row["brief"].replace(old, text, 1)
        skill = row["skill"] if old != row["brief"] else skill
    if row["status"] in BUSY:
        return render.edited_under_way(row["id"], brief)
    if revises := row["input"].get("revises"):
        return render.edited_wish(revises, brief)
    return render.edited(skill, brief, is_new=False)


def _skill_of(typed: str) -> str:
    return typed.partition(" ")[0].replace("_", "-")


def _command(typed: str) -> Message:
    """A command is done again as it reads now, where one press can say all of it."""
    call = chat.read(typed)
    if call is None or Surface.BUTTON not in call.op.on:
        return Message(render.EDITED_COMMAND)
    if forms.faults_of(call.op, call.raw):
        return Message(render.EDITED_COMMAND)
    again = Choice("Do it", call.op.name, _plain(call.raw))
    return replace(Message(render.EDITED_COMMAND_ASK), choices=(again,))


def _plain(raw: Any) -> dict[str, Any]:
    return {name: str(value) for name, value in raw.items()}


async def _kept(ctx: Ctx) -> str | None:
    return await conversations.find_said(ctx.session, said(ctx))


async def _original(services: Services, inbound: Inbound) -> RowMapping | None:
    key = f"{inbound.chat}:{inbound.message_id}:{Kind.MESSAGE}:"
    async with services.as_role("door") as session:
        return await inbox_queries.original(
            session, inbound.channel, inbound.account, key
        )


def _place(inbound: Inbound, message_id: str) -> dict[str, str]:
    return {
        "channel": inbound.channel,
        "account": inbound.account,
        "chat": inbound.chat,
        "message_id": message_id,
    }
