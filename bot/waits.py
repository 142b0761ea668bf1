"""What the steps of a run do when it waits for a person: ask, and see what came.

The rows are the truth, not the event that wakes the run: when an answer and the
time-out meet, whoever moved the run first has decided, and both find that here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Role
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.notices import Notice, notify_all
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.runs import (
    approvals,
    outputs,
    pause_messages,
    pause_queries,
    work_queries,
)
from agent.runs.calls import Job
from agent.runs.outputs import Output
from agent.runs.pause_queries import Pause
from agent.runs.pause_schemas import ANSWER_WITHIN, DECIDE_WITHIN
from bot import render
from bot.durable.steps import StepKey
from bot.jobs import job_of
from bot.services import Services
from bot.surfaces import chat
from db import faultpoints

faultpoints.declare("ask.shown", "approve.shown", "wait.over")

EXPIRED = "expired"


class Waits:
    """The waiting steps of ``run-skill`` over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services

    async def ask(
        self, key: StepKey, data: dict[str, Any], number: int, asked: Mapping[str, Any]
    ) -> bool:
        """Show the model's question; False when that was done, or the run stopped."""
        del key
        job = job_of(data)
        at = Pause(job.run_id, job.attempt, f"ask-{number}")
        async with self._services.tenant(job.caller) as session:
            is_new = await pause_queries.pause(session, at, asked)
            if is_new:
                by_words = await _listen(session, job, at, asked["question"])
                message = pause_messages.question(at, asked, by_words=by_words)
                await deliveries.show_for_run(session, job.run_id, message)
        faultpoints.reach("ask.shown")
        return is_new

    async def answered(self, key: StepKey, data: dict[str, Any], number: int) -> str:
        """How the question ended: ``person``, ``judgement`` or ``timeout``."""
        del key
        job = job_of(data)
        at = Pause(job.run_id, job.attempt, f"ask-{number}")
        late = {"answer": "", "how": "timeout"}
        came = await self._over(job, at, late)
        faultpoints.reach("wait.over")
        return str(came.get("how", "cancelled"))

    async def request(
        self, key: StepKey, data: dict[str, Any], number: int, written: dict[str, Any]
    ) -> bool:
        """Show the draft to whoever must say yes; False when that was done."""
        del key
        job = job_of(data)
        at = Pause(job.run_id, job.attempt, f"approve-{number}")
        draft_key = written["draft_key"]
        text = (await self._services.objects.get(draft_key)).decode()
        given = {"draft_key": draft_key, "role": written["approval"]}
        async with self._services.tenant(job.caller) as session:
            is_new = await pause_queries.pause(session, at, given)
            if is_new:
                await self._show_draft(session, job, at, given, text)
        faultpoints.reach("approve.shown")
        return is_new

    async def decided(self, key: StepKey, data: dict[str, Any], number: int) -> str:
        """What became of the draft: approve, revise, reject, or it is expired."""
        del key
        job = job_of(data)
        at = Pause(job.run_id, job.attempt, f"approve-{number}")
        late = {"decision": EXPIRED}
        came = await self._over(job, at, late)
        faultpoints.reach("wait.over")
        return str(came.get("decision", "cancelled"))

    async def _over(
        self, job: Job, at: Pause, late: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What ended the wait; when nothing did, it is ended as ``late`` says."""
        async with self._services.tenant(job.caller) as session:
            is_late = await _end(session, at, late)
            step = await pause_queries.step(session, at)
            came = step["output"] if step and step["status"] == "completed" else {}
            if step and came and not came.get("shown"):
                await _show(session, at, step)
            if is_late:
                await conversations.close_about(session, at.run_id)
        return came

    async def _show_draft(
        self,
        session: AsyncSession,
        job: Job,
        at: Pause,
        given: Mapping[str, Any],
        text: str,
    ) -> None:
        draft: dict[str, Any] = {
            "attempt": at.attempt,
            "draft_key": given["draft_key"],
            "title": outputs.title(text),
            "preview": text[: outputs.PREVIEW],
        }
        asked = await approvals.request(
            session, at, given["role"], draft, seconds=DECIDE_WITHIN.total_seconds()
        )
        if given["role"] != "member":
            await _call_for(session, job, asked, given["role"], draft["title"])
        reply = await deliveries.reply_of(session, at.run_id)
        if reply is None:
            return
        channel = self._services.channels.get(reply["channel"])
        fit: Callable[[str], list[str]] = channel.pages if channel else _whole
        opening, is_cut = render.opening(text, fit)
        message = pause_messages.draft(at, asked, opening, given["role"])
        note = chat.as_typed(message.note, reply["channel"])
        await deliveries.show(session, reply, replace(message, note=note))
        if is_cut:
            size = len(text.encode())
            whole = Output(asked, draft["title"], given["draft_key"], size)
            await _attach(session, job, at, reply, whole)


async def _call_for(
    session: AsyncSession, job: Job, asked: UUID, role: str, title: str
) -> None:
    """Tell whoever may say yes that they are waited for; the asker sees it anyway."""
    caller = job.caller
    run = await work_queries.run(session, job.run_id)
    by = await approvals.name_of(session, caller.user_id)
    message = pause_messages.wanted(title, run["number"], role, by)
    notice = Notice(f"draft:{asked}", "approval", message)
    lowest = Role[role.upper()]
    await notify_all(session, caller.workspace_id, lowest, notice, but=caller.user_id)


async def _listen(session: AsyncSession, job: Job, at: Pause, question: str) -> bool:
    """Take the person's next words here as the answer; False: they are busy."""
    if job.caller.conversation_id is None:
        return False
    await conversations.answer(session, job.caller, question, run_id=at.run_id)
    dialog = Dialog(
        id=at.run_id,
        kind="confirm",
        step=f"{at.attempt}:{at.number}",
        subject_type="run",
        subject_id=at.run_id,
    )
    minutes = int(ANSWER_WITHIN.total_seconds() // 60)
    return await conversations.ask_unless_busy(
        session, job.caller, dialog, minutes=minutes
    )


async def _end(session: AsyncSession, at: Pause, late: Mapping[str, Any]) -> bool:
    if not at.is_approval:
        return await pause_queries.resume(session, at, late)
    error = ("expired", "Nobody said yes to the draft in time.")
    is_late = await pause_queries.resume(session, at, late, to="timeout", error=error)
    if is_late:
        await approvals.expire(session, at.run_id)
    return is_late


async def _show(session: AsyncSession, at: Pause, step: RowMapping) -> None:
    reply = await deliveries.reply_of(session, at.run_id)
    if reply is None:
        return
    came, by = step["output"], step["decided_by"]
    message = (
        pause_messages.decided(at, reply["payload"], came, by)
        if at.is_approval
        else pause_messages.answered(at, step["input"], came)
    )
    await deliveries.show(session, reply, message)


async def _attach(
    session: AsyncSession, job: Job, at: Pause, reply: RowMapping, whole: Output
) -> None:
    """The whole draft as a file, where one message shows its beginning only."""
    place = deliveries.place_of(reply)
    owner = Owner(job.caller.workspace_id, job.caller.conversation_id)
    message = render.whole_draft(whole)
    key = f"run:{at.run_id}:{at.attempt}:{at.name}"
    await deliveries.plan(session, place, message, owner=owner, key=key)


def _whole(text: str) -> list[str]:
    return [text]  # a door of another process will page it
