"""A person's words as what a waiting run waits for: an answer, or a decision."""

import re
from uuid import UUID

from agent.ctx import Ctx
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.runs import approvals, pause_queries
from agent.runs.consent_operations import change_call
from agent.runs.consent_schemas import CallChanged
from agent.runs.pause_operations import answer_run, decide_draft
from agent.runs.pause_queries import Pause
from agent.runs.pause_schemas import Decision, Revising
from bot import render
from bot.answers import reply
from bot.router import Route

REVISION_MINUTES = 60

_VERDICT = re.compile(
    r"(?P<word>approved?|revise|reject(?:ed)?)\b[\s:,.!-]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ORDER = re.compile(
    r"\W*(?:please\s+|now\s+)?(?:write|draft|create|plan|review|audit|edit|build)\s",
    re.IGNORECASE,
)
"""How requests begin, and answers seldom do."""
_LONGEST_YES = 60
"""Characters: "Approve the budget of the spring campaign ..." is no yes to a draft."""


async def take(ctx: Ctx, dialog: Dialog, text: str, route: Route) -> bool:
    """Take a message as what is waited for; False when nothing waits any more.

    A plain new request is none: what is asked stays open, for a button or other words.
    """
    if route.method == "phrase" and _ORDER.match(text):
        return False
    assert dialog.subject_id is not None  # noqa: S101 - it is about a run
    waiting = await pause_queries.waiting(ctx.session, dialog.subject_id)
    if "call_id" in dialog.answers:
        return await _change(ctx, dialog, waiting, text)
    if "draft_id" in dialog.answers:
        return await _revision(ctx, dialog, waiting, text)
    if waiting is None or dialog.step != f"{waiting.attempt}:{waiting.number}":
        await conversations.close(ctx.session, dialog.id, "expired")
        return False
    await _answer(ctx, waiting, text)
    return True


async def heard(ctx: Ctx, reply_to: str, text: str) -> bool:
    """Take a message that nobody asked for just now; False when it is none of these.

    "Revise: shorter" decides about this conversation's draft, and a reply to a
    question answers it, whoever of the members replies.
    """
    if (verdict := _verdict(text)) is not None and await _verdict_on(ctx, *verdict):
        return True
    waiting = await _replied_to(ctx, reply_to) if reply_to else None
    if waiting is None or waiting.is_approval:
        return False
    await _answer(ctx, waiting, text)
    return True


async def begin_revision(ctx: Ctx, revising: Revising) -> None:
    """Ask what should change, and take the next words as that."""
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="confirm",
        step="revise",
        answers={"draft_id": str(revising.draft_id)},
        subject_type="run",
        subject_id=revising.run_id,
    )
    await conversations.ask(ctx.session, ctx.caller, dialog, minutes=REVISION_MINUTES)
    await reply(ctx, Message("What should change? Write it in a line or two."))


async def begin_change(ctx: Ctx, changed: CallChanged) -> None:
    """Ask what the model should plan differently, and take the next words as that."""
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="confirm",
        step="change",
        answers={"call_id": str(changed.call_id)},
        subject_type="run",
        subject_id=changed.run_id,
    )
    await conversations.ask(ctx.session, ctx.caller, dialog, minutes=REVISION_MINUTES)
    await reply(ctx, Message("What should be different? Write it in a line or two."))


async def _answer(ctx: Ctx, waiting: Pause, text: str) -> None:
    raw = {
        "run_id": waiting.run_id,
        "attempt": waiting.attempt,
        "number": waiting.number,
        "text": text,
    }
    replied = await invoke(answer_run, ctx, raw)
    await reply(ctx, render.result(replied))


async def _revision(ctx: Ctx, dialog: Dialog, waiting: Pause | None, text: str) -> bool:
    await conversations.close(ctx.session, dialog.id, "completed")
    if waiting is None or not waiting.is_approval:
        return False
    verdict = _verdict(text) or (Decision.REVISE, text)
    await _decide(ctx, UUID(dialog.answers["draft_id"]), *verdict)
    return True


async def _change(ctx: Ctx, dialog: Dialog, waiting: Pause | None, text: str) -> bool:
    await conversations.close(ctx.session, dialog.id, "completed")
    if waiting is None or not waiting.is_approval:
        return False
    raw = {"call_id": dialog.answers["call_id"], "text": text}
    changed = await invoke(change_call, ctx, raw)
    await reply(ctx, render.result(changed))
    return True


async def _verdict_on(ctx: Ctx, decision: Decision, feedback: str) -> bool:
    assert ctx.caller.conversation_id is not None  # noqa: S101 - ensured before
    here = ctx.caller.conversation_id
    asked = await approvals.pending_in(ctx.session, here)
    if asked is None:
        return False
    await _decide(ctx, asked, decision, feedback)
    return True


async def _decide(ctx: Ctx, draft_id: UUID, decision: Decision, feedback: str) -> None:
    raw = {"draft_id": draft_id, "decision": decision, "feedback": feedback}
    decided = await invoke(decide_draft, ctx, raw)
    await reply(ctx, render.result(decided))


async def _replied_to(ctx: Ctx, message_id: str) -> Pause | None:
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    run_id = await deliveries.run_of(ctx.session, ctx.origin, message_id)
    return await pause_queries.waiting(ctx.session, run_id) if run_id else None


def _verdict(text: str) -> tuple[Decision, str] | None:
    found = _VERDICT.fullmatch(text.strip())
    if found is None:
        return None
    word, rest = found["word"].casefold(), found["rest"].strip()
    decision = next(d for d in Decision if word.startswith(d.value))
    if decision is Decision.APPROVE and len(rest) > _LONGEST_YES:
        return None
    return decision, rest
