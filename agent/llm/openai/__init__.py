"""Models behind an OpenAI-compatible chat completions API, over httpx."""

from agent.llm.openai.model import OpenAI

__all__ = ["OpenAI"]
