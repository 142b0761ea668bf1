"""What the assistant's steps do: think, call a tool, show a card, act on what came."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from uuid import UUID

import inngest
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller
from agent.errors import AgentError, NeedsApproval
from agent.llm.port import ModelFailed, Tool
from agent.llm.prompt import wrap_outside
from agent.mailroom import deliveries
from agent.runs import (
    approvals,
    assistant,
    assistant_queries,
    consent_messages,
    pause_queries,
)
from agent.runs.calls import Cancelled, Job
from agent.runs.consents import Asked
from agent.runs.pause_queries import Pause
from bot import cards
from bot.durable.steps import StepKey
from bot.jobs import job_of
from bot.services import Services
from bot.surfaces import tools
from bot.surfaces.tools import Spoken
from bot.tool_calls import ToolCall, ToolCalls
from bot.work import SkillWork, again
from db import faultpoints

faultpoints.declare("consent.shown", "consent.over")

log = structlog.get_logger()

Data = dict[str, Any]

CAME = {
    "rejected": "The person declined. Nothing was done; do not try another way.",
    "expired": "Nobody decided within a week. Nothing was done.",
}


class AssistWork:
    """The steps of ``assist`` over the real services."""

    def __init__(self, services: Services, work: SkillWork) -> None:
        """Work with ``services``; ``work`` delivers and gives up."""
        self._services = services
        self._work = work
        self._calls = ToolCalls(services)

    async def think(self, key: StepKey, data: Data, number: int) -> Data:
        """Have the model answer, or ask for tools."""
        del key  # the ledger's own key outlives a replay
        job = job_of(data, f"think-{number}")
        try:
            thought = await assistant.think(self._services.bench, job, number, _offer)
        except Cancelled:
            return {"draft_key": "", "stop": "cancelled", "calls": 0}
        except ModelFailed as error:
            raise again(error) from error
        except AgentError as error:
            raise inngest.NonRetriableError(error.said) from error
        log.info("run.thought")
        return asdict(thought)

    async def call(self, key: StepKey, data: Data, number: int, place: int) -> Data:
        """Call a tool; ``{"needs": ...}`` where a person must say yes to it first."""
        del key
        call = ToolCall(job_of(data), number, place)
        with _final():
            use, status = await self._calls.begin(call)
            if not status:
                return {"stopped": True}
            return await self._calls.make(call, use, status)

    async def ask(self, key: StepKey, data: Data, number: int, needs: Data) -> bool:
        """Show the card of a call that waits; False when that was done."""
        del key
        job = job_of(data)
        at = Pause(job.run_id, job.attempt, f"consent-{number}")
        held = NeedsApproval(
            needs["operation"], needs["hash"], needs["params"], role=needs["role"]
        )
        async with self._services.ctx(job.caller) as ctx:
            is_new = await pause_queries.pause(ctx.session, at, needs)
            if is_new:
                asked = Asked(run_id=job.run_id, pause=f"{job.attempt}:{at.name}")
                await cards.ask_for_run(ctx, held, asked)
        faultpoints.reach("consent.shown")
        return is_new

    async def decided(
        self, key: StepKey, data: Data, number: int, at: tuple[int, int]
    ) -> Data:
        """Do what was decided about a waiting call; ``at`` is its round and place."""
        del key
        job = job_of(data)
        call = ToolCall(job, *at)
        came, needs = await self._over(job, number)
        faultpoints.reach("consent.over")
        match came.get("decision"):
            case None:
                return {"stopped": True}
            case "approved":
                consent = UUID(came["call_id"])
                return await self._calls.approved(call, needs, consent)
            case "revision_requested":
                said = await self._wish(job, came)
            case decision:
                said = CAME[decision]
        return await self._calls.finish(call, {"content": said, "is_error": False})

    async def deliver(self, key: StepKey, data: Data, thought: Data) -> str:
        """Show the answer where it was asked."""
        return await self._work.deliver(key, data, thought)

    async def give_up(self, key: StepKey, data: Data, error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        return await self._work.give_up(key, data, error)

    async def _wish(self, job: Job, came: Data) -> str:
        """What is wanted instead; a colleague may say no, but not what else is done."""
        if came["by"] == str(job.caller.user_id):
            wish = f"The person wants this first: {came['feedback']}\nNothing was "
            return f"{wish}done yet. Call it again, changed, or ask them."
        async with self._services.tenant(job.caller) as session:
            await assistant_queries.taint(session, job.run_id)
        wrote = wrap_outside(came["feedback"], "a colleague")
        return (
            f"A colleague did not approve it as it is, and wrote:\n{wrote}\n"
            "Nothing was done. Tell the person, and ask whether they want that."
        )

    async def _over(self, job: Job, number: int) -> tuple[Data, Data]:
        """What ended the wait, and what was waited for; nobody: it is ended now."""
        at = Pause(job.run_id, job.attempt, f"consent-{number}")
        late = {"decision": "expired"}
        async with self._services.tenant(job.caller) as session:
            if await pause_queries.resume(session, at, late):
                await approvals.expire(session, job.run_id)
                await _show_late(session, job)
            step = await pause_queries.step(session, at)
        if step is None or step["status"] != "completed":
            return {}, {}
        return dict(step["output"]), dict(step["input"])


@contextmanager
def _final() -> Iterator[None]:
    """A refusal ends the run: who asked is no member any more."""
    try:
        yield
    except AgentError as error:
        raise inngest.NonRetriableError(error.said) from error


def _offer(caller: Caller, said: str, earlier: Sequence[str]) -> list[Tool]:
    chosen = tools.offered(caller, Spoken(said, tuple(earlier)))
    return [tools.tool(op) for op in chosen]


async def _show_late(session: AsyncSession, job: Job) -> None:
    reply = await deliveries.reply_of(session, job.run_id)
    if reply is not None:
        shown = {"summary": reply["payload"]["text"]}
        after = consent_messages.decided(shown, {"decision": "expired"})
        await deliveries.show(session, reply, after)
