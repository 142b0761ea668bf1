"""rule.drafted -> plan -> each case, a step of its own -> what it came to, as a card.

A wording is tried once. Where that costs more than is spent unasked, the plan ends in
a card that asks; the press emits the event again, and the plan then goes ahead.
"""

from typing import Any, Protocol

import inngest

from agent.catalog.proposals import DRAFTED
from bot.durable.steps import StepKey, Steps

FN_ID = "replay"

Data = dict[str, Any]


class Replaying(Protocol):
    """What the steps do."""

    async def plan(self, key: StepKey, data: Data) -> list[Data]:
        """The cases to try; none where that is not to be, which a card then says."""
        ...

    async def case(self, key: StepKey, data: Data, case: Data) -> Data:
        """Write for one case both ways, and have it judged."""
        ...

    async def show(self, key: StepKey, data: Data, tried: list[Data]) -> str:
        """Keep what it came to, and show it to who decides."""
        ...


def replay(client: inngest.Inngest, work: Replaying) -> inngest.Function[Any]:
    """Build the durable function: one proposal of a workspace at a time."""

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerEvent(event=DRAFTED),
        idempotency="event.id",
        concurrency=[
            inngest.Concurrency(limit=1, key="event.data.workspace_id", scope="env")
        ],
        retries=2,
    )
    async def run(ctx: inngest.Context) -> str:
        steps, data = Steps(ctx), dict(ctx.event.data)
        cases = await steps.run("plan", work.plan, data)
        tried: list[Data] = []
        for case in cases:
            try:
                tried.append(
                    await steps.run(f"case-{case['key']}", work.case, data, case)
                )
            except inngest.StepError:
                continue  # one that fails for good is left out, as if it were not there
        if not cases:
            return ""
        return await steps.run("show", work.show, data, tried)

    return run
