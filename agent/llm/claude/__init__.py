"""Claude, over the ``anthropic`` SDK."""

from agent.llm.claude.model import Claude

__all__ = ["Claude"]
