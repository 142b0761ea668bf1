"""The assistant's round: what it is told, what it may use, and what it asks for.

Tools are handed in by whoever knows the catalogue. A run that is told anything a
stranger wrote is marked before the model sees it, and stays marked: see ``gate``.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.clients import brands
from agent.ctx import Caller, Role, Via
from agent.errors import Forbidden
from agent.llm.port import Completion, Stop, Tier, Tool, ToolResult, ToolUse, Turn
from agent.llm.prompt import Task, build, wrap_outside
from agent.mailroom import deliveries
from agent.memory import conversations
from agent.memory.schemas import Line
from agent.runs import assistant_queries, briefs, calls, work_queries
from agent.runs.calls import Bench, Cancelled, Job
from db import faultpoints

faultpoints.declare("think.reserved", "think.settled")

ROUNDS = 8
"""Rounds with tools; one more, without, says how far it came."""
USES = 5
"""Tools of one round that are called; the model is told of the others."""
ERRORS = 6
"""Calls that may come to nothing in one run, before it has to say so."""

STUCK = (
    "I stopped here: this took more steps than I take at once. "
    "Tell me how to go on, or ask for a part of it."
)
TOO_MANY = f"Not called: at most {USES} calls at once. Call it again if it is needed."


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom the assistant works, as they stand at this moment."""

    caller: Caller
    about: RowMapping

    @property
    def is_overheard(self) -> bool:
        """Whether others than they read the answer in its chat."""
        is_theirs = self.about["private_user_id"] is not None
        return self.about["conversation_id"] is not None and not is_theirs


@dataclass(frozen=True, slots=True)
class Thought:
    """What one round came to."""

    draft_key: str = ""
    """Where the answer lies in the object store; empty while tools are called."""
    stop: str = Stop.END.value
    calls: int = 0
    """How many tools are to be called before the next round."""


Offer = Callable[[Caller, str, Sequence[str]], Sequence[Tool]]
"""The tools for a caller, who said this now, and this before."""


async def asker(session: AsyncSession, job: Job) -> Asker:
    """Who asks, with the role they have now, as the model that works for them.

    Raises:
        Forbidden: They are no member of the workspace any more.
    """
    about = await assistant_queries.about(session, job.run_id, job.caller.user_id)
    if about["role"] is None:
        raise Forbidden(
            "You are no longer a member of this workspace.", hint="Ask an owner of it."
        )
    caller = replace(
        job.caller,
        role=Role[about["role"].upper()],
        via=Via.MODEL,
        client_id=about["client_id"],
        timezone=about["timezone"],
        is_tainted=about["is_tainted"],
    )
    return Asker(caller, about)


async def think(bench: Bench, job: Job, number: int, offer: Offer) -> Thought:
    """Have the model answer, or ask for tools; a second time, what the first left.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        Forbidden: Who asked is no member any more.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    async with bench.open(job.caller) as session:
        done = await work_queries.finished(session, job.run_id, job.step, job.attempt)
        if done is not None:
            return _thought(done)
        task = await _task(session, job, bench.clock.now(), offer)
    task = await briefs.look(bench.objects, task)
    may_go_on = number <= ROUNDS and _errors(task) < ERRORS
    prompt = build(replace(task, may_use_tools=may_go_on))
    async with bench.open(job.caller) as session:
        if not await work_queries.begin(session, job.run_id, job.step, job.attempt):
            raise Cancelled("The run was stopped.")
        await deliveries.progress(session, job.run_id, job.attempt)
        call = await calls.reserve(bench, session, job, prompt)
    faultpoints.reach("think.reserved")

    async def kept(completion: Completion) -> tuple[Completion, dict[str, Any]]:
        uses = _uses(completion) if may_go_on else []
        said = completion.text if uses else completion.text.strip() or STUCK
        if not uses:
            body = said.encode()
            await bench.objects.put(job.draft_key, body, media_type="text/markdown")
        return completion, {
            "draft_key": "" if uses else job.draft_key,
            "stop": completion.stop.value,
            "text": said if uses else "",
            "uses": uses,
        }

    completion, output = await calls.collect(bench, call, job, prompt, kept)
    # Paid for is booked, even when the step is cancelled right now.
    await asyncio.shield(_book(bench, call, job, completion, output))
    faultpoints.reach("think.settled")
    return _thought(output)


def _uses(completion: Completion) -> list[dict[str, Any]]:
    if completion.stop is not Stop.TOOL_USE:
        return []  # what was cut is not whole
    return [
        {"id": use.id, "name": use.name, "input": _object(use.input)}
        for use in completion.tool_uses
    ]


def _object(given: Any) -> dict[str, Any]:
    return dict(given) if isinstance(given, Mapping) else {}


def _thought(output: Mapping[str, Any]) -> Thought:
    uses = min(len(output["uses"]), USES)
    return Thought(output["draft_key"], output["stop"], uses)


async def _book(
    bench: Bench,
    call: Call,
    job: Job,
    completion: Completion,
    output: Mapping[str, Any],
) -> None:
    async with bench.open(job.caller) as session:
        await calls.settle(bench, session, call, completion)
        await work_queries.finish(
            session, job.run_id, job.step, job.attempt, output=output
        )


async def _task(session: AsyncSession, job: Job, now: datetime, offer: Offer) -> Task:
    """All the model is told, with the run marked when a stranger's words are in it."""
    asking = await asker(session, job)
    about = asking.about
    told, foreign = await _history(session, asking)
    profile = ""
    if about["client_id"]:
        profile = await brands.summary_of(session, about["client_id"])
    outside = await briefs.brought(session, about["input"])
    is_foreign_brief = about["asker_id"] != job.caller.user_id
    if foreign or outside or profile.strip() or is_foreign_brief:
        await assistant_queries.taint(session, job.run_id)
    brief = about["brief"] or ""
    earlier = [turn.text for turn in told[-4:] if turn.role == "user"]
    return Task(
        brief=brief,
        tier=Tier.FAST,
        client=about["client"],
        profile=profile,
        history=told,
        outside=outside,
        pictures=await briefs.pictures(session, about["input"]),
        exchange=await _exchange(session, job),
        tools=tuple(offer(asking.caller, brief, earlier)),
        today=now.astimezone(ZoneInfo(about["timezone"])).date(),
    )


async def _history(
    session: AsyncSession, asking: Asker
) -> tuple[tuple[Turn, ...], bool]:
    """The turns before, and whether any of them is not the asker's own."""
    about = asking.about
    if about["conversation_id"] is None or about["message_id"] is None:
        return (), False
    lines = await conversations.history(
        session, about["conversation_id"], before=about["message_id"]
    )
    answered = [line.run_id for line in lines if line.run_id is not None]
    clean = await assistant_queries.clean(session, answered)
    me = asking.caller.user_id
    told = tuple(_told(line, me) for line in lines)
    leads = any(line.run_id not in clean for line in lines if line.run_id is not None)
    return told, leads or any(_is_foreign(line, me) for line in lines)


def _is_foreign(line: Line, me: UUID) -> bool:
    return line.role == "user" and line.author_id != me


def _told(line: Line, me: UUID) -> Turn:
    said = line.content
    if _is_foreign(line, me):
        said = wrap_outside(said, "another person here")
    return Turn(line.role, said)


async def _exchange(session: AsyncSession, job: Job) -> tuple[Turn, ...]:
    """The rounds so far: what was asked of the tools, and what came of it."""
    rows = await assistant_queries.steps(session, job.run_id, job.attempt)
    came = {row["name"]: row["output"] for row in rows if row["kind"] == "tool"}
    turns: list[Turn] = []
    for row in rows:
        if row["kind"] == "tool" or not (row["output"] or {}).get("uses"):
            continue
        number = row["name"].rpartition("-")[2]
        uses = row["output"]["uses"]
        results = [
            _result(use, came.get(f"tool-{number}-{place}"))
            for place, use in enumerate(uses, start=1)
        ]
        asked = tuple(ToolUse(use["id"], use["name"], use["input"]) for use in uses)
        turns.append(Turn("assistant", row["output"]["text"], tool_uses=asked))
        turns.append(Turn("user", "", tool_results=tuple(results)))
    return tuple(turns)


def _result(use: Mapping[str, Any], came: Mapping[str, Any] | None) -> ToolResult:
    if not came:
        return ToolResult(use["id"], TOO_MANY, is_error=True)
    return ToolResult(use["id"], came["content"], is_error=came["is_error"])


def _errors(task: Task) -> int:
    return sum(
        result.is_error for turn in task.exchange for result in turn.tool_results
    )
