from collections.abc import AsyncIterator

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
    """The real SDK against the stand-in, with a patience of half a second."""
    model = Claude(KEY, api.url, MODELS, timeout_s=0.5)
    yield model
    await model.aclose()
