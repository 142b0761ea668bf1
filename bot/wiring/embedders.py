"""The sentence embedder that the settings name, if any."""

from pathlib import Path

from agent.llm.embedder import Embedder
from agent.llm.minilm import installed
from bot.ranking.kept_vectors import KeptVectors
from bot.settings import Settings


def chosen(settings: Settings) -> Embedder | None:
    """The embedder asked for; None: words alone.

    Raises:
        Unavailable: It is not installed.
    """
    return minilm(settings.home) if settings.embedder == "minilm" else None


def minilm(home: Path) -> Embedder:
    """MiniLM, whose vectors of examples are kept below ``home``.

    Raises:
        Unavailable: It is not installed.
    """
    return KeptVectors(installed(), home / "vectors")
