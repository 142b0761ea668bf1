"""run.requested -> write, asking where it must -> deliver; when it cannot, say so.

The engine replays the body once per step, so the body only names steps. A step takes
and returns small JSON, and may be done twice without harm. A wait is registered beside
the step that asks, never after it: an answer cannot come before anybody listens.
"""

from datetime import timedelta
from typing import Any, Protocol

import inngest

from agent.runs.pause_operations import ANSWERED, DECIDED
from agent.runs.pause_schemas import ANSWER_WITHIN, DECIDE_WITHIN
from agent.runs.requests import REQUESTED
from bot.durable.steps import StepKey, Steps

TELLS = {"Told", "NonRetriableError", "RetryAfterError"}
"""Errors raised for people to read; another one's message is for the log only."""

FN_ID = "run-skill"
RETRIES = 3
ENDS = {"reject", "expired", "cancelled"}
"""Ways a draft comes to nothing."""

Data = dict[str, Any]


class Pauses(Protocol):
    """What the steps do when a person is waited for."""

    async def ask(self, key: StepKey, data: Data, number: int, asked: Data) -> bool:
        """Show a question to the person who asked for the piece."""
        ...

    async def answered(self, key: StepKey, data: Data, number: int) -> str:
        """How it ended; without an answer, with its default."""
        ...

    async def request(self, key: StepKey, data: Data, number: int, draft: Data) -> bool:
        """Show a draft to whoever must say yes to it."""
        ...

    async def decided(self, key: StepKey, data: Data, number: int) -> str:
        """What became of it: approve, revise, or one of ``ENDS``."""
        ...


class Work(Protocol):
    """What the steps do; supplied by wiring, so that tests can supply another."""

    @property
    def pauses(self) -> Pauses:
        """What they do when a person is waited for."""
        ...

    async def write(self, key: StepKey, data: Data, number: int) -> Data:
        """Have the model write, the ``number``th time; a draft, or a question."""
        ...

    async def deliver(self, key: StepKey, data: Data, written: Data) -> str:
        """Keep the draft as an output and show it; the output's id, or empty."""
        ...

    async def give_up(self, key: StepKey, data: Data, error: str) -> str:
        """Mark the run failed and say so where the answer would have been."""
        ...


def run_skill(client: inngest.Inngest, work: Work) -> inngest.Function[Any]:
    """Build the durable function: one run per conversation at a time."""

    async def failed(ctx: inngest.Context) -> str:
        steps = Steps(ctx)
        event: Data = dict(ctx.event.data["event"])  # type: ignore[arg-type]
        error: Data = dict(ctx.event.data["error"])  # type: ignore[arg-type]
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
        steps, data = Steps(ctx), dict(ctx.event.data)
        written = await _agreed(steps, work, data)
        if written is None:
            return ""
        return await steps.run("deliver", work.deliver, data, written)

    return run


async def _agreed(steps: Steps, work: Work, data: Data) -> Data | None:
    """The draft that may be delivered; None when it came to nothing."""
    waits = _Waits(steps, work.pauses, data)
    number = 1
    while True:
        step_id = f"write-{number}" if number > 1 else "write"
        written = await steps.run(step_id, work.write, data, number)
        if written.get("question"):
            await waits.for_answer(written["question"])
        elif written.get("approval"):
            decision = await waits.for_decision(written)
            if decision == "approve":
                return written
            if decision in ENDS:
                return None
        else:
            return written
        number += 1


class _Waits:
    """The waits of one run, numbered by kind."""

    def __init__(self, steps: Steps, pauses: Pauses, data: Data) -> None:
        self._steps, self._pauses, self._data = steps, pauses, data
        self._questions = self._versions = 0

    async def for_answer(self, question: Data) -> None:
        self._questions += 1
        n, data = self._questions, self._data
        await self._steps.parallel(
            lambda: self._event(f"answer-{n}", ANSWERED, n, ANSWER_WITHIN),
            lambda: self._steps.run(f"ask-{n}", self._pauses.ask, data, n, question),
        )
        await self._steps.run(f"answered-{n}", self._pauses.answered, data, n)

    async def for_decision(self, draft: Data) -> str:
        self._versions += 1
        n, data = self._versions, self._data
        await self._steps.parallel(
            lambda: self._event(f"decision-{n}", DECIDED, n, DECIDE_WITHIN),
            lambda: self._steps.run(
                f"approve-{n}", self._pauses.request, data, n, draft
            ),
        )
        return await self._steps.run(f"decided-{n}", self._pauses.decided, data, n)

    async def _event(
        self, step_id: str, event: str, n: int, within: timedelta
    ) -> Data | None:
        return await self._steps.wait_for_event(
            step_id,
            event=event,
            if_exp="event.data.run_id == async.data.run_id "
            f"&& event.data.attempt == async.data.attempt && async.data.number == {n}",
            timeout=within,
        )
