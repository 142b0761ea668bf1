"""run.requested -> stages -> write, asking where it must -> check -> deliver.

The engine replays the body once per step, so the body only names steps. A step takes
and returns small JSON, and may be done twice without harm. A wait is registered beside
the step that asks, never after it: an answer cannot come before anybody listens.
"""

from datetime import timedelta
from typing import Any, Protocol

import inngest

from agent.runs.pause_operations import ANSWERED, DECIDED
from agent.runs.pause_schemas import ANSWER_WITHIN, DECIDE_WITHIN
from agent.runs.requests import CANCELLED, REQUESTED
from bot.durable.steps import StepKey, Steps

TELLS = {"Told", "NonRetriableError", "RetryAfterError"}
"""Errors raised for people to read; another one's message is for the log only."""

FN_ID = "run-skill"
RETRIES = 3
SAME = (
    "event.data.run_id == async.data.run_id && event.data.attempt == async.data.attempt"
)
"""``event`` is what started the run, ``async`` what came later."""

LANES = inngest.Concurrency(limit=1, key="event.data.lane", scope="env")
"""Runs of one conversation wait for each other, whichever function does them."""

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
        """What became of it: approve, revise, or a word for how it came to nothing."""
        ...


class Work(Protocol):
    """What the steps do; supplied by wiring, so that tests can supply another."""

    @property
    def pauses(self) -> Pauses:
        """What they do when a person is waited for."""
        ...

    async def write(self, key: StepKey, data: Data, number: int) -> Data:
        """Have the model write, the ``number``th time; a draft, or what comes first."""
        ...

    async def stage(self, key: StepKey, data: Data, number: int) -> str:
        """Work through the ``number``th stage before the piece; where that ended."""
        ...

    async def check(self, key: StepKey, data: Data, number: int, written: Data) -> Data:
        """Hold the draft against standing instructions; the draft, put right."""
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
        # What was asked for before there was an assistant says no kind.
        trigger=inngest.TriggerEvent(
            event=REQUESTED, expression="event.data.kind != 'chat'"
        ),
        idempotency="event.id",
        concurrency=[LANES],
        cancel=[inngest.Cancel(event=CANCELLED, if_exp=SAME)],
        retries=RETRIES,
        on_failure=failed,
    )
    async def run(ctx: inngest.Context) -> str:
        steps = _PieceSteps(ctx, work)
        written = await steps.to_a_draft()
        if written is None:
            return ""
        return await steps.run("deliver", work.deliver, steps.data, written)

    return run


class _PieceSteps(Steps):
    """The steps of one piece; the waits among them are numbered by kind."""

    def __init__(self, ctx: inngest.Context, work: Work) -> None:
        super().__init__(ctx)
        self.data: Data = dict(ctx.event.data)
        self._work = work
        self._questions = self._versions = 0

    async def to_a_draft(self) -> Data | None:
        """Return the draft that may be delivered; None when it came to nothing."""
        number = 1
        while True:
            step_id = f"write-{number}" if number > 1 else "write"
            written = await self.run(step_id, self._work.write, self.data, number)
            if await self._came_first(written):
                number += 1
                continue
            written = await self._checked(written, number)
            if (decision := await self._decision(written)) != "revise":
                return written if decision == "approve" else None
            number += 1

    async def _came_first(self, written: Data) -> bool:
        """Do what must be done before there is a draft; False: there is one."""
        for n in range(1, written.get("stages", 0) + 1):
            await self.run(f"stage-{n}", self._work.stage, self.data, n)
        if written.get("question"):
            await self._answer(written["question"])
        return bool(written.get("stages") or written.get("question"))

    async def _checked(self, draft: Data, number: int) -> Data:
        if not draft.get("rules"):
            return draft
        step_id = f"check-{number}" if number > 1 else "check"
        return await self.run(step_id, self._work.check, self.data, number, draft)

    async def _answer(self, question: Data) -> None:
        self._questions += 1
        n, pauses = self._questions, self._work.pauses
        await self.parallel(
            lambda: self._event(f"answer-{n}", ANSWERED, n, ANSWER_WITHIN),
            lambda: self.run(f"ask-{n}", pauses.ask, self.data, n, question),
        )
        await self.run(f"answered-{n}", pauses.answered, self.data, n)

    async def _decision(self, draft: Data) -> str:
        if not draft.get("approval"):
            return "approve"
        self._versions += 1
        n, pauses = self._versions, self._work.pauses
        await self.parallel(
            lambda: self._event(f"decision-{n}", DECIDED, n, DECIDE_WITHIN),
            lambda: self.run(f"approve-{n}", pauses.request, self.data, n, draft),
        )
        return await self.run(f"decided-{n}", pauses.decided, self.data, n)

    async def _event(
        self, step_id: str, event: str, n: int, within: timedelta
    ) -> Data | None:
        return await self.wait_for_event(
            step_id,
            event=event,
            if_exp="event.data.run_id == async.data.run_id "
            f"&& event.data.attempt == async.data.attempt && async.data.number == {n}",
            timeout=within,
        )
