"""Writing a run's piece: look up the request, have it written, keep the draft.

Each function may be done twice: what a finished one left behind is found and not paid
for again. How one call is made and paid for: ``agent.runs.saying``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent.catalog.skillfile import SkillFile
from agent.errors import AgentError
from agent.llm.loop import ModelRefused
from agent.llm.port import Completion, ModelRejected, Stop, Turn
from agent.llm.prompt import Task
from agent.runs import (
    approvals,
    briefs,
    pinned,
    questions,
    results,
    revise,
    saying,
    staging,
    work_queries,
)
from agent.runs.briefs import Brief
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.saying import Telling


@dataclass(frozen=True, slots=True)
class Written:
    """What writing came to: a draft, or what must be done first."""

    draft_key: str = ""
    """Where the draft lies in the object store; empty while something comes first."""
    stop: str = Stop.END.value
    """Why the model stopped; other than ``end`` the text is cut."""
    question: Mapping[str, Any] | None = None
    """``{question, choices, default}``, to be answered first."""
    approval: str = ""
    """The role that must say yes before the draft is finished; empty: none."""
    rules: int = 0
    """Rules it is to be checked against: the skill's and standing instructions."""
    stages: int = 0
    """Stages to be worked through first."""
    is_data: bool = False
    """Whether its skill's result is data; ``agent.runs.results`` keeps it beside."""
    faults: tuple[str, ...] = ()
    """What of it does not fit the form of its data."""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Written":
        """As a step's row holds it."""
        return cls(**{**kept, "faults": tuple(kept.get("faults", ()))})


async def write(bench: Bench, job: Job, more: Sequence[Turn] = ()) -> Written:
    """Write the piece once; a second time, what the first left is returned.

    ``more`` was said since: a draft of it, and what is to be put right. Then nothing is
    asked any more.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
        Unavailable: The object store does not answer.
    """
    file = await pinned.skill(bench, job)
    async with bench.open(job.caller) as session:
        done = await work_queries.finished(session, job.run_id, job.step, job.attempt)
        brief = done is None and await briefs.read(
            session, job, bench.clock.now(), file
        )
    if not brief:
        return await _fitting(bench, job, Written.of(done or {}), more)
    is_revision = brief.revises is not None
    if stages := staging.left(file, brief.notes, is_revision=is_revision):
        return Written(stages=stages)
    form = file.result.schema if file and file.result else None
    task = replace(_with(await _told(bench, job, brief, file), more), form=form)
    is_staged = file and file.stages and not more and not is_revision
    line = staging.line(file, len(file.stages)) if file and is_staged else ""

    async def keep(completion: Completion) -> Mapping[str, Any]:
        return asdict(await _kept(bench, job, brief, file, completion))

    telling = Telling(task, file, line, may_ask=task.may_ask)
    written = Written.of(await _said(bench, job, telling, keep))
    return await _fitting(bench, job, written, more)


async def work(bench: Bench, job: Job) -> None:
    """Work through the next stage before the piece; a second time, nothing happens.

    Raises:
        Cancelled, OverBudget, ModelFailed, ModelRejected, Unavailable: As above.
    """
    file = await pinned.skill(bench, job)
    async with bench.open(job.caller) as session:
        done = await work_queries.finished(session, job.run_id, job.step, job.attempt)
        if done is not None:
            return
        brief = await briefs.read(session, job, bench.clock.now(), file)
    task = await briefs.look(bench.objects, brief.task)
    await staging.work(bench, job, task, brief.notes)


async def _said(
    bench: Bench, job: Job, telling: Telling, keep: saying.Keep
) -> saying.Output:
    """What came of saying it; a form that the provider does not take is told."""
    try:
        return await saying.say(bench, job, telling, keep)
    except ModelRejected as refused:
        is_about_form = not (refused.is_account or isinstance(refused, ModelRefused))
        if telling.task.form is None or not is_about_form:
            raise
    task = replace(telling.task, is_form_told=True)
    return await saying.say(bench, job, replace(telling, task=task), keep)


async def _fitting(
    bench: Bench, job: Job, written: Written, more: Sequence[Turn]
) -> Written:
    """What was written; data that does not fit its form is asked for once more."""
    if (
        not written.faults
        or written.stop != Stop.END
        or job.step.endswith(results.MENDING)
    ):
        return written
    again = replace(job, step=f"{job.step}{results.MENDING}", is_quiet=True)
    try:
        said = await results.said(bench.objects, written.draft_key)
        wish = results.mending(said, written.faults)
        mended = await write(bench, again, (*more, *wish))
    except Cancelled:
        raise
    except AgentError:
        return written  # it is read as it stands, and its note says so
    return written if mended.faults or not mended.draft_key else mended


async def _told(bench: Bench, job: Job, brief: Brief, file: SkillFile | None) -> Task:
    exchange: list[Turn] = []
    if brief.revises:
        exchange += await revise.told(bench.objects, brief.revises)
    for row in brief.exchanges:
        given, came = row["input"], row["output"]
        if row["kind"] == "wait":
            exchange += questions.turns(given, came)
        else:
            draft = await results.said(bench.objects, given["draft_key"])
            exchange += approvals.turns(draft, came)
    task = await briefs.look(bench.objects, brief.task)
    worked = await staging.worked(bench, job, file, brief.notes)
    return replace(task, worked=worked, exchange=tuple(exchange))


def _with(task: Task, more: Sequence[Turn]) -> Task:
    if not more:
        return task
    exchange = (*task.exchange, *more)
    return replace(task, exchange=exchange, may_use_tools=False, may_ask=False)


async def _kept(
    bench: Bench,
    job: Job,
    brief: Brief,
    file: SkillFile | None,
    completion: Completion,
) -> Written:
    question = questions.asked(completion)
    if question is not None:
        return Written(question=question.model_dump())
    form = file.result.schema if file and file.result else None
    faults = await results.draft(bench.objects, job.draft_key, form, completion)
    return Written(
        job.draft_key,
        completion.stop.value,
        approval=brief.approval,
        rules=len(brief.task.standing) + len(file.rules if file else ()),
        is_data=form is not None,
        faults=faults,
    )
