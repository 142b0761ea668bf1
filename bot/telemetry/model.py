"""A model whose calls are counted and traced."""

from collections.abc import AsyncIterator

from agent.llm.port import Completion, Model, Piece, Prompt
from bot.telemetry.port import Telemetry


class Watched:
    """The same model, telling of each call."""

    def __init__(self, model: Model, telemetry: Telemetry) -> None:
        """Tell ``telemetry`` of ``model``."""
        self._model = model
        self._telemetry = telemetry
        self.provider = model.provider
        self.is_rehearsal = model.is_rehearsal

    def model_for(self, prompt: Prompt) -> str:
        """The model that ``prompt`` will be answered by."""
        return self._model.model_for(prompt)

    async def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Answer piece by piece; the last item is the Completion."""
        name = self.model_for(prompt)
        with self._telemetry.asking(prompt, self.provider, name) as call:
            async for piece in self._model.stream(prompt):
                if isinstance(piece, Completion):
                    call.completion = piece
                yield piece
