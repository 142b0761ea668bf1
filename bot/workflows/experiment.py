"""experiment.rated, once it is quiet, and every night -> tests are looked at.

What a look comes to is kept before it is told, and told before it counts as told, so
that either step may be done twice.
"""

from datetime import timedelta
from typing import Any, Protocol

import inngest

from agent.catalog.experiment_looks import RATED
from bot.durable.steps import StepKey, Steps

FN_ID = "look-at-tests"
NIGHTLY = "look-at-tests-nightly"
AT = "29 4 * * *"
"""UTC."""
PUT_OFF = 5
"""Times its wait that a steady stream of ratings can put it off."""

Data = dict[str, Any]


class Looking(Protocol):
    """What the steps do."""

    async def look(self, key: StepKey, data: Data) -> list[Data]:
        """Look at one test; itself, if it has come to something."""
        ...

    async def all(self, key: StepKey) -> list[Data]:
        """Look at every test there is; those that have come to something."""
        ...

    async def tell(self, key: StepKey, test: Data) -> int:
        """Tell owners and admins of a test; how many were told."""
        ...


def look(
    client: inngest.Inngest, work: Looking, quiet: timedelta
) -> inngest.Function[Any]:
    """Build the durable function that looks at one test; ``quiet``: how long first."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerEvent(event=RATED),
        debounce=inngest.Debounce(
            key="event.data.test_id",
            period=quiet,
            timeout=PUT_OFF * quiet,
        ),
        concurrency=[
            inngest.Concurrency(limit=1, key="event.data.workspace_id", scope="fn")
        ],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> int:
        steps = Steps(ctx)
        found = await steps.run("look", work.look, dict(ctx.event.data))
        for test in found:
            await steps.run("tell", work.tell, test)
        return len(found)

    return run


def nightly(client: inngest.Inngest, work: Looking) -> inngest.Function[Any]:
    """Build the durable function that looks at all tests, lest one was missed."""

    @client.create_function(
        fn_id=NIGHTLY,
        trigger=inngest.TriggerCron(cron=AT),
        concurrency=[inngest.Concurrency(limit=1)],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> int:
        steps = Steps(ctx)
        found = await steps.run("look", work.all)
        for test in found:
            await steps.run("tell", work.tell, test)
        return len(found)

    return run
