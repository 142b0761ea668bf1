"""Asking for a run: the one place that writes all a request leaves behind."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from agent.billing import budgets
from agent.clients import brands
from agent.ctx import Caller, Ctx
from agent.errors import BadInput, NotFound
from agent.mailroom import deliveries, receipts
from agent.mailroom.schemas import Choice, Message
from agent.memory import attachments, conversations
from agent.ports import SkillRef
from agent.runs import pause_queries, pinning, queries, queue, usual
from agent.runs.errors import AlreadyDone
from agent.runs.queue import Turn
from agent.runs.schemas import Started, StartRun

REQUESTED = "run.requested"
CANCELLED = "run.cancelled"
ASSISTANT = "assistant"
UNIQUE_VIOLATION = "23505"


class SkillNotFound(NotFound):
    """No skill of that name is loaded."""

    code = "skill_not_found"

    def __init__(self, name: str) -> None:
        """Name it, and how to see what there is."""
        super().__init__(
            f"I have no skill called {name}.", hint="/skills lists what I can do."
        )


async def start(
    ctx: Ctx, p: StartRun, more: Mapping[str, Any] | None = None
) -> Started:
    """Write the request down and hand it to the engine, all in one transaction.

    ``more``: what else the run's ``input`` is to say, such as what it revises; files in
    it go before those of the request.

    Raises:
        SkillNotFound: There is no such skill.
        AlreadyDone: This very message was worked on before.
        ClientGone, ClientArchived: The client it is for is not in use.
        NearClients: The brief may mean several clients, and nobody is there to ask.
    """
    skill = _skill(ctx, p.skill)
    brief = p.brief or await _said(ctx, p.message_id)
    run_id = ctx.ids.new()
    turn = await _turn(ctx, skill, p)
    receipt = await _receipt(ctx)
    delivery_id = receipt or (ctx.ids.new() if ctx.origin else None)
    values = {
        "run_id": run_id,
        "workspace_id": ctx.caller.workspace_id,
        "user_id": ctx.caller.user_id,
        "conversation_id": ctx.caller.conversation_id,
        **await pinning.pin(ctx, skill, await _client(ctx, p, brief)),
        "kind": "skill" if skill else "chat",
        "brief": brief,
        "input": json.dumps(
            {"brief": brief, **_all(await _brought(ctx, p, turn), more or {})}
        ),
        "message_id": p.message_id or (ctx.ids.new() if ctx.origin else None),
        "delivery_id": delivery_id,
        **_asked(ctx, run_id, is_new=p.message_id is None),
        **({"recipient": None} if receipt else {}),
        "payload": json.dumps(_placeholder(ctx, skill, run_id, turn)),
    }
    try:
        number = await queries.enqueue(ctx.session, values)
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        raise AlreadyDone("I am on that already.") from error
    if receipt:
        shown = json.loads(values["payload"])
        await receipts.become(ctx.session, receipt, shown, run_id=run_id)
    await _request(ctx, run_id, attempt=1, kind=values["kind"])
    return Started(run_id=run_id, number=number, delivery_id=delivery_id)


async def again(ctx: Ctx, run_id: UUID, *, attempt: int, kind: str) -> None:
    """Ask the engine for the next attempt; the old message says so."""
    await deliveries.show_for_run(
        ctx.session,
        run_id,
        Message("Trying again...", choices=(_stop(run_id),)),
    )
    await _request(ctx, run_id, attempt=attempt, kind=kind)


async def cancelled(ctx: Ctx, run_id: UUID, *, attempt: int) -> None:
    """Tell the engine to stop, and say so where the answer would have been.

    What its calls hold is free at once: nobody may be left to settle it.
    """
    await pause_queries.drop(ctx.session, run_id)
    await conversations.close_about(ctx.session, run_id)
    reply = await deliveries.reply_of(ctx.session, run_id)
    if reply is not None:
        stopped = _stopped(run_id, reply["partial"] or "")
        await deliveries.show(ctx.session, reply, stopped)
    here = ctx.caller.workspace_id
    await budgets.release_earlier(ctx.session, here, run_id, attempt + 1)
    await ctx.events.emit(
        ctx.session,
        CANCELLED,
        {"run_id": str(run_id), "attempt": attempt},
        key=f"{run_id}:{attempt}:cancelled",
    )


async def superseded(ctx: Ctx, run_id: UUID, *, attempt: int, kind: str) -> None:
    """Let the engine end the attempt before this one, and begin this one."""
    await ctx.events.emit(
        ctx.session,
        CANCELLED,
        {"run_id": str(run_id), "attempt": attempt - 1},
        key=f"{run_id}:{attempt - 1}:cancelled",
    )
    await _request(ctx, run_id, attempt=attempt, kind=kind)


async def _request(ctx: Ctx, run_id: UUID, *, attempt: int, kind: str) -> None:
    data = facts(ctx.caller, run_id, attempt=attempt, kind=kind)
    await ctx.events.emit(ctx.session, REQUESTED, data, key=f"{run_id}:{attempt}")


def facts(caller: Caller, run_id: UUID, *, attempt: int, kind: str) -> dict[str, Any]:
    """What the event of an attempt says: which one, of what, for whom, and where."""
    here = caller.conversation_id
    return {
        "run_id": str(run_id),
        "attempt": attempt,
        "kind": kind,
        "workspace_id": str(caller.workspace_id),
        "user_id": str(caller.user_id),
        "chat_id": str(caller.chat_id) if caller.chat_id else None,
        "conversation_id": here and str(here),
        # Runs of one conversation wait for each other; one without waits for none.
        "lane": str(here or run_id),
        "channel": caller.channel,
    }


async def _receipt(ctx: Ctx) -> UUID | None:
    """The word that files came, which becomes the message that answers."""
    if ctx.origin is None or not ctx.origin.files:
        return None
    return await receipts.find(ctx.session, f"{ctx.origin.key}:reply")


async def _turn(ctx: Ctx, skill: SkillRef | None, p: StartRun) -> Turn | None:
    if ctx.origin is None:
        return None
    skill_id = skill.id if skill else None
    return await queue.turn(ctx, ctx.origin, skill_id, kept=p.message_id)


async def _brought(ctx: Ctx, p: StartRun, turn: Turn | None) -> dict[str, Any]:
    """What others wrote that came along: quoted words, and files."""
    origin = ctx.origin
    quoted = origin.quoted if origin else ()
    told = [{"source": source, "text": text} for source, text in quoted]
    files = [one["asset_id"] for one in origin.attachments] if origin else []
    files += [str(one) for one in turn.files] if turn else []
    if p.message_id is not None:
        files += map(str, await attachments.of(ctx.session, p.message_id))
    brought = {"quoted": told, "files": list(dict.fromkeys(files))}
    return {name: found for name, found in brought.items() if found}


def _all(brought: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    files = dict.fromkeys([*more.get("files", ()), *brought.get("files", ())])
    return {**brought, **more, **({"files": list(files)} if files else {})}


async def _client(ctx: Ctx, p: StartRun, brief: str) -> UUID | None:
    """Whom the run is for. In a chat that was settled before, with the person."""
    if p.client_id is not None:
        await brands.ensure_in_use(ctx.session, p.client_id)
        return p.client_id
    here = ctx.caller.client_id
    if ctx.origin is not None:
        return here
    return await brands.about(ctx.session, brief, current=here)


def _skill(ctx: Ctx, name: str) -> SkillRef | None:
    if name == ASSISTANT:
        return None
    found = ctx.skills.find(name)
    if found is None:
        raise SkillNotFound(name)
    return found


async def _said(ctx: Ctx, message_id: UUID | None) -> str:
    said = await conversations.text_of(ctx.session, message_id) if message_id else None
    if not said:
        raise BadInput("I no longer have that message.", hint="Please write it again.")
    return said


def _asked(ctx: Ctx, run_id: UUID, *, is_new: bool) -> dict[str, Any]:
    origin = ctx.origin
    if origin is None:
        return _nowhere(run_id)
    routing = origin.routing
    return {
        "said": conversations.redact(origin.text) if is_new else None,
        "attachments": json.dumps(origin.attachments),
        "inbox_id": origin.inbox_id,
        "channel": origin.channel,
        "account": origin.account,
        "chat": origin.chat,
        "thread": origin.thread,
        "channel_message_id": origin.message_id,
        "recipient": origin.recipient,
        "key": origin.key,
        "dedupe_key": f"{origin.key}:reply",
        "metadata": json.dumps({"reasons": routing.get("reasons", [])}),
        "method": routing.get("method"),
        "language": routing.get("language"),
        "routed": routing.get("text"),
        "confidence": routing.get("confidence"),
        "candidates": json.dumps(routing.get("candidates", [])),
    }


def _nowhere(run_id: UUID) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("said", "inbox_id", "channel", "account", "chat", "thread", "recipient")
    )
    return {
        **empty,
        "channel_message_id": None,
        "attachments": "[]",
        "key": str(run_id),
        "dedupe_key": f"{run_id}:reply",
        "metadata": "{}",
        "method": None,
        "language": None,
        "routed": None,
        "confidence": None,
        "candidates": "[]",
    }


def _placeholder(
    ctx: Ctx, skill: SkillRef | None, run_id: UUID, turn: Turn | None
) -> dict[str, Any]:
    if ctx.origin is None or turn is None:
        return {}  # nobody waits in a chat: no message answers
    text = usual.working_on(skill.title, turn.usually) if skill else "Thinking..."
    choice = replace(_stop(run_id), label="Cancel") if turn.waits else _stop(run_id)
    message = Message(text, choices=(choice,), placeholder=text)
    payload = message.payload(ctx.origin.extra)
    return payload | ({"progress": turn.waits, "queued": True} if turn.waits else {})


def _stopped(run_id: UUID, so_far: str) -> Message:
    """What was written stays; and the way to have it written after all."""
    said = "Stopped. Nothing more will be written for this one."
    again = (Choice("Again", "runs.retry", {"run_id": str(run_id)}),)
    if not so_far.strip():
        return Message(said, choices=again)
    return Message(so_far, choices=again, note=said, is_cut=True)


def _stop(run_id: UUID) -> Choice:
    return Choice("Stop", "runs.cancel", {"run_id": str(run_id)})
