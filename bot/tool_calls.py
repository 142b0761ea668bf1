"""A model's call of a tool: through the gate, once, and told in words it can use.

The call and its record are one transaction, so that after a crash it is either not done
or known to be done. What no rollback undoes (a mail, another role's transaction) is
noted before it happens: found again in the middle, it is never done a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from agent import earshot
from agent.ctx import Caller, Ctx, Origin
from agent.errors import AgentError, NeedsApproval
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.operation import Effect
from agent.registry import AnyOperation
from agent.runs import assistant, assistant_queries
from agent.runs.assistant import Asker
from agent.runs.calls import Cancelled, Job
from bot.outward import Reach, watched
from bot.services import Services
from bot.surfaces import tools
from db import faultpoints

faultpoints.declare("tool.made", "tool.done")

log = structlog.get_logger()

Data = dict[str, Any]

UNKNOWN = "There is no such tool here, or it is not yours to use."
ALONE = (
    "That is for the asker alone, and others read along here. Tell them to ask for it "
    "in our private chat."
)
BROKEN = "That failed for a reason on my side; it is noted. Nothing was changed."
UNSURE = (
    "It is not known whether this was done: I was interrupted in the middle of it. "
    "Look before doing anything about it, and tell the person."
)
OUTDATED = "What this would do has changed since it was approved. Nothing was done."


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


class ToolCalls:
    """Makes the calls, over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services

    async def begin(self, call: ToolCall) -> tuple[Mapping[str, Any], str]:
        """Keep that a call is being made: what was asked for, and where it stands.

        ``""``: the run was stopped.

        Raises:
            Forbidden: Who asked is no member any more.
        """
        async with self._services.tenant(call.job.caller) as session:
            use = await _use(session, call)
            asking = await assistant.asker(session, call.job)
            op = tools.of_wire(use["name"], asking.caller)
            given = {"tool": use["name"], "input": use["input"]}
            effect = op.effect.value if op else None
            step: RowMapping | None = await assistant_queries.begin_tool(
                session, call.step, effect, given
            )
        return use, step["status"] if step else ""

    async def make(self, call: ToolCall, use: Mapping[str, Any], status: str) -> Data:
        """Make a call that stands at ``status``; ``{"needs": ...}`` for a yes first."""
        if status == "ambiguous":
            return await self.fail(call, UNSURE)
        return await self._make(call, use) if status == "running" else {}

    async def approved(self, call: ToolCall, needs: Data, consent: UUID) -> Data:
        """Make the call that was approved, with exactly its parameters."""
        use = {"name": tools.wire_name(needs["operation"]), "input": needs["params"]}
        async with self._services.tenant(call.job.caller) as session:
            status = await assistant_queries.status_of(session, call.step)
        caller = replace(call.job.caller, approval_id=consent)
        made = await self.make(
            replace(call, job=replace(call.job, caller=caller)), use, status
        )
        return await self.fail(call, OUTDATED) if "needs" in made else made

    async def fail(self, call: ToolCall, said: str) -> Data:
        """Keep that a call came to nothing, and why."""
        return await self.finish(call, {"content": said, "is_error": True})

    async def finish(self, call: ToolCall, output: Mapping[str, Any]) -> Data:
        """Keep what a call came to; it is not made again."""
        async with self._services.tenant(call.job.caller) as session:
            await assistant_queries.finish_tool(session, call.step, output)
        faultpoints.reach("tool.done")
        return {}

    async def _make(self, call: ToolCall, use: Mapping[str, Any]) -> Data:
        try:
            work = partial(self._asked, call, use)
            return await self._services.call(work, call.job.caller)
        except NeedsApproval as held:
            return {"needs": _held(held)}
        except Cancelled:
            return {"stopped": True}
        except AgentError as refused:
            return await self.fail(call, refused.said)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the engine tries again
        except Exception:
            # The tool's edge: the model is told, the trace is for the log.
            log.exception("tool.failed")
            return await self.fail(call, BROKEN)

    async def _asked(self, call: ToolCall, use: Mapping[str, Any], opened: Ctx) -> Data:
        asking = await assistant.asker(opened.session, call.job)
        # Whoever may see the run reads what it tells, wherever it was begun from.
        opened = replace(opened, is_overheard=asking.is_overheard)
        op = tools.of_wire(use["name"], asking.caller)
        if op is None:
            return await self.fail(call, UNKNOWN)
        if await _is_for_nobody_else(opened, op):
            return await self.fail(call, ALONE)
        raw = _filled(op, use["input"], asking)
        return await self._invoke(call, opened, asking.caller, (op, raw))

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
        if tools.taints(op):
            await assistant_queries.taint(session, call.job.run_id)
        output = {"content": tools.told(op, result), "is_error": False}
        await assistant_queries.finish_tool(session, call.step, output)
        return {}

    def _reaching(self, call: ToolCall) -> Reach:
        async def reach() -> None:
            async with self._services.tenant(call.job.caller) as session:
                await assistant_queries.reach(session, call.step)

        return reach


async def _use(session: AsyncSession, call: ToolCall) -> Mapping[str, Any]:
    """What the model asked for, as it was kept."""
    rows = await assistant_queries.steps(session, call.job.run_id, call.job.attempt)
    thought = next(row for row in rows if row["name"] == f"think-{call.round}")
    use: Mapping[str, Any] = thought["output"]["uses"][call.place - 1]
    return use


async def _is_for_nobody_else(ctx: Ctx, op: AnyOperation) -> bool:
    """Whether what it reads must not be said where the run is answered."""
    is_read = op.personal and op.effect is Effect.READ
    return is_read and await earshot.is_overheard(ctx)


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


def _held(held: NeedsApproval) -> Data:
    return {
        "operation": held.operation,
        "hash": held.params_hash,
        "params": held.params,
        "role": held.role,
    }
