"""The one module that loads the ``anthropic`` SDK (a second, and 80 MB)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any

import httpx2
from anthropic import APIError, AsyncAnthropic, Timeout

from agent.llm.claude.answer import Answer
from agent.llm.claude.errors import cut, translated
from agent.llm.port import Usage

_CONNECT_S = 10.0

# Once a stream has begun the SDK lets httpx2's errors through as they are, and
# ValueError is an event that is no JSON.
_TROUBLES = (
    APIError,
    httpx2.TransportError,
    httpx2.StreamError,
    TimeoutError,
    ValueError,
)


class Wire:
    """Pooled connections to the API."""

    def __init__(self, api_key: str, base_url: str, timeout_s: float) -> None:
        """Open nothing yet; the SDK's own retries are off."""
        self._timeout_s = timeout_s
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
        )

    async def events(
        self, body: dict[str, Any], answer: Answer
    ) -> AsyncGenerator[Any, None]:
        """Send ``body`` and yield the stream's events; ``answer`` knows what is spent.

        Raises:
            ModelFailed: The stream broke, went silent, or never began.
            ModelRejected: The request is refused.
        """
        streaming = False
        try:
            async with asyncio.timeout(self._timeout_s):
                stream = await self._client.messages.create(**body, stream=True)
            streaming = True
            async with stream:
                async for event in self._heard(aiter(stream)):
                    yield event
        except _TROUBLES as error:
            spent = answer.tally.usage
            raise translated(error, spent, streaming=streaming) from error
        if not answer.is_whole:
            raise cut(answer.tally.usage)

    async def _heard(self, events: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
        # The SDK swallows pings, so a read timeout alone would let a connection
        # that only pings hang for ever.
        while True:
            async with asyncio.timeout(self._timeout_s):
                event = await anext(events, None)
            if event is None:
                return
            yield event

    async def check(self, models: Iterable[str]) -> None:
        """Ask for each model by name, which is free.

        Raises:
            ModelFailed: No answer.
            ModelRejected: A wrong key, or an unknown model.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                for model in models:
                    await self._client.models.retrieve(model)
        except _TROUBLES as error:
            raise translated(error, Usage(), streaming=False) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()
