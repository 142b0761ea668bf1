"""An event loop whose time is made up: nobody really sleeps."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            # A hair more: what is due at that time must not find itself before it.
            self.now += timeout + 1e-9
        return super().select(0)


class MadeUpTime(asyncio.SelectorEventLoop):
    """Whenever all wait, it is at once as late as the first of them waits for."""

    def __init__(self) -> None:
        self._made_up = _Selector()
        super().__init__(self._made_up)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._made_up.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work in made-up time."""
    with asyncio.Runner(loop_factory=MadeUpTime) as runner:
        return runner.run(work)
