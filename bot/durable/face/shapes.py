"""Rows as an Inngest server shows them.

Source: pkg/cqrs/function_runs.go, events.go and pkg/enums/run_status.go of
github.com/inngest/inngest
"""

import json
from datetime import datetime
from typing import Any

STATUS = {"completed": "Completed", "failed": "Failed", "cancelled": "Cancelled"}


def event(row: Any) -> dict[str, Any]:
    """Return an event as a function gets it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "data": json.loads(row["data"]),
        "user": json.loads(row["person"]),
        "ts": row["ts"],
    }


def looked_up_event(row: Any) -> dict[str, Any]:
    """Return an event as its look-up shows it; it has one id only."""
    received = {"internal_id": row["id"], "received_at": instant(row["sent_at"])}
    return {**event(row), **received}


def run(row: Any) -> dict[str, Any]:
    """Return a run as its look-up shows it."""
    return {
        "run_id": str(row["id"]),
        "function_id": row["function_id"],
        "event_id": row["event_id"],
        "status": status(row),
        "run_started_at": instant(row["created_at"]),
        "ended_at": instant(row["ended_at"]),
        "output": json.loads(output(row) or "null"),
    }


def job(row: Any) -> dict[str, Any]:
    """Return what a run is about to do, or waits for."""
    return {
        "id": str(row["id"]),
        "at": instant(row["due_at"]),
        "kind": row["kind"],
        "step_id": row["step_id"],
        "name": row["name"],
        "attempt": row["attempt"],
        "running": row["held"],
    }


def function(row: Any) -> dict[str, Any]:
    """Return what is known of a function; Inngest's server calls the slug its id."""
    return {
        "id": row["id"],
        "slug": row["id"],
        "app": row["app"],
        "url": row["url"],
        "config": json.loads(row["config"]),
        "synced_at": instant(row["synced_at"]),
    }


def status(row: Any) -> str:
    """Return where a run stands, in the server's words."""
    ended = STATUS.get(row["status"])
    return ended or ("Running" if row["begun"] else "Scheduled")


def output(row: Any) -> str | None:
    """Return the JSON of what a run came to: its result, or its error."""
    found: str | None = row["output"] or row["error"]
    return found


def instant(at: datetime | None) -> str | None:
    """Return an instant as text."""
    return at.isoformat() if at else None
