"""A strict local stand-in for the Anthropic Messages API, over real HTTP and SSE."""

from tests.standins.anthropic.replies import Fault, Reply
from tests.standins.anthropic.server import KEY, AnthropicStandIn, Recorded

__all__ = ["KEY", "AnthropicStandIn", "Fault", "Recorded", "Reply"]
