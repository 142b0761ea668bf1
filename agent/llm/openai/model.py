"""An OpenAI-compatible server as a Model: OpenAI, Mistral, Gemini, or a local one.

Source: https://platform.openai.com/docs/api-reference/chat
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import httpx

from agent.errors import BadInput
from agent.llm.openai.answer import PROVIDER, Answer
from agent.llm.openai.errors import cut, refusal, said_in_stream, trouble
from agent.llm.openai.request import request
from agent.llm.port import ModelFailed, Piece, Prompt, Tier, Usage

OPENAI_HOST = "api.openai.com"
_CONNECT_S = 10.0
_LONGEST_ERROR = 64_000
_OK = 200
_DATA = "data:"
_DONE = "[DONE]"


class OpenAI:
    """Answers over chat completions, streaming; never retries by itself."""

    provider = PROVIDER
    is_rehearsal = False

    def __init__(
        self,
        api_key: str,
        base_url: str,
        models: Mapping[Tier, str],
        timeout_s: float = 120.0,
    ) -> None:
        """Keep what a call needs; nothing is opened yet.

        ``base_url`` ends before ``/chat/completions``. ``timeout_s`` bounds every
        silence: until the first event, and between two.

        Raises:
            BadInput: The key holds characters that no header can carry.
        """
        key = api_key.strip()
        if not (key and key.isascii() and key.isprintable()):
            raise BadInput(
                "OPENAI_API_KEY is not a key.",
                hint="Copy it again from the provider's console.",
            )
        self._key, self._timeout_s = key, timeout_s
        self._base_url = httpx.URL(base_url.rstrip("/") + "/")
        self._models = dict(models)
        self._client: httpx.AsyncClient | None = None

    def model_for(self, prompt: Prompt) -> str:
        """Return the pinned model, else the tier's."""
        return prompt.model or self._models[prompt.tier]

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Answer piece by piece; the last item is the Completion.

        Raises:
            BadInput: The prompt breaks the API's shape, see ``request``.
            ModelFailed: Overloaded, rate-limited, silent, or cut in mid-stream.
            ModelRejected: The call itself is refused.
        """
        model, is_openai = self.model_for(prompt), self._base_url.host == OPENAI_HOST
        body = request(prompt, model, is_openai=is_openai)
        answer = Answer(model, len(json.dumps(body, ensure_ascii=False).encode()))
        async with aclosing(self._chunks(body, answer)) as chunks:
            async for chunk in chunks:
                for piece in answer.take(chunk):
                    yield piece
        if not answer.is_whole:
            raise cut(answer.tally.usage)
        yield answer.completion()

    async def check(self) -> None:
        """Ask whether the key is good, at no cost.

        Raises:
            ModelFailed: No answer.
            ModelRejected: A wrong key.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._opened().get("models")
        except (httpx.HTTPError, TimeoutError) as error:
            raise trouble(error, Usage(), streaming=False) from error
        if response.status_code != _OK:
            raise refusal(response, response.content)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _chunks(
        self, body: dict[str, Any], answer: Answer
    ) -> AsyncGenerator[dict[str, Any], None]:
        streaming = False
        try:
            response = await self._begin(body)
            streaming = True
            try:
                async for chunk in self._heard(response.aiter_lines(), answer):
                    yield chunk
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, ValueError) as error:
            spent = answer.tally.usage
            raise trouble(error, spent, streaming=streaming) from error

    async def _begin(self, body: dict[str, Any]) -> httpx.Response:
        client = self._opened()
        async with asyncio.timeout(self._timeout_s):
            asked = client.build_request("POST", "chat/completions", json=body)
            response = await client.send(asked, stream=True)
            if response.status_code == _OK:
                return response
            try:
                said = await _beginning(response)
            finally:
                await response.aclose()
        raise refusal(response, said)

    async def _heard(
        self, lines: AsyncIterator[str], answer: Answer
    ) -> AsyncGenerator[dict[str, Any], None]:
        while True:
            async with asyncio.timeout(self._timeout_s):
                line = await anext(lines, None)
            if line is None:
                return
            if not line.startswith(_DATA):
                continue  # comments that keep the line open, blank lines
            data = line.removeprefix(_DATA).strip()
            if data == _DONE:
                return
            yield _read(data, answer)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._base_url,
                headers={"authorization": f"Bearer {self._key}"},
                timeout=httpx.Timeout(
                    self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)
                ),
            )
        return self._client


def _read(data: str, answer: Answer) -> dict[str, Any]:
    chunk = json.loads(data)
    if not isinstance(chunk, dict):
        raise ModelFailed("The model answered in a form Draper does not know.")
    if error := chunk.get("error"):
        told = error if isinstance(error, dict) else {}
        raise said_in_stream(told, answer.tally.usage)
    return chunk


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > _LONGEST_ERROR:
            break
    return body[:_LONGEST_ERROR]
