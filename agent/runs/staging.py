"""The stages of a complex skill: worked through one by one, their notes kept.

A stage is a paid call in a step of its own. What it noted is read by those after it;
the last stage is the piece itself. Revising begins at the last, from the same notes.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import manual
from agent.catalog.skillfile import SkillFile
from agent.catalog.steps import Stage
from agent.errors import NotFound
from agent.llm.port import Completion, Turn
from agent.llm.prompt import Task
from agent.runs import pinned, reading, saying
from agent.runs.bench import Bench, Job
from agent.runs.saying import Telling

MAX_TOKENS = 4096
"""Of a stage's notes; thinking counts towards it."""

_NOTES = (
    "These are working notes for your own later stages, not the piece: short, in "
    "lists, nothing said twice. What the request does not settle is assumed; say so."
)

_KEPT = text("""
    SELECT output FROM run_steps
    WHERE run_id = :run_id AND attempt = :attempt AND status = 'completed'
      AND kind = 'llm' AND name LIKE 'stage-%'
    ORDER BY position
""")

# A revision of a revision goes by the notes of the first that has any.
_EARLIER = text("""
    WITH RECURSIVE back AS (
        SELECT run_id, revises_id, 1 AS nth FROM outputs WHERE id = :output_id
        UNION ALL
        SELECT o.run_id, o.revises_id, nth + 1 FROM outputs o
        JOIN back ON o.id = back.revises_id WHERE nth < 100
    ), found AS (
        SELECT s.output, s.position,
               rank() OVER (ORDER BY back.nth, s.attempt DESC) AS nearest
        FROM back JOIN run_steps s ON s.run_id = back.run_id
        WHERE s.status = 'completed' AND s.kind = 'llm' AND s.name LIKE 'stage-%'
    )
    SELECT output FROM found WHERE nearest = 1 ORDER BY position
""")

Notes = Sequence[Mapping[str, Any]]
"""``{key}`` of each finished stage, in order: where its notes lie."""


async def done(
    session: AsyncSession, job: Job, revises: Mapping[str, Any] | None
) -> Notes:
    """The stages this attempt has behind it; a revision's are those of its first."""
    statement, values = _KEPT, {"run_id": job.run_id, "attempt": job.attempt}
    if revises:
        statement, values = _EARLIER, {"output_id": UUID(revises["output_id"])}
    return list((await session.execute(statement, values)).scalars())


def left(file: SkillFile | None, notes: Notes, *, is_revision: bool) -> int:
    """How many stages come before the piece, while any of them is still to be done."""
    before = len(file.stages) - 1 if file and not is_revision else 0
    return before if len(notes) < before else 0


def line(file: SkillFile, number: int) -> str:
    """What people are told while a stage goes on."""
    return f"{number} of {len(file.stages)} · {file.stages[number - 1].title}"


async def worked(
    bench: Bench, job: Job, file: SkillFile | None, notes: Notes
) -> tuple[Turn, ...]:
    """The stages as the model is told them: what each noted, and what is due now.

    Uses the network: open no transaction.
    """
    if file is None or not file.stages:
        return ()
    turns: list[Turn] = []
    for stage, note in zip(file.stages, notes, strict=False):
        with suppress(NotFound):
            said = (await bench.objects.get(note["key"])).decode()
            turns += [Turn("user", head(file, stage)), Turn("assistant", said)]
    due = file.stages[min(len(notes), len(file.stages) - 1)]
    method = await pinned.named(bench, job, due.skill) if due.skill else None
    return (*turns, Turn("user", asked(file, due, method)))


async def work(bench: Bench, job: Job, task: Task, notes: Notes) -> None:
    """Work through the next stage once; a second time, nothing is asked.

    ``task`` is the one the piece is written from; ``job.step`` names the stage.

    Raises:
        Cancelled: The run was stopped, before or meanwhile.
        OverBudget: The call may cost more than is left.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    file = await pinned.skill(bench, job)
    assert file is not None  # noqa: S101 - its stages were counted
    number = len(notes) + 1
    offers = (reading.READ,) if manual.to_read(file) else ()
    task = replace(
        task,
        worked=await worked(bench, job, file, notes),
        exchange=(),
        tools=offers,
        may_use_tools=bool(offers),
        max_tokens=min(task.max_tokens, MAX_TOKENS),
        play=task.play and replace(task.play, stage=file.stages[number - 1].title),
    )

    async def keep(completion: Completion) -> Mapping[str, Any]:
        body = completion.text.encode()
        await bench.objects.put(job.draft_key, body, media_type="text/markdown")
        return {"key": job.draft_key}

    quiet = replace(job, is_quiet=True)
    await saying.say(bench, quiet, Telling(task, file, line(file, number)), keep)


def asked(file: SkillFile, stage: Stage, method: SkillFile | None = None) -> str:
    """What a stage is to do, with all that is read in it alone.

    ``method``: the skill whose way of working it follows, if not its own.
    """
    parts = [head(file, stage), stage.instructions]
    if stage is not file.stages[-1]:
        parts.append(_NOTES)
    if method is not None:
        parts.append(f"# Method: {method.title}\n\n{method.body.strip()}")
    parts += [
        manual.reference(path, file.references[path])
        for path in stage.references
        if path in file.references
    ]
    return "\n\n".join(parts)


def head(file: SkillFile, stage: Stage) -> str:
    """What a stage is called: "Stage 2 of 3: Sizing the market"."""
    number = file.stages.index(stage) + 1
    return f"Stage {number} of {len(file.stages)}: {stage.title}"
