"""A model that plays what it is told, piece by piece."""

from collections.abc import AsyncGenerator, Sequence

from agent.llm.port import Completion, Delta, Piece, Prompt, Spent, Stop, Usage

Step = Piece | Exception


class Played:
    """Plays one sequence of steps a call; an exception among them is raised."""

    provider = "played"
    is_rehearsal = False

    def __init__(self, *calls: Sequence[Step]) -> None:
        self._calls = list(calls)
        self.prompts: list[Prompt] = []
        self.closed = 0

    def model_for(self, prompt: Prompt) -> str:
        return "played"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        self.prompts.append(prompt)
        try:
            for step in self._calls.pop(0):
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1


def said(text: str, stop: Stop = Stop.END, output: int = 5) -> list[Step]:
    """Return a whole call: input counted, words, completion."""
    usage = Usage(input_tokens=10, output_tokens=output)
    words = [Delta(word) for word in text.split(" ")] if text else []
    done = Completion(text.replace(" ", ""), usage, stop, "played", "played", 7, 3)
    return [Spent(Usage(input_tokens=10, output_tokens=1)), *words, done]
