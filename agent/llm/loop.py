"""Drives one answer to its end: shows it growing, continues pauses, refuses blanks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace

from agent.llm.port import (
    Completion,
    Delta,
    Model,
    ModelFailed,
    ModelRejected,
    Piece,
    Prompt,
    Stop,
    Turn,
)
from agent.llm.tally import Tally

SHOW_EVERY_S = 0.25
"""Four times a second: fresh enough for who sees it edited once a second."""

MAX_PAUSES = 2
"""How often a paused turn is sent back to go on."""

_GO_ON = "Go on exactly where you stopped; repeat nothing."

_CUT = {
    Stop.LENGTH: "The answer reached its length limit and stops here.",
    Stop.CONTEXT: "The conversation is too long for the model; the answer stops here.",
    Stop.PAUSE: "The model stopped before the end.",
    Stop.TOOL_USE: "The model stopped before the end.",
    Stop.OTHER: "The model stopped for a reason Draper does not know.",
}

Show = Callable[[str], Awaitable[None]]
"""Gets the whole text so far. What it raises ends the call and is raised on."""


class ModelRefused(ModelRejected):
    """The model declined the work itself; asking again the same way will not help."""

    code, status = "model_refused", 422


def cut_notice(stop: Stop) -> str:
    """Return what a person must be told under an answer that is not whole, else ""."""
    notice = _CUT.get(stop)
    return f'{notice} Ask "continue" for the rest.' if notice else ""


async def collect(
    model: Model,
    prompt: Prompt,
    show: Show,
    *,
    tally: Tally | None = None,
    every_s: float = SHOW_EVERY_S,
) -> Completion:
    """Return the whole answer, after showing it growing.

    ``show`` gets the text so far, the first piece at once, then at most every
    ``every_s`` seconds; the end is only returned. Whatever happens, cancelling
    included, ``tally.usage`` is what was spent and must be recorded; the Completion's
    and the ModelFailed's ``usage`` is the same figure.

    A stop other than END means the text is cut, see ``cut_notice``; TOOL_USE comes with
    what the model asks for in ``tool_uses``, and the text may then be empty.

    Raises:
        ModelFailed: The provider failed, or answered nothing.
        ModelRejected: The provider does not take the call.
        ModelRefused: The model declines.
    """
    tally = tally or Tally()
    drive = _Drive(model, show, tally, every_s)
    try:
        completion = await drive.to_end(prompt)
    except ModelFailed as failed:
        failed.usage = tally.usage
        raise
    return _usable(replace(completion, usage=tally.usage))


class _Drive:
    """One answer under way, over as many calls as its pauses take."""

    def __init__(self, model: Model, show: Show, tally: Tally, every_s: float) -> None:
        self._model, self._show, self._tally = model, show, tally
        self._every_s = every_s
        self._due = 0.0
        self._text = ""

    async def to_end(self, prompt: Prompt) -> Completion:
        calls = [await self._call(prompt)]
        while _is_paused(calls[-1]) and len(calls) <= MAX_PAUSES:
            prompt = _resumed(prompt, calls[-1].text)
            calls.append(await self._call(prompt))
        return replace(
            calls[-1],
            text="".join(call.text for call in calls),
            latency_ms=sum(call.latency_ms for call in calls),
            first_token_ms=calls[0].first_token_ms,
        )

    async def _call(self, prompt: Prompt) -> Completion:
        pieces = self._model.stream(prompt)
        try:
            async for piece in pieces:
                self._tally.see(piece)
                if isinstance(piece, Completion):
                    return piece
                if isinstance(piece, Delta):
                    await self._grow(piece.text)
        except ModelFailed as failed:
            self._tally.fail(failed)
            raise
        finally:
            await _close(pieces)
        raise ModelFailed("The model stopped without an end.", hint="Try again.")

    async def _grow(self, text: str) -> None:
        self._text += text
        clock = asyncio.get_running_loop().time
        if clock() >= self._due:
            await self._show(self._text)
            self._due = clock() + self._every_s


def _is_paused(call: Completion) -> bool:
    return call.stop is Stop.PAUSE and bool(call.text.strip())


def _resumed(prompt: Prompt, said: str) -> Prompt:
    # A last turn by the assistant would be a prefill, which current models refuse.
    more = (Turn("assistant", said), Turn("user", _GO_ON))
    return replace(prompt, turns=prompt.turns + more)


async def _close(pieces: AsyncIterator[Piece]) -> None:
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()


def _usable(completion: Completion) -> Completion:
    if completion.stop is Stop.REFUSAL:
        raise ModelRefused(
            "The model declined to write this.",
            hint="Reword the request, or leave out the part it may object to.",
        )
    if completion.text.strip() or completion.tool_uses:
        return completion
    if completion.stop in {Stop.LENGTH, Stop.CONTEXT}:
        raise ModelRejected(
            "The model ran out of room before the first word.",
            hint="Ask for less at once, or start a new conversation.",
        )
    raise ModelFailed(
        "The model answered nothing.",
        hint="Try again, or say more about what you need.",
        usage=completion.usage,
        is_outage=False,
    )
