"""What can be asked about calls that wait for a person's yes.

Pressed only, in a chat or on a page: neither typed by a program nor chosen by a model.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.mailroom import deliveries
from agent.memory import conversations
from agent.operation import Effect, Surface, operation
from agent.ports import Change
from agent.runs import consent_messages, consents, pause_queries
from agent.runs.consent_schemas import (
    CallApproved,
    CallChanged,
    CallRefused,
    ChangeCall,
    OneCall,
)
from agent.runs.pause_queries import Pause

CONSENTED = "run.consented"


@operation(
    "runs.approve_call",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.BUTTON},
)
async def approve_call(ctx: Ctx, p: OneCall) -> CallApproved:
    """Let a call that waits be made, once, with exactly its parameters.

    Raises:
        CallNotFound, CallClosed, Forbidden: See ``consents.open_one``.
    """
    row = await consents.open_one(ctx, p.call_id)
    await _decided(ctx, row, "approved")
    request = row["request"]
    return CallApproved(
        **_told(row), params=request["params"], by_press=request["by_press"]
    )


@operation(
    "runs.refuse_call",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.BUTTON},
)
async def refuse_call(ctx: Ctx, p: OneCall) -> CallRefused:
    """Turn a call down that waits; nothing is done.

    Raises:
        CallNotFound, CallClosed, Forbidden: See ``consents.open_one``.
    """
    row = await consents.open_one(ctx, p.call_id)
    await _decided(ctx, row, "rejected")
    return CallRefused(**_told(row))


@operation(
    "runs.change_call",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.BUTTON},
)
async def change_call(ctx: Ctx, p: ChangeCall) -> CallChanged:
    """Have the model plan a waiting call differently; without words, be asked for them.

    Raises:
        CallNotFound, CallClosed, Forbidden: See ``consents.open_one``.
        BadInput: A person's own call is meant; there is nobody to plan it anew.
    """
    row = await consents.open_one(ctx, p.call_id)
    if row["run_id"] is None:
        raise BadInput("I cannot change that.", hint="Press Cancel and ask anew.")
    text = conversations.redact(p.text.strip())
    if text:
        await _decided(ctx, row, "revision_requested", text)
    return CallChanged(**_told(row), text=text)


def _told(row: RowMapping) -> dict[str, Any]:
    request = row["request"]
    return {
        "call_id": row["id"],
        "run_id": row["run_id"],
        "operation": request["operation"],
        "summary": request["summary"],
    }


async def _decided(ctx: Ctx, row: RowMapping, status: str, text: str = "") -> None:
    came = {
        "decision": status,
        "feedback": text,
        "by": str(ctx.caller.user_id),
        "call_id": str(row["id"]),
    }
    # The run first, as everywhere; a row that was decided meanwhile undoes it all.
    if row["run_id"] is not None:
        await _resume(ctx, row, came)
    await consents.decide(ctx, row["id"], status, feedback=text)
    change = {"operation": row["request"]["operation"], "status": status}
    ctx.changed(Change("approval", str(row["id"]), {"status": "pending"}, change))


async def _resume(ctx: Ctx, row: RowMapping, came: Mapping[str, Any]) -> None:
    """Let the run go on, and show what was decided where its answer will be."""
    attempt, _, name = row["request"]["pause"].partition(":")
    at = Pause(row["run_id"], int(attempt), name)
    reply = await deliveries.reply_of(ctx.session, at.run_id)
    shown = {**came, "shown": reply is not None}
    if not await pause_queries.resume(ctx.session, at, shown):
        now = await consents.find(ctx.session, row["id"])
        raise consents.closed(ctx.caller, dict(now or row))
    data = {"run_id": str(at.run_id), "attempt": at.attempt, "number": at.number}
    key = f"{at.run_id}:{at.attempt}:consent:{at.number}"
    await ctx.events.emit(ctx.session, CONSENTED, data, key=key)
    await conversations.close_about(ctx.session, at.run_id)
    if reply is not None:
        after = consent_messages.decided(row["request"], came)
        await deliveries.show(ctx.session, reply, after)


OPERATIONS = (approve_call, refuse_call, change_call)
