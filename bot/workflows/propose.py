"""feedback.given, once it is quiet, and every night -> what recurs becomes a proposal.

Of a flurry of ratings the last one starts it, a skill of a workspace at a time. What it
proposes is tried by ``replay``, which that proposal's own event starts.
"""

from datetime import timedelta
from typing import Any, Protocol

import inngest

from agent.runs.learning import GIVEN
from bot.durable.steps import StepKey, Steps

FN_ID = "propose"
NIGHTLY = "propose-nightly"
AT = "43 2 * * *"
"""UTC."""
PUT_OFF = 10
"""Times its wait that a steady stream of ratings can put it off."""

Data = dict[str, Any]


class Proposing(Protocol):
    """What the steps do."""

    async def propose(self, key: StepKey, data: Data) -> str:
        """Propose what recurs about one skill; the proposal's id, or empty."""
        ...

    async def due(self, key: StepKey) -> int:
        """Have every skill looked at that was rated lately; how many those are."""
        ...


def propose(
    client: inngest.Inngest, work: Proposing, quiet: timedelta
) -> inngest.Function[Any]:
    """Build the durable function that looks at one skill; ``quiet``: how long first."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerEvent(event=GIVEN),
        debounce=inngest.Debounce(
            key="event.data.workspace_id + ':' + event.data.skill",
            period=quiet,
            timeout=PUT_OFF * quiet,
        ),
        concurrency=[
            inngest.Concurrency(limit=1, key="event.data.workspace_id", scope="env")
        ],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> str:
        return await Steps(ctx).run("propose", work.propose, dict(ctx.event.data))

    return run


def nightly(client: inngest.Inngest, work: Proposing) -> inngest.Function[Any]:
    """Build the durable function that looks at all of them, lest one was missed."""

    @client.create_function(
        fn_id=NIGHTLY,
        trigger=inngest.TriggerCron(cron=AT),
        concurrency=[inngest.Concurrency(limit=1)],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> int:
        return await Steps(ctx).run("due", work.due)

    return run
