"""Every few minutes: find what nobody works on, say so, and put it right if safe."""

from collections.abc import Sequence
from typing import Any, Protocol

import inngest

from bot.durable.steps import StepKey, Steps

FN_ID = "watchdog"
AT = "*/5 * * * *"


class Watchdog(Protocol):
    """What the steps do."""

    async def look(self, key: StepKey) -> list[str]:
        """Say what is stuck; the ids of the runs to put right."""
        ...

    async def repair(self, key: StepKey, ids: Sequence[str]) -> dict[str, int]:
        """Put them right; how many, by what was done."""
        ...


def watchdog(client: inngest.Inngest, dog: Watchdog) -> inngest.Function[Any]:
    """Build the durable function; a round that is late is left to the next."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerCron(cron=AT),
        concurrency=[inngest.Concurrency(limit=1)],
        retries=0,
    )
    async def run(ctx: inngest.Context) -> dict[str, int]:
        steps = Steps(ctx)
        found = await steps.run("look", dog.look)
        if not found:
            return {}
        return await steps.run("repair", dog.repair, found)

    return run
