"""Where durable functions live: in this process, or behind a URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.durable.functions import Plan
from bot.durable.protocol import Call, Outcome
from bot.durable.queue import Job


@dataclass(frozen=True, slots=True)
class Known:
    """One function that some process can call."""

    plan: Plan
    app: str
    url: str = ""
    """Where to call it; empty when it lives in the app's own process."""


class Host(Protocol):
    """Calls the functions that can be called from here."""

    app: str
    """The name under which its functions are registered; empty: registers none."""

    @property
    def configs(self) -> Sequence[Mapping[str, Any]]:
        """The functions to register at start, as the SDK declares them."""
        ...

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The functions it can call, by id."""
        ...

    def learn(self, known: Mapping[str, Known]) -> None:
        """Take note of all functions of all apps; called after each change."""
        ...

    async def call(self, job: Job) -> Outcome:
        """Return what came of it; whatever the function does, there is an outcome."""
        ...


def call_of(job: Job, plan: Plan) -> Call:
    """Return the call that a job stands for."""
    return Call(
        run_id=str(job.run_id),
        function_id=job.function_id,
        step_id=job.step_id,
        attempt=job.attempt,
        max_attempts=plan.max_attempts,
        event=job.event,
        events=job.events,
        memos=job.memos,
        racing=job.racing,
    )
