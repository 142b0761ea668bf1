"""Cards: a call that needs a yes, asked for in words, and made when it is pressed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.errors import AgentError, Conflict, NeedsApproval
from agent.gate import invoke
from agent.mailroom import deliveries, notices
from agent.mailroom.notices import Notice
from agent.mailroom.schemas import Message
from agent.registry import BY_NAME
from agent.runs import consent_messages, consent_queries, consents
from agent.runs.consent_schemas import CallApproved, CallChanged, CallRefused
from agent.runs.consents import PRESSED, REPEATED, Asked, CallClosed
from bot import render
from bot.answers import reply
from bot.render import cards as words

PRESSES = frozenset({"runs.approve_call", "runs.refuse_call", "runs.change_call"})


class CallFailed(Conflict):
    """The press was good, but what it was to do was refused; nothing is done."""

    code = "call_failed"

    def __init__(self, why: AgentError) -> None:
        """Say why; what was to be done can be asked for again if it may yet work."""
        changed = isinstance(why, NeedsApproval)
        said = "What this would do has changed since it was asked. Ask anew."
        super().__init__(f"Nothing is done. {said if changed else why.said}")
        self.may_work_later = why.retryable


async def answer(ctx: Ctx, refused: AgentError) -> None:
    """Answer a call that was not made: with a card where a yes is missing."""
    if isinstance(refused, NeedsApproval):
        await ask(ctx, refused)
    else:
        await reply(ctx, render.refusal(refused))


async def ask(ctx: Ctx, needs: NeedsApproval) -> UUID:
    """Answer a person's call with a card; the press makes the very call. Its id."""
    question = await worded(ctx, needs)
    call_id = await consents.ask(ctx, needs, replace(PRESSED, summary=question))
    verb = words.verb(BY_NAME[needs.operation])
    await reply(ctx, consent_messages.card(call_id, question, verb))
    return call_id


async def ask_elsewhere(ctx: Ctx, needs: NeedsApproval) -> UUID:
    """Put a card for a program's call where its person is reached; the card's id.

    Once it is approved, the program calls again with the id as ``approval_id``.
    """
    question = await worded(ctx, needs)
    call_id = await consents.ask(ctx, needs, replace(REPEATED, summary=question))
    shown = consent_messages.card(call_id, question, "Approve")
    note = "Asked for with an API key of yours; it is told when you have decided."
    notice = Notice(f"call:{call_id}", "approval", replace(shown, note=note))
    caller = ctx.caller
    await notices.notify(ctx.session, caller.workspace_id, caller.user_id, notice)
    return call_id


async def ask_for_run(ctx: Ctx, needs: NeedsApproval, asked: Asked) -> UUID:
    """Put a card for a model's call where the run's answer will be; the card's id."""
    question = await worded(ctx, needs)
    call_id = await consents.ask(ctx, needs, replace(asked, summary=question))
    assert asked.run_id is not None  # noqa: S101 - a model's call belongs to a run
    card = consent_messages.card(call_id, question, "Approve", asked.run_id)
    await deliveries.show_for_run(ctx.session, asked.run_id, card)
    return call_id


async def worded(ctx: Ctx, needs: NeedsApproval) -> str:
    """What would happen to what, in plain words."""
    names = await consent_queries.names(ctx.session, _ids(needs.params))
    return words.question(BY_NAME[needs.operation], needs.params, names)


async def act(
    ctx: Ctx, delivery: RowMapping, approved: CallApproved
) -> BaseModel | None:
    """Make the call that was approved, once; None where somebody else makes it.

    Raises:
        CallFailed: It was refused; the press counts for nothing.
    """
    if approved.run_id is not None:
        return None  # the run makes it, and shows so
    await deliveries.show(
        ctx.session, delivery, Message(approved.summary, note="Approved.")
    )
    if not approved.by_press:
        return None
    caller = replace(ctx.caller, approval_id=approved.call_id)
    op = BY_NAME.get(approved.operation)
    try:
        if op is None:
            raise Conflict("I can no longer do that.")
        ctx = replace(ctx, caller=caller)
        done: BaseModel = await invoke(op, ctx, approved.params)
    except AgentError as refused:
        raise CallFailed(refused) from refused
    return done


async def drop(ctx: Ctx, delivery: RowMapping, refused: CallRefused) -> None:
    """Show that nothing is done."""
    if refused.run_id is None:
        note = "Cancelled; nothing is done."
        await deliveries.show(
            ctx.session, delivery, Message(refused.summary, note=note)
        )


async def close(ctx: Ctx, delivery: RowMapping, refused: AgentError) -> None:
    """Let a person's card say why a press came to nothing; it may be final."""
    if delivery["run_id"] is not None:
        return  # something else may stand there by now
    if isinstance(refused, CallFailed) and not refused.may_work_later:
        await consent_queries.withdraw(ctx.session, _call_id(delivery))
    elif not isinstance(refused, CallClosed):
        return
    shown = Message(delivery["payload"]["text"], note=refused.said)
    await deliveries.show(ctx.session, delivery, shown)


def _call_id(delivery: RowMapping) -> UUID:
    buttons = delivery["payload"]["buttons"]
    return next(
        UUID(b["params"]["call_id"]) for b in buttons if "call_id" in b["params"]
    )


def _ids(params: Mapping[str, Any]) -> dict[str, UUID]:
    return {
        field: UUID(str(value))
        for field, value in params.items()
        if field.endswith("_id") and value is not None
    }


__all__ = [
    "PRESSES",
    "CallChanged",
    "CallFailed",
    "act",
    "answer",
    "ask",
    "ask_elsewhere",
    "ask_for_run",
    "close",
    "drop",
    "worded",
]
