"""One short question to Claude, and what came back."""

import pytest

from agent.errors import AgentError
from agent.llm.claude import Claude
from agent.llm.port import (
    Block,
    Completion,
    Piece,
    Prompt,
    Tier,
    Turn,
)

ASK = Prompt(Tier.BALANCED, (Block("Be brief."),), (Turn("user", "Say something."),))
WORDS = "one two three four five six seven eight nine"


async def answer(model: Claude, prompt: Prompt = ASK) -> list[Piece]:
    return [piece async for piece in model.stream(prompt)]


async def completion(model: Claude, prompt: Prompt = ASK) -> Completion:
    last = (await answer(model, prompt))[-1]
    assert isinstance(last, Completion)
    return last


async def failure(model: Claude, prompt: Prompt = ASK) -> AgentError:
    with pytest.raises(AgentError) as raised:
        await answer(model, prompt)
    return raised.value
