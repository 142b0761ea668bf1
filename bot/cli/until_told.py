"""Running something until Ctrl-C or SIGTERM, and then letting it end in order."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any


def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work``; a signal cancels it once, and its first failure is raised."""
    try:
        asyncio.run(_cancelled_by_signals(work))
    except BaseExceptionGroup as several:
        # A task group wraps even a lone failure; people read the failure.
        raise _first(several) from None


async def _cancelled_by_signals(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _first(several: BaseException) -> BaseException:
    while isinstance(several, BaseExceptionGroup):
        several = several.exceptions[0]
    return several
