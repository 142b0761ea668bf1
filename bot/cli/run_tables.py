"""Runs as tables for people, times in their own zone, or as JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from agent.runs.overview import Line
from agent.runs.schemas import RunDetail, Waiting
from bot.cli.sql import table
from bot.durable.port import RunView, StepView

WAITS = {
    Waiting.ANSWER: "for an answer",
    Waiting.APPROVAL: "for a yes",
    Waiting.RETRY: "for its next try",
    Waiting.TURN: "for an earlier run of its conversation",
}


def listed(lines: Sequence[Line], *, as_json: bool) -> str:
    """Return runs, one a line."""
    if as_json:
        return _json([asdict(line) for line in lines])
    heads = ("run", "status", "what", "workspace", "asked", "took", "cost", "id")
    rows = [
        (
            f"#{line.number}",
            line.status,
            line.title,
            line.workspace,
            _at(line.queued_at),
            _took(line.started_at, line.completed_at),
            f"${line.cost_usd:.2f}",
            str(line.id),
        )
        for line in lines
    ]
    return "\n".join(table(heads, rows))


def durable(runs: Sequence[RunView], *, as_json: bool, whole: bool = False) -> str:
    """Return durable functions' runs, one a line; ``whole``: with their steps."""
    if as_json:
        return _json([_run(run) for run in runs])
    heads = ("function", "status", "began", "took", "id", "event", "error")
    rows = [
        (
            run.function_id,
            run.status.value,
            _at(run.created_at),
            _took(run.created_at, run.ended_at),
            run.id,
            run.event_id,
            run.error,
        )
        for run in runs
    ]
    parts = table(heads, rows)
    for run in runs if whole else ():
        parts += ["", *_steps(run.steps)]
    return "\n".join(parts)


def shown(
    line: Line, detail: RunDetail, engine: Sequence[RunView], *, as_json: bool
) -> str:
    """Return one run: its record, and how the engine stands with it."""
    if as_json:
        # What people wrote is theirs: an operator needs to know how it runs.
        told = detail.model_dump(mode="json", exclude={"asked", "reasons"})
        told["error"] = _error(line, detail)
        place = {"workspace": line.workspace, "workspace_id": line.workspace_id}
        return _json({**told, **place, "engine": [_run(run) for run in engine]})
    facts = {**_facts(line, detail), **_figures(line, detail)}
    width = max(map(len, facts))
    head = [f"Run #{detail.number}: {detail.title}, {detail.status}"]
    body = [f"  {name.ljust(width)}  {said}" for name, said in facts.items()]
    steps = [
        (
            step.name,
            step.kind,
            step.status,
            str(step.attempt),
            _at(step.started_at),
            "" if step.seconds is None else f"{step.seconds:.2f} s",
            step.error,
        )
        for step in detail.steps
    ]
    heads = ("step", "kind", "status", "attempt", "began", "took", "error")
    parts = [*head, *body, "", *table(heads, steps)]
    for run in engine:
        parts += ["", f"Engine: {run.function_id} {run.id}, {run.status.value}"]
        parts += _steps(run.steps)
    return "\n".join(parts)


def changed(line: Line, status: str, *, as_json: bool) -> str:
    """Return what became of a run."""
    if as_json:
        return _json({"id": line.id, "number": line.number, "status": status})
    said = "is stopped" if status == "cancelled" else "starts again"
    return f"Run #{line.number} of {line.workspace} {said}."


def _facts(line: Line, detail: RunDetail) -> dict[str, str]:
    who = f"by {detail.asked_by} " if detail.asked_by else ""
    where = f"in {detail.channel} " if detail.channel else ""
    facts = {
        "id": str(detail.run_id),
        "workspace": f"{line.workspace} ({line.workspace_id})",
        "asked": f"{who}{where}at {_at(detail.queued_at)}",
        "brand": detail.client,
        "attempt": str(detail.attempt),
    }
    if detail.waiting_for:
        until = f" until {_at(detail.waiting_until)}" if detail.waiting_until else ""
        behind = f" (#{detail.ahead})" if detail.ahead else ""
        tries = f", after {detail.tries} failed" if detail.tries else ""
        facts["waits"] = f"{WAITS[detail.waiting_for]}{behind}{until}{tries}"
    return {name: said for name, said in facts.items() if said}


def _error(line: Line, detail: RunDetail) -> str:
    """Why it ended, in our words: who rejects a draft says why in theirs."""
    return detail.error if line.error_code != "rejected" else "The draft was rejected."


def _figures(line: Line, detail: RunDetail) -> dict[str, str]:
    by = f", {detail.model}" if detail.model else ""
    facts = {"cost": f"${detail.cost_usd:.4f}, {detail.tokens:,} tokens{by}"}
    if detail.seconds is not None:
        facts["took"] = f"{detail.seconds:.2f} s"
    if detail.error:
        facts["error"] = _error(line, detail)
    if detail.output_id:
        facts["output"] = str(detail.output_id)
    return facts


def _steps(steps: Sequence[StepView]) -> list[str]:
    heads = ("step", "kind", "status", "tries", "ended", "next", "error")
    rows = [
        (
            step.name or "(function)",
            step.kind,
            step.status.value,
            str(step.attempt),
            _at(step.ended_at),
            _at(step.due_at),
            step.error,
        )
        for step in steps
    ]
    return table(heads, rows)


def _run(run: RunView) -> Mapping[str, Any]:
    """The run without what its functions returned: that may be people's words."""
    told = asdict(run)
    del told["output"]
    return told


def _at(instant: datetime | None) -> str:
    return instant.astimezone().strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def _took(began: datetime | None, ended: datetime | None) -> str:
    return f"{(ended - began).total_seconds():.1f} s" if began and ended else ""


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
