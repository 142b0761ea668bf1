"""A strict local stand-in for OpenAI's chat completions, over real HTTP and SSE."""

from tests.standins.openai.replies import Fault, Reply
from tests.standins.openai.server import KEY, OpenAIStandIn

__all__ = ["KEY", "Fault", "OpenAIStandIn", "Reply"]
