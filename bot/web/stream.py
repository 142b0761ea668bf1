"""The live stream: batches of changed messages as server-sent events."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from bot.web.desk import Batch, Desk
from bot.web.session import Signed

RETRY_MS = 1000
BYE = b"event: bye\ndata: {}\n\n"


class Streams:
    """All open streams of this process, so that a stop need not wait for them."""

    def __init__(self, desk: Desk) -> None:
        """Stream what ``desk`` reports."""
        self._desk = desk
        self._waiting: set[asyncio.Timeout] = set()
        self._closed = False

    def close(self) -> None:
        """End every stream; the pages come back by themselves to the next process."""
        self._closed = True
        for wait in self._waiting:
            wait.reschedule(0)

    async def events(self, signed: Signed, after: str) -> AsyncIterator[bytes]:
        """Yield the session's events from cursor ``after`` until the session ends.

        ``batch`` carries changes and its id is the cursor to resume from; ``beat``
        says that the connection lives; ``bye`` that the session is over.
        Source: html.spec.whatwg.org/multipage/server-sent-events.html
        """
        yield f"retry: {RETRY_MS}\n\n".encode()
        async with aclosing(_batches(self._desk, signed, after)) as batches:
            while (batch := await self._next(batches)) is not None:
                if batch.shown or batch.whole:
                    yield _event("batch", batch)
                    continue
                caller = await self._desk.who(signed.token)
                yield _event("beat", batch) if caller else BYE
                if caller != signed.caller:
                    return  # over, or elsewhere by now: the page comes back for that

    async def _next(self, batches: AsyncIterator[Batch]) -> Batch | None:
        if self._closed:
            return None
        wait = asyncio.timeout(None)
        try:
            async with wait:
                self._waiting.add(wait)
                return await anext(batches, None)
        except TimeoutError:
            return None
        finally:
            self._waiting.discard(wait)


async def _batches(desk: Desk, signed: Signed, after: str) -> AsyncGenerator[Batch]:
    async for batch in desk.changes(signed.caller, after):
        yield batch


def _event(name: str, batch: Batch) -> bytes:
    data = {"whole": batch.whole, "shown": [one.to_json() for one in batch.shown]}
    return f"id: {batch.cursor}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()
