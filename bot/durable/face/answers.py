"""What the face's GraphQL queries may ask for: runs, their steps, and events.

Source: pkg/coreapi/gql.schema.graphql of github.com/inngest/inngest, the fields that
the suite of inngest-py uses.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from bot.durable.database import Connection
from bot.durable.face import queries, shapes
from bot.durable.face.graph import Field, Unreadable

Asked = Callable[[Connection, Mapping[str, Any]], Awaitable[Any]]


async def answer(connection: Connection, fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return what is asked for; null for what there is not.

    Raises:
        Unreadable: A field or an argument that there is not.
    """
    told = {}
    for field in fields:
        asked = ROOT.get(field.name)
        if asked is None:
            raise Unreadable(f"There is no query {field.name!r}.")
        told[field.name] = field.choose(await asked(connection, field.arguments))
    return told


async def _run(connection: Connection, given: Mapping[str, Any]) -> Any:
    run_id = uuid(_argument(given, "runID"))
    row = await queries.run(connection, run_id) if run_id else None
    if row is None or run_id is None:
        return None
    spans = [_span(run_id, memo) for memo in await queries.memos(connection, run_id)]
    return {**_shown(row), "trace": {"childrenSpans": spans}}


async def _trigger(connection: Connection, given: Mapping[str, Any]) -> Any:
    run_id = uuid(_argument(given, "runID"))
    rows = await queries.events_of(connection, run_id) if run_id else []
    events = [shapes.event(row) for row in rows]
    if not events:
        return None
    return {
        "eventName": events[0]["name"],
        "IDs": [event["id"] for event in events],
        "payloads": [json.dumps(event) for event in events],
    }


async def _event(connection: Connection, given: Mapping[str, Any]) -> Any:
    query = given.get("query")
    event_id = _argument(query if isinstance(query, dict) else {}, "eventId")
    row = await queries.event(connection, event_id)
    if row is None:
        return None
    runs = [_shown(run) for run in await queries.runs_of(connection, event_id)]
    return {"id": event_id, "name": row["name"], "functionRuns": runs}


async def _output(connection: Connection, given: Mapping[str, Any]) -> Any:
    run_id, _, step_id = _argument(given, "outputID").partition(":")
    key = uuid(run_id)
    body = await queries.memo(connection, key, step_id) if key else None
    if body is None:
        return None
    kept = json.loads(body) or {}
    error = kept.get("error")
    data = json.dumps(kept["data"]) if "data" in kept else None
    shown = (
        {key: error.get(key) for key in ("message", "name", "stack")} if error else None
    )
    return {"data": data, "error": shown}


def _shown(row: Any) -> dict[str, Any]:
    status = shapes.status(row).upper()
    return {
        "id": str(row["id"]),
        "functionID": row["function_id"],
        "status": "QUEUED" if status == "SCHEDULED" else status,
        "output": shapes.output(row),
        "startedAt": shapes.instant(row["created_at"]),
        "endedAt": shapes.instant(row["ended_at"]),
    }


def _span(run_id: UUID, memo: Any) -> dict[str, Any]:
    return {
        "name": memo["name"],
        "stepID": memo["step_id"],
        "outputID": f"{run_id}:{memo['step_id']}",
        "status": "FAILED" if memo["failed"] else "COMPLETED",
        "endedAt": shapes.instant(memo["created_at"]),
    }


def _argument(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"The argument {name!r} is missing, or no text.")
    return value


def uuid(text: str) -> UUID | None:
    """Return the id of a run; None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


ROOT: Mapping[str, Asked] = {
    "run": _run,
    "runTrigger": _trigger,
    "event": _event,
    "runTraceSpanOutputByID": _output,
}
