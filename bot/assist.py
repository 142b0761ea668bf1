"""What the assistant's steps do: think, call a tool, show a card, act on what came.

A tool's call and its record are one transaction, so that after a crash it is either not
done or known to be done. What no rollback undoes (a mail, another role's transaction)
is noted before it happens: found again in the middle, it is never done a second time.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

import inngest
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Ctx, Origin
from agent.errors import AgentError, NeedsApproval
from agent.gate import invoke
from agent.llm.port import ModelFailed, Tool
from agent.mailroom import deliveries
from agent.operation import Effect
from agent.registry import AnyOperation
from agent.runs import (
    approvals,
    assistant,
    assistant_queries,
    consent_messages,
    consents,
    pause_queries,
)
from agent.runs.assistant import Asker
from agent.runs.calls import Cancelled, Job
from agent.runs.consents import Asked
from agent.runs.pause_queries import Pause
from bot import cards
from bot.durable.steps import StepKey
from bot.jobs import job_of
from bot.outward import watched
from bot.services import Services
from bot.surfaces import tools
from bot.surfaces.tools import Spoken
from bot.work import SkillWork, again
from db import faultpoints

faultpoints.declare("tool.made", "tool.done", "consent.shown", "consent.over")

log = structlog.get_logger()

Data = dict[str, Any]

UNKNOWN = "There is no such tool here, or it is not yours to use."
BROKEN = "That failed for a reason on my side; it is noted. Nothing was changed."
UNSURE = (
    "It is not known whether this was done: I was interrupted in the middle of it. "
    "Look before doing anything about it, and tell the person."
)
CAME = {
    "rejected": "The person declined. Nothing was done; do not try another way.",
    "expired": "Nobody decided within a week. Nothing was done.",
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool's call: the ``place``-th of a round."""

    job: Job
    round: int
    place: int

    @property
    def name(self) -> str:
        """Of its row in ``run_steps``."""
        return f"tool-{self.round}-{self.place}"

    @property
    def step(self) -> tuple[UUID, str, int]:
        """The same, as statements take it."""
        return self.job.run_id, self.name, self.job.attempt

    @property
    def key(self) -> str:
        """What is done because of it happens once under this key."""
        return f"{self.job.run_id}:{self.job.attempt}:{self.round}:{self.place}"


class AssistWork:
    """The steps of ``assist`` over the real services."""

    def __init__(self, services: Services, work: SkillWork) -> None:
        """Work with ``services``; ``work`` delivers and gives up."""
        self._services = services
        self._work = work

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
        async with self._services.tenant(call.job.caller) as session:
            use = await _use(session, call)
            step = await self._begin(session, call, use)
        if step is None:
            return {"stopped": True}
        if step["status"] == "ambiguous":
            await self._finish(call, _error(UNSURE))
        elif step["status"] == "running":
            return await self._make(call, use)
        return {}

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
                return await self._approved(call, needs, UUID(came["call_id"]))
            case "revision_requested":
                wish = f"The person wants this first: {came['feedback']}\nNothing was "
                said = f"{wish}done yet. Call it again, changed, or ask them."
            case decision:
                said = CAME[decision]
        await self._finish(call, {"content": said, "is_error": False})
        return {}

    async def deliver(self, key: StepKey, data: Data, thought: Data) -> str:
        """Show the answer where it was asked."""
        return await self._work.deliver(key, data, thought)

    async def give_up(self, key: StepKey, data: Data, error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        return await self._work.give_up(key, data, error)

    async def _begin(
        self, session: AsyncSession, call: ToolCall, use: Mapping[str, Any]
    ) -> Any:
        op = await self._op(session, call, use)
        given = {"tool": use["name"], "input": use["input"]}
        effect = op.effect.value if op else None
        return await assistant_queries.begin_tool(session, call.step, effect, given)

    async def _op(
        self, session: AsyncSession, call: ToolCall, use: Mapping[str, Any]
    ) -> AnyOperation | None:
        asking = await assistant.asker(session, call.job)
        return tools.of_wire(use["name"], asking.caller)

    async def _make(self, call: ToolCall, use: Mapping[str, Any]) -> Data:
        try:
            async with self._services.ctx(call.job.caller) as opened:
                asking = await assistant.asker(opened.session, call.job)
                op = tools.of_wire(use["name"], asking.caller)
                if op is None:
                    return await self._finish(call, _error(UNKNOWN))
                raw = _filled(op, use["input"], asking)
                return await self._invoke(call, opened, asking.caller, (op, raw))
        except NeedsApproval as held:
            return {"needs": _held(held)}
        except Cancelled:
            return {"stopped": True}
        except AgentError as refused:
            return await self._finish(call, _error(refused.said))
        except (OperationalError, InterfaceError):
            raise  # the database is away: the engine tries again
        except Exception:
            # The tool's edge: the model is told, the trace is for the log.
            log.exception("tool.failed", tool=use["name"])
            return await self._finish(call, _error(BROKEN))

    async def _approved(self, call: ToolCall, needs: Data, consent: UUID) -> Data:
        use = {"name": tools.wire_name(needs["operation"]), "input": needs["params"]}
        async with self._services.tenant(call.job.caller) as session:
            status = await assistant_queries.status_of(session, call.step)
        if status == "ambiguous":
            return await self._finish(call, _error(UNSURE))
        if status != "running":
            return {}
        allowed = replace(call.job.caller, approval_id=consent)
        made = await self._make(
            replace(call, job=replace(call.job, caller=allowed)), use
        )
        if "needs" in made:  # what it would do has changed since
            return await self._finish(call, _error("The approval no longer fits it."))
        return made

    async def _invoke(
        self,
        call: ToolCall,
        opened: Ctx,
        caller: Caller,
        asked: tuple[AnyOperation, Mapping[str, object]],
    ) -> Data:
        op, raw = asked
        session = opened.session
        if not await assistant_queries.hold(session, call.job.run_id, call.job.attempt):
            raise Cancelled("The run was stopped.")
        if await assistant_queries.status_of(session, call.step) != "running":
            return {}  # another worker was here meanwhile
        ctx = replace(opened, caller=caller, origin=await _origin(session, call))
        if op.effect is not Effect.READ and ctx.house is not None:
            reach = self._reaching(call)
            ctx = replace(ctx, house=watched(ctx.house, reach))
        result = await invoke(op, ctx, raw)
        faultpoints.reach("tool.made")
        if op.reads_outside:
            await assistant_queries.taint(session, call.job.run_id)
        output = {"content": tools.told(op, result), "is_error": False}
        await assistant_queries.finish_tool(session, call.step, output)
        return {}

    def _reaching(self, call: ToolCall) -> Any:
        async def reach() -> None:
            async with self._services.tenant(call.job.caller) as session:
                await assistant_queries.reach(session, call.step)

        return reach

    async def _finish(self, call: ToolCall, output: Mapping[str, Any]) -> Data:
        async with self._services.tenant(call.job.caller) as session:
            await assistant_queries.finish_tool(session, call.step, output)
        faultpoints.reach("tool.done")
        return {}

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


def _offer(caller: Caller, said: str, earlier: Any) -> list[Tool]:
    chosen = tools.offered(caller, Spoken(said, tuple(earlier)))
    return [tools.tool(op) for op in chosen]


async def _use(session: AsyncSession, call: ToolCall) -> Mapping[str, Any]:
    """What the model asked for, as it was kept."""
    rows = await assistant_queries.steps(session, call.job.run_id, call.job.attempt)
    thought = next(row for row in rows if row["name"] == f"think-{call.round}")
    use: Mapping[str, Any] = thought["output"]["uses"][call.place - 1]
    return use


def _filled(
    op: AnyOperation, given: Mapping[str, Any], asking: Asker
) -> dict[str, object]:
    """The parameters, with those that only the call's surroundings know."""
    raw: dict[str, object] = {
        name: value for name, value in given.items() if name not in tools.KEPT_BACK
    }
    if "message_id" in op.params.model_fields:
        raw["message_id"] = asking.about["message_id"]
    return raw


async def _origin(session: AsyncSession, call: ToolCall) -> Origin | None:
    """Where the run is answered: what the tool starts is answered there, too."""
    reply = await deliveries.reply_of(session, call.job.run_id)
    if reply is None:
        return None
    chat, _, thread = reply["recipient"].partition("/")
    return Origin(
        key=f"tool:{call.key}",
        channel=reply["channel"],
        account=reply["account"],
        chat=chat,
        thread=thread,
        extra=reply["payload"].get("extra", {}),
    )


async def _show_late(session: AsyncSession, job: Job) -> None:
    reply = await deliveries.reply_of(session, job.run_id)
    if reply is not None:
        shown = {"summary": reply["payload"]["text"]}
        after = consent_messages.decided(shown, {"decision": "expired"})
        await deliveries.show(session, reply, after)


def _held(held: NeedsApproval) -> Data:
    return {
        "operation": held.operation,
        "hash": held.params_hash,
        "params": held.params,
        "role": held.role,
    }


def _error(said: str) -> Data:
    return {"content": said, "is_error": True}


__all__ = ["AssistWork", "consents"]
