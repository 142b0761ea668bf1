"""Words about a piece that is there: a wish to have it changed, or something new.

Who replies to a piece wishes it changed, unless the reply calls a skill by its words,
asks a question, gives a command or says thanks. Without a reply it takes a short wish
("shorter", "in German") right after a piece, and nothing that any skill answers to.
"""

from uuid import UUID

from agent.clients.operations import new_client
from agent.ctx import Ctx
from agent.gate import invoke
from agent.identity.preferences_operations import set_language
from agent.mailroom import deliveries
from agent.memory.schemas import Dialog
from agent.operation import Effect
from agent.runs import revise_queries
from agent.runs.export_operations import export_output
from agent.runs.operations import cancel_run
from agent.runs.revise_operations import MOST, revise_output
from bot import asides, wishes
from bot.router import Route
from bot.surfaces import chat
from channels.contract import ChannelName, Inbound

_WAITS_FOR_WORDS = frozenset({"review", "confirm"})
"""Dialogs about a piece or a run, which a reply to it may well answer."""


async def replied(
    ctx: Ctx, dialog: Dialog | None, inbound: Inbound, route: Route
) -> bool:
    """Take a reply to a piece as what should change in it; False when it is none."""
    if inbound.channel is ChannelName.SLACK:
        return False  # whatever is said in a thread replies to its first message
    if dialog is not None and dialog.kind in _WAITS_FOR_WORDS:
        # Of another piece than the one that was asked about nothing is answered.
        is_other = dialog.kind == "review" and bool(inbound.reply_to)
        if not is_other or await _replied_to(ctx, inbound) == dialog.subject_id:
            return False
    return await _took_reply(ctx, inbound, route)


async def followed(ctx: Ctx, inbound: Inbound, route: Route) -> bool:
    """Take a wish in a piece's thread, or a short one right after it, as its change."""
    if inbound.channel is ChannelName.SLACK and await _took_reply(ctx, inbound, route):
        return True
    if _is_new(route) or not is_wish(route.brief):
        return False
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    here = ctx.caller.conversation_id
    output_id = await revise_queries.just_shown(ctx.session, here, origin.inbox_id)
    if output_id is None:
        return False
    await _revise(ctx, output_id, route.brief, "")
    return True


async def _took_reply(ctx: Ctx, inbound: Inbound, route: Route) -> bool:
    if not inbound.reply_to or _is_new(route) or _is_none(route.brief):
        return False
    output_id = await _replied_to(ctx, inbound)
    if output_id is None:
        return False
    # What is quoted here was picked out of our own words.
    part = next((q.text for q in inbound.quoted if not q.forwarded), "")
    await _revise(ctx, output_id, route.brief, part)
    return True


async def about(
    ctx: Ctx, inbound: Inbound, call: chat.Typed | None
) -> chat.Typed | None:
    """The call, of the very piece that it replies to: "as docx"."""
    if call is None or call.op is not export_output or not inbound.reply_to:
        return call
    output_id = await _replied_to(ctx, inbound)
    if output_id is None:
        return call
    return chat.Typed(call.op, {**call.raw, "output_id": output_id})


def is_wish(text: str) -> bool:
    """Whether words can only be about what stands there, and are no command."""
    # "In German" is a setting, too, where there is nothing to put into German.
    call = chat.heard(text)
    return wishes.is_wish(text) and (call is None or call.op is set_language)


def _is_none(text: str) -> bool:
    """Whether a reply wishes for nothing: thanks, a question, "skip", a command.

    Commands that change things may speak of the piece: "restore the first line".
    """
    call = chat.heard(text)
    is_command = call is not None and (
        call.op.effect is Effect.READ or call.op in (cancel_run, new_client)
    )
    is_said = wishes.is_aside(text) or wishes.is_question(text)
    return is_command or is_said or asides.is_way_out(text)


def _is_new(route: Route) -> bool:
    if route.method == "phrase":
        return not wishes.is_of_a_part(route.brief)
    return route.method == "command"


async def _replied_to(ctx: Ctx, inbound: Inbound) -> UUID | None:
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    run_id = await deliveries.run_of(ctx.session, ctx.origin, inbound.reply_to)
    found = run_id and await revise_queries.of_run(ctx.session, run_id)
    if not found:
        return None
    if inbound.channel is ChannelName.SLACK:
        # A thread names the message it hangs on, whichever version is spoken of.
        return await revise_queries.newest(ctx.session, found)
    return found


async def _revise(ctx: Ctx, output_id: UUID, wish: str, part: str) -> None:
    raw = {
        "output_id": output_id,
        "instruction": wish.strip()[:MOST],
        "part": part[:MOST],
    }
    await invoke(revise_output, ctx, raw)
