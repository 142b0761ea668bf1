"""Every night: each sweep is a step of its own, and one that fails stops no other."""

from collections.abc import Sequence
from typing import Protocol

import inngest

from bot.durable.steps import StepKey, Steps

FN_ID = "sweep"
AT = "17 3 * * *"
"""UTC. Not on the hour, when everybody else's begin."""


class Sweeper(Protocol):
    """What the steps do."""

    @property
    def names(self) -> Sequence[str]:
        """The sweeps there are, in order."""
        ...

    async def sweep(self, key: StepKey, name: str) -> int:
        """Do one sweep; how many rows it changed."""
        ...

    async def letters(self, key: StepKey) -> int:
        """Tell of messages that were given up; how many there are."""
        ...


def sweep(
    client: inngest.Inngest, sweeper: Sweeper
) -> inngest.Function[dict[str, int]]:
    """Build the durable function; two never run at once."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerCron(cron=AT),
        concurrency=[inngest.Concurrency(limit=1)],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> dict[str, int]:
        steps = Steps(ctx)
        done, failed = {}, []
        for name in sweeper.names:
            try:
                done[name] = await steps.run(name, sweeper.sweep, name)
            except inngest.StepError:
                failed.append(name)
        done["dead-letters"] = await steps.run("dead-letters", sweeper.letters)
        if failed:
            raise inngest.NonRetriableError(f"not swept: {', '.join(failed)}")
        return done

    return run
