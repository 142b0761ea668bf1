"""run.requested -> write -> deliver; when it cannot, the person is told.

The engine replays the body once per step, so the body only names steps. A step takes
and returns small JSON, and may be done twice without harm.
"""

from typing import Any, Protocol

import inngest

from agent.runs.requests import REQUESTED
from bot.durable.steps import StepKey, Steps

TELLS = {"Told", "NonRetriableError", "RetryAfterError"}
"""Errors raised for people to read; another one's message is for the log only."""

FN_ID = "run-skill"
RETRIES = 3


class Work(Protocol):
    """What the steps do; supplied by wiring, so that tests can supply another."""

    async def write(self, key: StepKey, data: dict[str, Any]) -> dict[str, Any]:
        """Have the model write; where the draft lies."""
        ...

    async def deliver(
        self, key: StepKey, data: dict[str, Any], written: dict[str, Any]
    ) -> str:
        """Keep the draft as an output and show it; the output's id, or empty."""
        ...

    async def give_up(self, key: StepKey, data: dict[str, Any], error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        ...


def run_skill(client: inngest.Inngest, work: Work) -> inngest.Function[Any]:
    """Build the durable function: one run per conversation at a time."""

    async def failed(ctx: inngest.Context) -> str:
        steps = Steps(ctx)
        event: dict[str, Any] = dict(ctx.event.data["event"])  # type: ignore[arg-type]
        error: dict[str, Any] = dict(ctx.event.data["error"])  # type: ignore[arg-type]
        said = str(error["message"]) if error.get("name") in TELLS else ""
        return await steps.run("give-up", work.give_up, event["data"], said)

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerEvent(event=REQUESTED),
        idempotency="event.id",
        concurrency=[inngest.Concurrency(limit=1, key="event.data.lane")],
        retries=RETRIES,
        on_failure=failed,
    )
    async def run(ctx: inngest.Context) -> str:
        steps = Steps(ctx)
        data = dict(ctx.event.data)
        written = await steps.run("write", work.write, data)
        return await steps.run("deliver", work.deliver, data, written)

    return run
