"""Writing down what a recording says, over an OpenAI-compatible server.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
from typing import Protocol

import httpx

from agent.errors import Unavailable

_OK = 200
_LONGEST = 200_000
"""Bytes of an answer: a day of speech stays below."""


class Transcriber(Protocol):
    """Who writes down what is said."""

    async def transcribe(self, body: bytes, name: str, media_type: str) -> str:
        """The words of a recording; empty where nothing is said.

        Raises:
            Unavailable: It cannot be done now; ``said`` tells the person.
        """
        ...


class OverHttp:
    """``/audio/transcriptions`` of OpenAI, or of a server that speaks its language."""

    def __init__(
        self, base_url: str, key: str, model: str, *, timeout_s: float = 60.0
    ) -> None:
        """Keep what a call needs; ``base_url`` ends before ``/audio``."""
        self._url = base_url.rstrip("/") + "/audio/transcriptions"
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._model = model
        self._timeout_s = timeout_s

    async def transcribe(self, body: bytes, name: str, media_type: str) -> str:
        """See ``Transcriber``. It is tried once; nothing else waits for it."""
        given = {"model": self._model, "response_format": "json"}
        file = {"file": (name, body, media_type)}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx.AsyncClient(timeout=self._timeout_s) as client,
                client.stream(
                    "POST", self._url, data=given, files=file, headers=self._headers
                ) as answer,
            ):
                return _words(answer.status_code, await _read(answer))
        except (httpx.HTTPError, TimeoutError):
            raise _unheard() from None


async def _read(answer: httpx.Response) -> bytes:
    whole = bytearray()
    async for chunk in answer.aiter_bytes():
        whole += chunk
        if len(whole) > _LONGEST:
            raise _unheard()
    return bytes(whole)


def _words(status: int, answer: bytes) -> str:
    try:
        said = httpx.Response(status, content=answer).json() if status == _OK else None
    except ValueError:
        said = None
    words = said.get("text") if isinstance(said, dict) else None
    if not isinstance(words, str):
        raise _unheard()
    return words.strip()


def _unheard() -> Unavailable:
    return Unavailable(
        "I could not write down what it says.", hint="Please write it, or send it anew."
    )
