"""What the event of a run says: which attempt, for whom, and where it is shown."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from agent.ctx import Caller, Role
from agent.runs.calls import Job


def job_of(data: Mapping[str, Any], step: str = "write") -> Job:
    """The attempt that ``run.requested`` asks for, at one of its writing steps.

    The event may be days old: its caller has the least of roles. Who acts for them
    looks up what they may do now, see ``agent.runs.assistant.asker``.
    """
    caller = Caller(
        workspace_id=UUID(data["workspace_id"]),
        user_id=UUID(data["user_id"]),
        role=Role.VIEWER,
        chat_id=_id(data["chat_id"]),
        channel=data["channel"],
        conversation_id=_id(data["conversation_id"]),
    )
    return Job(UUID(data["run_id"]), int(data["attempt"]), caller, step)


def _id(given: str | None) -> UUID | None:
    return UUID(given) if given else None
