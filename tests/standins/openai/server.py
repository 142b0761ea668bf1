"""The stand-in's HTTP face."""

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import replace
from typing import Any, Self

from aiohttp import web

from tests.standins import forms
from tests.standins.openai.replies import Fault, Reply, chunks
from tests.standins.openai.rules import MODELS, refusal

KEY = "sk-standin-openai"
SPEECH = {"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"}
HEARD = (".flac", ".mp3", ".mp4", ".mpeg", ".mpga", ".m4a", ".ogg", ".wav", ".webm")


class OpenAIStandIn:
    """Chat completions on loopback. Use as ``async with OpenAIStandIn() as api``."""

    def __init__(self, *, key: str = KEY) -> None:
        self.key = key
        self.bodies: list[dict[str, Any]] = []
        """Of every call that was not refused."""
        self.heard: list[tuple[str, str, bytes]] = []
        """Recordings: name, type, bytes."""
        self.disconnects = 0
        self.url = ""
        self._script: deque[Reply | Fault] = deque()
        self._runner: web.AppRunner | None = None

    def script(self, *replies: Reply | Fault | str) -> None:
        """Answer the next calls with these, in order; afterwards plainly again."""
        for reply in replies:
            self._script.append(Reply(reply) if isinstance(reply, str) else reply)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner
        await self._runner.cleanup()

    def _unknown_key(self, request: web.Request) -> web.Response | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        said = "Incorrect API key provided."
        return _fault(Fault(401, "invalid_request_error", "invalid_api_key", said))

    async def _models(self, request: web.Request) -> web.Response:
        if refused := self._unknown_key(request):
            return refused
        return web.json_response(
            {"object": "list", "data": [{"id": m} for m in MODELS]}
        )

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        """Source: platform.openai.com/docs/api-reference/audio/createTranscription."""
        if refused := self._unknown_key(request):
            return refused
        form = await request.post()
        file = form.get("file")
        if form.get("model") not in SPEECH or not isinstance(file, web.FileField):
            said = "model and file are needed"
            return _fault(Fault(400, "invalid_request_error", None, said))
        if not file.filename.endswith(HEARD):
            said = "Invalid file format. Supported formats: " + ", ".join(HEARD)
            return _fault(Fault(400, "invalid_request_error", None, said))
        self.heard.append((file.filename, file.content_type, file.file.read()))
        heard = self._script.popleft() if self._script else Reply("Hello there.")
        if isinstance(heard, Fault):
            return _fault(heard)
        return web.json_response({"text": heard.text})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if refused := self._unknown_key(request):
            return refused
        body = await request.json()
        if fault := refusal(body):
            return _fault(fault)
        self.bodies.append(body)
        said = (
            self._script.popleft() if self._script else Reply("Here it is, in short.")
        )
        if isinstance(said, Fault):
            return _fault(said)
        if "response_format" in body and not (said.formless or said.tools):
            schema = body["response_format"]["json_schema"]["schema"]
            said = replace(said, text=forms.held(said.text, schema))
        return await self._stream(request, said, body)

    async def _stream(
        self, request: web.Request, reply: Reply, body: dict[str, Any]
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": keep-alive\n\n")
        ident = f"chatcmpl-{len(self.bodies)}"
        with contextlib.suppress(ConnectionError):
            for number, chunk in enumerate(chunks(reply, body, ident)):
                if not await self._go_on(request, response, reply, number):
                    return response
                await response.write(_sse(chunk))
            await response.write(b"data: [DONE]\n\n")
            return response
        self.disconnects += 1
        return response

    async def _go_on(
        self,
        request: web.Request,
        response: web.StreamResponse,
        reply: Reply,
        number: int,
    ) -> bool:
        if number == reply.cut_after and request.transport:
            request.transport.abort()
            return False
        if number == reply.error_after:
            fault = Fault(500, "server_error", None, "The server had an error")
            await response.write(_sse(fault.body()))
            return False
        if number == reply.hang_after:
            await asyncio.sleep(30)
        return number != reply.end_after


def _fault(fault: Fault) -> web.Response:
    return web.json_response(fault.body(), status=fault.status, headers=fault.headers)


def _sse(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()
