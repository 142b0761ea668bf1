"""What the steps of a run do: write, deliver, give up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import inngest
import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import AgentError, OverBudget, Unavailable
from agent.llm.loop import cut_notice
from agent.llm.port import ModelFailed, Stop
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Message
from agent.memory import conversations
from agent.runs import (
    approvals,
    call_queries,
    checks,
    outputs,
    pause_queries,
    queries,
    questions,
    results,
    revise,
    work_queries,
    writing,
)
from agent.runs.calls import Cancelled, Job
from agent.runs.outputs import Output
from agent.runs.rulings import Ruling
from bot import render
from bot.durable.steps import StepKey
from bot.jobs import job_of
from bot.links import Piece
from bot.services import Services
from bot.waits import Waits
from channels.contract import ChannelName
from db import faultpoints

faultpoints.declare("deliver.stored", "deliver.shown")

log = structlog.get_logger()

STOPPED = {"draft_key": "", "stop": "cancelled"}
"""What a step leaves that was stopped: nothing to go on with."""

TROUBLE = "Something went wrong on my side, and I could not finish this."


class Told(Exception):
    """A failure whose message is safe to show to the person who waits."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece about to be shown."""

    text: str
    notice: str
    """What stands under it."""
    written: Mapping[str, Any]
    """What its steps left of it."""
    output: Output | None = None
    """None: an answer, which is not kept as a piece."""


class SkillWork:
    """The steps of ``run-skill`` over the real services."""

    def __init__(self, services: Services) -> None:
        """Work with ``services``."""
        self._services = services
        self.pauses = Waits(services)

    async def write(
        self, key: StepKey, data: dict[str, Any], number: int = 1
    ) -> dict[str, Any]:
        """Have the model write, the ``number``th time: a draft, or what comes first."""
        del key  # the ledger's own key outlives a replay
        job = job_of(data, f"write-{number}" if number > 1 else "write")
        try:
            async with self._paying(job):
                written = await writing.write(self._services.bench, job)
                log.info("run.written")
        except Cancelled:
            return dict(STOPPED)
        return asdict(written)

    async def stage(self, key: StepKey, data: dict[str, Any], number: int) -> str:
        """Work through the ``number``th stage before the piece."""
        del key  # as above
        job = job_of(data, f"stage-{number}")
        try:
            async with self._paying(job):
                await writing.work(self._services.bench, job)
                log.info("run.staged")
        except Cancelled:
            return "cancelled"
        return "done"

    @asynccontextmanager
    async def _paying(self, job: Job) -> AsyncIterator[None]:
        """A step that pays a model: how its failures are told to the engine."""
        with structlog.contextvars.bound_contextvars(run_id=str(job.run_id)):
            try:
                yield
            except Cancelled:
                raise
            except OverBudget as error:
                await self._lacked(job, error)
                raise inngest.NonRetriableError(error.said) from error
            except Unavailable as error:
                raise again(error) from error
            except AgentError as error:
                raise inngest.NonRetriableError(error.said) from error

    async def check(
        self, key: StepKey, data: dict[str, Any], number: int, written: dict[str, Any]
    ) -> dict[str, Any]:
        """Hold the draft against standing instructions, and put it right once."""
        del key  # what was found is kept rule by rule
        job = job_of(data, f"check-{number}" if number > 1 else "check")
        with structlog.contextvars.bound_contextvars(run_id=data["run_id"]):
            try:
                checked = await checks.check(self._services.bench, job, written)
            except Cancelled:
                return dict(STOPPED)
            log.info("run.checked")
            return checked

    async def deliver(
        self, key: StepKey, data: dict[str, Any], written: dict[str, Any]
    ) -> str:
        """Keep the draft as an output and show it; the output's id, or empty."""
        del key
        if not written["draft_key"]:
            return ""
        text = (await self._services.objects.get(written["draft_key"])).decode()
        rulings = map(Ruling.read, written.get("rulings", ()))
        said = (
            render.rules_checked(rulings),
            cut_notice(Stop(written["stop"])),
            render.unfit(written),
        )
        notice = " ".join(filter(None, said))
        return await self._show(job_of(data), _Piece(text, notice, written))

    async def give_up(self, key: StepKey, data: dict[str, Any], error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        del key
        job = job_of(data)
        async with self._services.tenant(job.caller) as session:
            run = await work_queries.run(session, job.run_id)
            if run["attempt"] != job.attempt:
                return str(job.run_id)
            moved = await queries.move(
                session,
                job.run_id,
                "failed",
                came_from=("queued", "running", "waiting_input", "waiting_approval"),
                error=("failed", error or TROUBLE),
            )
            if moved is not None:
                await pause_queries.drop(session, job.run_id)
                await conversations.close_about(session, job.run_id)
                lacked = run["metadata"].get("over_budget") or {}
                if lacked.get("attempt") != job.attempt:
                    lacked = {}
                message = render.failed(error or TROUBLE, job.run_id, lacked)
                await deliveries.show_for_run(session, job.run_id, message)
        return str(job.run_id)

    async def _show(self, job: Job, piece: _Piece) -> str:
        objects = self._services.objects
        stored = await outputs.store(objects, job.store_key, piece.text)
        data = None
        if piece.written.get("is_data"):
            draft = piece.written["draft_key"]
            data = await results.settle(objects, draft, stored)
        faultpoints.reach("deliver.stored")
        async with self._services.tenant(job.caller) as session:
            run = await work_queries.run(session, job.run_id)
            if (run["status"], run["attempt"]) != ("running", job.attempt):
                return ""
            output = None
            if run["kind"] == "skill":
                output = await outputs.record(
                    session, job.run_id, stored, piece.text, data
                )
            shown = replace(piece, output=output)
            await self._reply(session, job, run, shown)
            if job.caller.conversation_id is not None:
                await conversations.answer(
                    session, job.caller, piece.text, run_id=job.run_id
                )
            await queries.move(session, job.run_id, "completed", came_from=("running",))
        faultpoints.reach("deliver.shown")
        return str(output.id) if output else ""

    async def _reply(
        self, session: AsyncSession, job: Job, run: RowMapping, piece: _Piece
    ) -> None:
        """Show it where it was asked for, if that was a chat."""
        above, below = await _around(session, job)
        output = piece.output
        if output is not None:
            above = await revise.heading(session, output.id) + above
        reply = await deliveries.reply_of(session, job.run_id)
        if reply is None:
            return
        channel = self._services.channels.get(reply["channel"])
        fit = channel.pages if channel else _whole
        pages = render.paged(f"{above}{piece.text}", fit, is_filed=output is not None)
        stood_in = render.stood_in(run["fallback_from"], run["model"])
        said = " ".join(filter(None, (below, piece.notice, stood_in)))
        related = await self._related(job, run)
        shown = render.finished(pages, output, said, self._link(output), related)
        if output is None and reply["channel"] == ChannelName.SLACK.value:
            shown = _thumbed(shown, job)
        await _plan(session, job, reply, shown)

    async def _lacked(self, job: Job, error: OverBudget) -> None:
        # The failure reaches ``give_up`` as words alone; its way on is kept here.
        async with self._services.tenant(job.caller) as session:
            run = job.run_id, job.attempt
            await call_queries.over_budget(session, *run, error.facts)

    async def _related(self, job: Job, run: RowMapping) -> list[tuple[str, str]]:
        """Skills that may go on from the piece, and what their buttons say."""
        shelf = (await self._services.within(job.caller.workspace_id)).shelf
        files = filter(None, map(shelf.file, run["related"]))
        return [(file.name, file.label) for file in files]

    def _link(self, output: Output | None) -> str:
        links = self._services.links
        if links is None or output is None:
            return ""
        return links.to(Piece(output.storage_key, output.file_name))


async def _around(session: AsyncSession, job: Job) -> tuple[str, str]:
    """What stands above the piece and below: what came of asking people about it."""
    exchanges = await pause_queries.exchanges(session, job.run_id, job.attempt)
    lines = [
        questions.unanswered(row["input"], row["output"])
        for row in exchanges
        if row["kind"] == "wait"
    ]
    above = "".join(f"_{line}_\n\n" for line in lines if line)
    if not any(row["kind"] == "approval" for row in exchanges):
        return above, ""
    by = await approvals.act(session, job.run_id)
    if by is None:
        return above, ""
    return above, f"Approved by {by}." if by else "Approved."


def _thumbed(shown: Sequence[Message], job: Job) -> tuple[Message, ...]:
    """An answer with the thumbs that Slack shows natively; pieces have a scale."""
    *before, last = shown
    return (*before, replace(last, choices=(*last.choices, *render.thumbs(job.run_id))))


def _whole(text: str) -> list[str]:
    return [text]  # a door of another process will page it


async def _plan(
    session: AsyncSession, job: Job, reply: RowMapping, shown: Sequence[Message]
) -> None:
    """The first message takes the placeholder's place; the rest follows in order."""
    place = deliveries.place_of(reply)
    owner = Owner(job.caller.workspace_id, job.caller.conversation_id)
    await deliveries.show(session, reply, shown[0])
    for number, message in enumerate(shown[1:], start=2):
        key = f"run:{job.run_id}:{job.attempt}:{number}"
        await deliveries.plan(session, place, message, owner=owner, key=key)


def again(error: Unavailable) -> Exception:
    """What a failed call tells the engine: when to try again."""
    wait_s = error.retry_after_s if isinstance(error, ModelFailed) else None
    if wait_s is None:
        return Told(error.said)
    return inngest.RetryAfterError(error.said, timedelta(seconds=wait_s))
