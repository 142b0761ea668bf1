"""run.requested of kind chat -> think, call tools, ask where it must -> deliver.

As in ``run_skill`` the body only names steps. A call that needs a person's yes waits
for days: the wait is registered beside the card, never after it.
"""

from itertools import count
from typing import Any, Protocol

import inngest

from agent.runs.consent_operations import CONSENTED
from agent.runs.pause_schemas import DECIDE_WITHIN
from agent.runs.requests import CANCELLED, REQUESTED
from bot.durable.steps import StepKey, Steps
from bot.workflows.run_skill import LANES, RETRIES, SAME, TELLS

FN_ID = "assist"

Data = dict[str, Any]


class Assisting(Protocol):
    """What the steps do; supplied by wiring, so that tests can supply another."""

    async def think(self, key: StepKey, data: Data, number: int) -> Data:
        """Have the model answer, or say how many tools it calls."""
        ...

    async def call(self, key: StepKey, data: Data, number: int, place: int) -> Data:
        """Call a tool; ``{"needs": ...}`` where a person must say yes to it first."""
        ...

    async def ask(self, key: StepKey, data: Data, number: int, needs: Data) -> bool:
        """Show the card of a call that waits."""
        ...

    async def decided(
        self, key: StepKey, data: Data, number: int, at: tuple[int, int]
    ) -> Data:
        """Do what was decided about a waiting call."""
        ...

    async def deliver(self, key: StepKey, data: Data, thought: Data) -> str:
        """Show the answer where it was asked."""
        ...

    async def give_up(self, key: StepKey, data: Data, error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        ...


def assist(client: inngest.Inngest, work: Assisting) -> inngest.Function[Any]:
    """Build the durable function: with skills, one run per conversation at a time."""

    async def failed(ctx: inngest.Context) -> str:
        event: Data = dict(ctx.event.data["event"])  # type: ignore[arg-type]
        error: Data = dict(ctx.event.data["error"])  # type: ignore[arg-type]
        said = str(error["message"]) if error.get("name") in TELLS else ""
        return await Steps(ctx).run("give-up", work.give_up, event["data"], said)

    @client.create_function(
        fn_id=FN_ID,
        trigger=inngest.TriggerEvent(
            event=REQUESTED, expression="event.data.kind == 'chat'"
        ),
        idempotency="event.id",
        concurrency=[LANES],
        cancel=[inngest.Cancel(event=CANCELLED, if_exp=SAME)],
        retries=RETRIES,
        on_failure=failed,
    )
    async def run(ctx: inngest.Context) -> str:
        steps = _AssistSteps(ctx, work)
        return await steps.to_an_answer()

    return run


class _AssistSteps(Steps):
    """The steps of one answer; its cards are numbered through."""

    def __init__(self, ctx: inngest.Context, work: Assisting) -> None:
        super().__init__(ctx)
        self.data: Data = dict(ctx.event.data)
        self._work = work
        self._cards = 0

    async def to_an_answer(self) -> str:
        """Return what was delivered; empty where the run was stopped."""
        for number in count(1):
            thought = await self.run(
                f"think-{number}", self._work.think, self.data, number
            )
            for place in range(1, thought["calls"] + 1):
                if not await self._call(number, place):
                    return ""
            if not thought["calls"]:
                return await self.run("deliver", self._work.deliver, self.data, thought)
        return ""

    async def _call(self, number: int, place: int) -> bool:
        step_id = f"tool-{number}-{place}"
        made = await self.run(step_id, self._work.call, self.data, number, place)
        if "needs" in made:
            self._cards += 1
            made = await self._consent(self._cards, made["needs"], (number, place))
        return "stopped" not in made

    async def _consent(self, n: int, needs: Data, at: tuple[int, int]) -> Data:
        await self.parallel(
            lambda: self.wait_for_event(
                f"consent-{n}",
                event=CONSENTED,
                if_exp=f"{SAME} && async.data.number == {n}",
                timeout=DECIDE_WITHIN,
            ),
            lambda: self.run(f"card-{n}", self._work.ask, self.data, n, needs),
        )
        return await self.run(f"decided-{n}", self._work.decided, self.data, n, at)
