import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from agent.llm.claude import Claude
from agent.llm.port import Tier
from tests.standins.anthropic import KEY, AnthropicStandIn

MODELS = {
    Tier.FAST: "claude-haiku-5-5",
    Tier.BALANCED: "claude-sonnet-5-5",
    Tier.DEEP: "claude-opus-5-5",
}


@pytest.fixture
async def api() -> AsyncIterator[AnthropicStandIn]:
    async with AnthropicStandIn() as standin:
        yield standin


@pytest.fixture
async def claude(api: AnthropicStandIn) -> AsyncIterator[Claude]:
    """The real SDK against the stand-in."""
    model = Claude(KEY, api.url, MODELS, timeout_s=10)
    yield model
    await model.aclose()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what the other side does, 5 seconds at most."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the other side has no event
            await asyncio.sleep(0.01)
