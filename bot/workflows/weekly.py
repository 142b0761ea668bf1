"""Every hour: where Monday morning has come, owners are told what the week taught."""

from typing import Any, Protocol

import inngest

from bot.durable.steps import StepKey, Steps

FN_ID = "weekly"
AT = "7 * * * *"
"""Zones differ by halves and quarters of an hour, too: nobody waits for long."""
PAGES = 500
"""Of workspaces, in one round; who is left is told an hour later."""


class Teller(Protocol):
    """What the steps do."""

    async def tell(self, key: StepKey, after: str) -> dict[str, Any]:
        """Tell some workspaces, those after ``after``: ``{told, last}``.

        ``last`` is empty when there are no more.
        """
        ...


def weekly(client: inngest.Inngest, teller: Teller) -> inngest.Function[Any]:
    """Build the durable function; two never run at once."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerCron(cron=AT),
        concurrency=[inngest.Concurrency(limit=1)],
        retries=1,
    )
    async def run(ctx: inngest.Context) -> int:
        steps, last, told = Steps(ctx), "", 0
        for page in range(PAGES):
            done = await steps.run(f"tell-{page}", teller.tell, last)
            last, told = done["last"], told + done["told"]
            if not last:
                break
        return told

    return run
