"""A piece sent back as it should read: kept as a lesson, not taken as a request."""

from uuid import UUID

from agent.ctx import Ctx
from agent.errors import NotFound
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.runs import amending, output_queries, revise_queries
from agent.runs.amend_operations import keep_edit
from bot import render, wishes
from bot.answers import keep, reply
from channels.contract import Inbound

REVIEW = "review"
"""The dialog that asks what was off: a text put right answers it as well."""


async def took(ctx: Ctx, dialog: Dialog | None, inbound: Inbound, text: str) -> bool:
    """Keep a changed piece as how it should read; False when it is something else.

    It is one when it replies to a piece, or comes right after it, repeats much of it
    word for word, and no line of it says what should be done. It answers what was off.
    """
    is_asked = dialog is not None and dialog.kind != REVIEW
    if is_asked or len(text.split()) < amending.LEAST:
        return False
    output_id = await _meant(ctx, inbound)
    row = output_id and await output_queries.output(ctx.session, output_id)
    if not row:
        return False
    try:
        piece = (await ctx.objects.get(row["storage_key"])).decode("utf-8", "replace")
    except NotFound:
        return False
    if _says_what_to_do(text, piece) or not amending.changes(piece, text):
        return False
    await keep(ctx)
    if dialog is not None:
        await conversations.close(ctx.session, dialog.id, "completed")
    kept = await invoke(keep_edit, ctx, {"output_id": output_id, "text": text})
    await reply(ctx, render.result(kept))
    return True


async def _meant(ctx: Ctx, inbound: Inbound) -> UUID | None:
    origin = ctx.origin
    assert origin is not None  # noqa: S101 - a chat's call has an origin
    if inbound.reply_to:
        run_id = await deliveries.run_of(ctx.session, origin, inbound.reply_to)
        found = run_id and await revise_queries.of_run(ctx.session, run_id)
        return found or None
    here = ctx.caller.conversation_id
    return await revise_queries.just_shown(ctx.session, here, origin.inbox_id)


def _says_what_to_do(text: str, piece: str) -> bool:
    """Whether its first or last line is a wish or a question that is new."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return any(
        line not in piece
        and (wishes.is_wish(line.rstrip(" :")) or wishes.is_question(line))
        for line in (lines[0], lines[-1])
    )
