"""One telemetry for several who listen; what one of them breaks hurts nobody."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from agent.llm.port import Prompt
from bot.durable.observer import Call
from bot.durable.queue import Job
from bot.telemetry.port import ModelCall, Sending, Telemetry

E = TypeVar("E")

log = structlog.get_logger()


class Several(Telemetry):
    """Tells each of them, in order."""

    def __init__(self, parts: Sequence[Telemetry]) -> None:
        """Tell ``parts``."""
        self._parts = parts

    def started(self, function_ids: Iterable[str]) -> None:
        """Runs began, one for each function named."""
        names = list(function_ids)
        self._each(lambda part: part.started(names))

    def claimed(self, job: Job) -> None:
        """A job was leased."""
        self._each(lambda part: part.claimed(job))

    @contextlib.contextmanager
    def calling(self, job: Job) -> Iterator[Call]:
        """Enter around a call of the function."""
        call = Call(job)
        with self._around(lambda part: part.calling(job)) as theirs:
            try:
                yield call
            finally:
                for one in theirs:
                    one.outcome = call.outcome

    def retried(self, job: Job, error: str) -> None:
        """A failed call was queued again."""
        self._each(lambda part: part.retried(job, error))

    def lease_lost(self, job: Job) -> None:
        """Somebody else may have the job now."""
        self._each(lambda part: part.lease_lost(job))

    def ended(self, job: Job, status: str, error: str = "") -> None:
        """A run ended here."""
        self._each(lambda part: part.ended(job, status, error))

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Enter around the work on one message that came in."""
        with self._around(lambda part: part.receiving()):
            yield

    def requested(self, run_id: UUID, attempt: int) -> None:
        """A run was asked for."""
        self._each(lambda part: part.requested(run_id, attempt))

    @contextlib.contextmanager
    def asking(self, prompt: Prompt, provider: str, model: str) -> Iterator[ModelCall]:
        """Enter around one call of a model."""
        call = ModelCall(prompt, provider, model)
        with self._around(lambda part: part.asking(prompt, provider, model)) as theirs:
            try:
                yield call
            finally:
                for one in theirs:
                    one.completion = call.completion

    def delivered(self, sending: Sending) -> None:
        """A message was sent, or it was tried."""
        self._each(lambda part: part.delivered(sending))

    def close(self) -> None:
        """Hand over what is still to be told."""
        self._each(lambda part: part.close())

    def _each(self, tell: Callable[[Telemetry], None]) -> None:
        for part in self._parts:
            try:
                tell(part)
            except Exception:  # edge: nobody's work stops because it is watched
                log.exception("telemetry.broke")

    @contextlib.contextmanager
    def _around(
        self, enter: Callable[[Telemetry], AbstractContextManager[E]]
    ) -> Iterator[list[E]]:
        with contextlib.ExitStack() as stack:
            entered = [
                stack.enter_context(_unbroken(partial(enter, part)))
                for part in self._parts
            ]
            yield [one for one in entered if one is not None]


@contextlib.contextmanager
def _unbroken(enter: Callable[[], AbstractContextManager[E]]) -> Iterator[E | None]:
    """Enter something that may break; what is done inside is none of its business."""
    stack, entered = contextlib.ExitStack(), None
    try:
        entered = stack.enter_context(enter())
    except Exception:  # edge: as above
        log.exception("telemetry.broke")
    try:
        yield entered
    finally:
        try:
            stack.close()
        except Exception:
            log.exception("telemetry.broke")
