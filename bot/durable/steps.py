"""A typed face of the SDK's steps, so that workflows read well; names one to one."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import inngest
from structlog.contextvars import bound_contextvars

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StepKey:
    """Names one step of one run, the same in every attempt."""

    run_id: str
    step_id: str

    def __str__(self) -> str:
        """Return the idempotency key to hand to whoever performs the effect."""
        return f"{self.run_id}:{self.step_id}"


class Steps:
    """The steps of one call of a durable function."""

    def __init__(self, ctx: inngest.Context) -> None:
        """Wrap the context the SDK gave the function."""
        self._ctx = ctx
        self._uses: Counter[str] = Counter()
        self._where = _where(ctx)

    async def run(
        self,
        step_id: str,
        handler: Callable[Concatenate[StepKey, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what ``handler`` returned the one time it succeeded.

        It may be attempted more than once, each time with the same ``StepKey``; its
        result is kept as JSON, and later calls of the function get it from there.
        A step id used again (in a loop) is a step of its own, in order of use.

        Raises:
            inngest.StepError: It failed for good; catch it to go on without.
        """
        key = self._key(step_id)

        async def keyed() -> T:
            with bound_contextvars(**self._where, step=step_id):
                return await handler(key, *args, **kwargs)

        return await self._ctx.step.run(step_id, keyed)

    async def sleep(self, step_id: str, duration: timedelta) -> None:
        """Return after ``duration``; no process has to live that long."""
        await self._ctx.step.sleep(step_id, duration)

    async def sleep_until(self, step_id: str, until: datetime) -> None:
        """Return at ``until``, an aware instant."""
        await self._ctx.step.sleep_until(step_id, until)

    async def wait_for_event(
        self,
        step_id: str,
        *,
        event: str,
        if_exp: str | None = None,
        timeout: timedelta,  # noqa: ASYNC109 - the engine waits, not this coroutine
    ) -> dict[str, Any] | None:
        """Return the data of the first such event from now on; None: none in time.

        ``if_exp`` compares it (``async.data``) with what started the run
        (``event.data``). What may cause the event is done beside the wait, with
        ``parallel``: then the event cannot come before anybody listens.
        """
        came = await self._ctx.step.wait_for_event(
            step_id, event=event, if_exp=if_exp, timeout=timeout
        )
        return None if came is None else dict(came.data)

    async def send_event(
        self, step_id: str, events: Sequence[inngest.Event]
    ) -> list[str]:
        """Return the ids of events that are sent once, however often it is tried.

        An event without an id of its own gets one from the step's key.
        """
        key = self._key(step_id)
        named = [
            event if event.id else event.model_copy(update={"id": f"{key}:{number}"})
            for number, event in enumerate(events)
        ]
        return await self._ctx.step.send_event(step_id, named)

    async def parallel(
        self, *branches: Callable[[], Awaitable[Any]]
    ) -> tuple[Any, ...]:
        """Return what the branches return, in order; their steps run side by side.

        Each branch is a function without arguments that calls one step.
        """
        return await self._ctx.group.parallel(branches)

    def _key(self, step_id: str) -> StepKey:
        # The SDK counts repeated ids in the same way to tell their memos apart.
        earlier = self._uses[step_id]
        self._uses[step_id] += 1
        return StepKey(self._ctx.run_id, f"{step_id}:{earlier}" if earlier else step_id)


def _where(ctx: inngest.Context) -> dict[str, Any]:
    """What every line that a step logs says of where it was done."""
    data = ctx.event.data
    ours = {name: data[name] for name in ("run_id", "attempt") if name in data}
    return {**ours, "durable_run": ctx.run_id}
