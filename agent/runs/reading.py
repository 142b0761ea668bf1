"""References read while a piece is written: rounds of one step, each paid and kept."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import manual
from agent.catalog.skillfile import SkillFile
from agent.llm.port import Completion, Tool, ToolResult, ToolUse, Turn
from agent.runs.bench import Job
from agent.runs.questions import ASK

MOST = 4
"""Rounds of reading in one step; then it writes with what it has."""

READ = Tool(
    name="read_reference",
    description=(
        "Read one of the skill's further references, listed under that heading. Read "
        "only what this request needs, several at once where you need several."
    ),
    schema={
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Its name, as it is listed."}
        },
        "required": ["name"],
        "additionalProperties": False,
    },
)

NOBODY = "Nobody is there to ask now: go on with what you would have assumed."

_KEEP = text("""
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, attempt, status,
                           effect, output, started_at, completed_at)
    SELECT workspace_id, id,
           (SELECT count(*) + 1 FROM run_steps s
            WHERE s.run_id = runs.id AND s.attempt = :attempt),
           :name, 'tool', :attempt, 'completed', 'read', CAST(:output AS jsonb),
           now(), now()
    FROM runs WHERE id = :run_id
    ON CONFLICT (run_id, name, attempt) DO NOTHING
""")

_KEPT = text("""
    SELECT output FROM run_steps
    WHERE run_id = :run_id AND attempt = :attempt AND kind = 'tool'
      AND starts_with(name, :prefix)
    ORDER BY position
""")

Round = Mapping[str, Any]
"""``{text, uses: [{id, name, input}]}``: what the model asked for."""


def asked(completion: Completion, *, may_ask: bool) -> Round | None:
    """What is to be read before it writes; None: it writes, or asks the person."""
    names = [use.name for use in completion.tool_uses]
    is_reading = READ.name in names or (ASK.name in names and not may_ask)
    if not is_reading:
        return None
    uses = [
        {"id": use.id, "name": use.name, "input": dict(use.input)}
        for use in completion.tool_uses
    ]
    return {"text": completion.text, "uses": uses}


def turns(file: SkillFile, rounds: Iterable[Round]) -> Sequence[Turn]:
    """What was asked for and what came, as the model is told it."""
    told: list[Turn] = []
    for one in rounds:
        uses = tuple(ToolUse(**use) for use in one["uses"])
        results = tuple(_result(file, use) for use in uses)
        told.append(Turn("assistant", one["text"], tool_uses=uses))
        told.append(Turn("user", "", tool_results=results))
    return told


async def kept(session: AsyncSession, job: Job) -> list[Round]:
    """The rounds that this step has behind it."""
    values = {"run_id": job.run_id, "attempt": job.attempt, "prefix": _prefix(job)}
    return list((await session.execute(_KEPT, values)).scalars())


async def keep(session: AsyncSession, job: Job, number: int, one: Round) -> None:
    """Keep a round as one that is paid for."""
    values = {
        "run_id": job.run_id,
        "attempt": job.attempt,
        "name": f"{_prefix(job)}{number}",
        "output": json.dumps(dict(one)),
    }
    await session.execute(_KEEP, values)


def _prefix(job: Job) -> str:
    return f"{job.step}-read-"


def _result(file: SkillFile, use: ToolUse) -> ToolResult:
    if use.name != READ.name:
        return ToolResult(use.id, NOBODY, is_error=True)
    name = str(use.input.get("name", ""))
    found = manual.find(file, name)
    if found is None:
        there = ", ".join(manual.to_read(file)) or "none"
        return ToolResult(
            use.id, f"There is no such reference; {there}.", is_error=True
        )
    return ToolResult(use.id, found)
