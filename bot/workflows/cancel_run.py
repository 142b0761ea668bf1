"""run.cancelled -> the engine stops the run's durable function."""

from typing import Any, Protocol

import inngest

from agent.runs.requests import CANCELLED
from bot.durable.steps import StepKey, Steps


class Stopper(Protocol):
    """What the step does."""

    async def stop(self, key: StepKey, data: dict[str, Any]) -> int:
        """Cancel what the run's event started; how many durable runs that were."""
        ...


def cancel_run(client: inngest.Inngest, stopper: Stopper) -> inngest.Function[Any]:
    """Build the durable function. The row is stopped already; this saves money."""

    @client.create_function(
        fn_id="cancel-run",
        trigger=inngest.TriggerEvent(event=CANCELLED),
        idempotency="event.id",
        retries=2,
    )
    async def run(ctx: inngest.Context) -> int:
        return await Steps(ctx).run("stop", stopper.stop, dict(ctx.event.data))

    return run
