"""What can be asked of a run that waits for a person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.gate import ensure_role
from agent.mailroom import deliveries
from agent.memory import conversations
from agent.operation import Command, Effect, Surface, operation
from agent.runs import approvals, pause_messages, pause_queries
from agent.runs.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    ElsewhereRun,
    QuestionClosed,
    RunNotFound,
)
from agent.runs.pause_queries import Pause
from agent.runs.pause_schemas import (
    AnswerRun,
    Decided,
    DecideDraft,
    Decision,
    DraftLine,
    Drafts,
    OneDraft,
    Replied,
    Revising,
)
from agent.shapes import Order, Paged

ANSWERED = "run.answered"
DECIDED = "run.decided"
NEWEST_DRAFTS = Order("drafts", UUID)

STATUS = {
    Decision.APPROVE: "approved",
    Decision.REVISE: "revision_requested",
    Decision.REJECT: "rejected",
}


@operation(
    "runs.answer",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def answer_run(ctx: Ctx, p: AnswerRun) -> Replied:
    """Answer what a run asks; without words it uses its own judgement.

    Raises:
        RunNotFound: There is no such run.
        ElsewhereRun: It belongs to a chat that is closed to the caller.
        QuestionClosed: It was answered, or is no longer asked.
    """
    at = Pause(p.run_id, p.attempt, f"ask-{p.number}")
    asked = await _asked(ctx, at)
    # As with stopping: who cannot read the answer must not steer it.
    reply = await deliveries.reply_of(ctx.session, at.run_id)
    if reply is None:
        raise ElsewhereRun(asked["number"])
    answer = conversations.redact(p.text.strip())
    came = {
        "answer": answer,
        "how": "person" if answer else "judgement",
        "by": str(ctx.caller.user_id),
        "shown": True,
    }
    if not await pause_queries.resume(ctx.session, at, came):
        raise _closed(ctx, await _asked(ctx, at), at)
    await _told(ctx, ANSWERED, at)
    after = pause_messages.answered(at, asked["input"], came)
    await deliveries.show(ctx.session, reply, after)
    return Replied(
        run_id=p.run_id,
        number=asked["number"],
        question=asked["input"]["question"],
        answer=answer,
        default=asked["input"]["default"],
    )


@operation(
    "runs.decide",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def decide_draft(ctx: Ctx, p: DecideDraft) -> Decided:
    """Approve a draft, send it back with a change, or reject it.

    Raises:
        ApprovalNotFound: No such draft waits here.
        Forbidden: The draft needs a yes from somebody higher.
        AlreadyDecided: Somebody was quicker, or it is no longer asked about.
        BadInput: It is to be revised, and nothing says how.
    """
    feedback = conversations.redact(p.feedback.strip())
    if p.decision is Decision.REVISE and not feedback:
        raise BadInput(
            "What should change?", hint='Write, for example, "Revise: shorter".'
        )
    row = await _draft(ctx, p)
    at = Pause(row["run_id"], row["request"]["attempt"], f"approve-{row['version']}")
    reply = await deliveries.reply_of(ctx.session, at.run_id)
    came = {
        "decision": p.decision.value,
        "feedback": feedback,
        "by": str(ctx.caller.user_id),
        # Whoever decides from another chat leaves it to the run to show it there.
        "shown": reply is not None,
    }
    kept = {
        "id": p.draft_id,
        "status": STATUS[p.decision],
        "user_id": ctx.caller.user_id,
        "channel": ctx.caller.channel,
        "feedback": feedback or None,
    }
    # The run first, as everywhere; a row that a sweep expired undoes it all.
    is_first = await _resume(ctx, at, came)
    if not is_first or not await approvals.decide(ctx.session, kept):
        raise _decided(ctx, await _draft(ctx, p))
    await _told(ctx, DECIDED, at, decision=p.decision.value)
    if reply is not None:
        by = await approvals.name_of(ctx.session, ctx.caller.user_id)
        after = pause_messages.decided(at, reply["payload"], came, by)
        await deliveries.show(ctx.session, reply, after)
    return Decided(
        run_id=at.run_id,
        number=row["number"],
        version=at.number,
        decision=p.decision,
        feedback=feedback,
    )


@operation(
    "runs.revise",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def revise_draft(ctx: Ctx, p: OneDraft) -> Revising:
    """Send a draft back; what should change is asked next.

    Raises:
        ApprovalNotFound: No such draft waits here.
        Forbidden: The draft needs a decision by somebody higher.
        AlreadyDecided: Somebody was quicker, or it is no longer asked about.
    """
    row = await _draft(ctx, p)
    if row["status"] != "pending":
        raise _decided(ctx, row)
    return Revising(draft_id=p.draft_id, run_id=row["run_id"], number=row["number"])


@operation(
    "runs.approvals",
    effect=Effect.READ,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("approvals", in_menu=True),
    example={"limit": 20},
)
async def list_approvals(ctx: Ctx, p: Paged) -> Drafts:
    """List the drafts that wait for your yes.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    roles = [role.name.lower() for role in Role if role <= ctx.caller.role]
    before = NEWEST_DRAFTS.after(p)
    found = await approvals.pending(ctx.session, roles, p.limit + 1, before=before)
    rows, more = NEWEST_DRAFTS.cut(found, p, lambda row: row["draft_id"])
    return Drafts(lines=[DraftLine(**row) for row in rows], next_cursor=more)


async def _asked(ctx: Ctx, at: Pause) -> RowMapping:
    row = await pause_queries.step(ctx.session, at)
    if row is None or row["input"] is None:
        raise RunNotFound(0)
    return row


def _closed(ctx: Ctx, asked: RowMapping, at: Pause) -> QuestionClosed:
    came = asked["output"] or {}
    if at.attempt != asked["newest"] or asked["status"] == "skipped":
        return QuestionClosed(
            "That question is closed: the run was stopped or started again.",
            hint=f"/run {asked['number']} shows where it stands.",
        )
    if came.get("how") == "timeout":
        return QuestionClosed(
            f"Thank you, but I had to go on without: {asked['input']['default']}.",
            hint=f"/retry {asked['number']} starts again, and I ask anew.",
        )
    mine = came.get("by") == str(ctx.caller.user_id)
    who = "You" if mine else asked["decided_by"] or "A colleague"
    said = f'"{came["answer"]}"' if came.get("answer") else "use your judgement"
    return QuestionClosed(f"{who} answered that already: {said}. I go by that.")


async def _draft(ctx: Ctx, p: OneDraft) -> RowMapping:
    row = await approvals.find(ctx.session, p.draft_id)
    if row is None:
        raise ApprovalNotFound
    ensure_role(ctx.caller, Role[row["required_role"].upper()])
    return row


def _decided(ctx: Ctx, row: RowMapping) -> AlreadyDecided:
    mine = row["decided_by_id"] == ctx.caller.user_id
    who = "you" if mine else row["decided_by"] or "a colleague"
    return AlreadyDecided(row["status"], who)


async def _resume(ctx: Ctx, at: Pause, came: Mapping[str, Any]) -> bool:
    if came["decision"] != Decision.REJECT:
        return await pause_queries.resume(ctx.session, at, came)
    error = ("rejected", came["feedback"] or "The draft was rejected.")
    return await pause_queries.resume(
        ctx.session, at, came, to="cancelled", error=error
    )


async def _told(ctx: Ctx, event: str, at: Pause, **more: Any) -> None:
    """Wake the run, once, and ask nobody any more."""
    kind = "decision" if at.is_approval else "answer"
    data = {"run_id": str(at.run_id), "attempt": at.attempt, "number": at.number}
    key = f"{at.run_id}:{at.attempt}:{kind}:{at.number}"
    await ctx.events.emit(ctx.session, event, data | more, key=key)
    await conversations.close_about(ctx.session, at.run_id)


OPERATIONS = (answer_run, decide_draft, revise_draft, list_approvals)
