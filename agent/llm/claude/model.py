"""Claude as a Model. Importing this is cheap: the SDK loads with the first call."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.llm.claude.answer import PROVIDER, Answer
from agent.llm.claude.request import request
from agent.llm.port import Piece, Prompt, Tier

if TYPE_CHECKING:
    from agent.llm.claude.wire import Wire

_WIRE = "agent.llm.claude.wire"


class Claude:
    """Answers over Anthropic's Messages API, streaming; never retries by itself."""

    provider = PROVIDER
    is_rehearsal = False

    def __init__(
        self,
        api_key: str,
        base_url: str,
        models: Mapping[Tier, str],
        timeout_s: float = 120.0,
    ) -> None:
        """Keep what a call needs; nothing is opened yet.

        ``timeout_s`` bounds every silence: until the first event, and between two.

        Raises:
            BadInput: The key holds characters that no header can carry.
        """
        key = api_key.strip()
        if not (key and key.isascii() and key.isprintable()):
            raise BadInput(
                "ANTHROPIC_API_KEY is not a key.",
                hint="Copy it again from the Claude Console.",
            )
        self._key, self._base_url = key, base_url
        self._models, self._timeout_s = dict(models), timeout_s
        self._wire: Wire | None = None

    def model_for(self, prompt: Prompt) -> str:
        """Return the pinned model, else the tier's."""
        return prompt.model or self._models[prompt.tier]

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Answer piece by piece; the last item is the Completion.

        Raises:
            BadInput: The prompt breaks the API's shape, see ``request``.
            ModelFailed: Overloaded, rate-limited, silent, or cut in mid-stream.
            ModelRejected: The call itself is refused.
        """
        answer = Answer(self.model_for(prompt))
        body = request(prompt, answer.model)
        async with aclosing((await self.open()).events(body, answer)) as events:
            async for event in events:
                for piece in answer.take(event):
                    yield piece
        yield answer.completion()

    async def check(self) -> None:
        """Ask whether the key and each tier's model are good, at no cost.

        Raises:
            ModelFailed: No answer.
            ModelRejected: Wrong key, or a model that does not exist.
        """
        await (await self.open()).check(sorted(set(self._models.values())))

    async def open(self) -> "Wire":
        """Load the SDK, in a thread so that nobody waits for it; once."""
        if self._wire is None:
            await asyncio.to_thread(import_module, _WIRE)
        return self._opened()

    def _opened(self) -> "Wire":
        if self._wire is None:
            wire = import_module(_WIRE)
            self._wire = wire.Wire(self._key, self._base_url, self._timeout_s)
        return self._wire

    async def aclose(self) -> None:
        """Close the pooled connections."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.aclose()
