"""The stand-in's HTTP face: the API's routes, and control for other processes."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from tests.standins import forms
from tests.standins.anthropic.accounting import Cache, Counts, as_blocks, count
from tests.standins.anthropic.replies import Fault, Reply, events, message, sse, uses
from tests.standins.anthropic.rules import MODELS, refusal

KEY = "sk-ant-standin"
VERSIONS = {"2026-10-21", "2023-06-01"}
MAX_BODY_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call that arrived, accepted or not."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    status: int
    counts: Counts = field(default_factory=lambda: Counts(0, 0, 0, 0))


def echo(body: dict[str, Any]) -> Reply:
    """Answer with the person's last words, so that a test can tell answers apart."""
    last = as_blocks(body["messages"][-1]["content"])[-1]
    asked = last.get("text") or last.get("content")
    return Reply(f"# Draft\n\nYou asked for: {asked}\n\nHere it is, in short.")


class AnthropicStandIn:
    """A Messages API on loopback. Use as ``async with AnthropicStandIn() as api``."""

    def __init__(
        self, *, key: str = KEY, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.key = key
        self.others: set[str] = set()
        """Keys of other accounts, good as well."""
        self.answer: Callable[[dict[str, Any]], Reply] = echo
        self.requests: list[Recorded] = []
        self.disconnects = 0
        """Streams the client left before their end."""
        self.cache = Cache(now)
        self.url = ""
        self._script: deque[Reply | Fault] = deque()
        self._runner: web.AppRunner | None = None
        self._served = 0

    @property
    def calls(self) -> int:
        """How many times ``/v1/messages`` was called."""
        return sum(r.path == "/v1/messages" for r in self.requests)

    def script(self, *replies: Reply | Fault | str) -> None:
        """Answer the next calls with these, in order; afterwards ``answer`` again."""
        for reply in replies:
            self._script.append(Reply(reply) if isinstance(reply, str) else reply)

    def reset(self) -> None:
        """Forget script, records and cache."""
        self._script.clear()
        self.requests.clear()
        self.cache.clear()
        self.disconnects = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; ``port`` 0 picks a free one. Sets ``url``."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_post("/v1/messages/count_tokens", self._count_tokens)
        app.router.add_get("/v1/models/{model}", self._model)
        app.router.add_post("/control/script", self._control_script)
        app.router.add_post("/control/reset", self._control_reset)
        app.router.add_get("/control/requests", self._control_requests)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])

    async def stop(self) -> None:
        """Stop listening; open streams are cut."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body, fault = await self._admitted(request)
        reply = self._next(body) if fault is None else fault
        if isinstance(reply, Fault):
            self._record(request, body, reply.status)
            return self._refuse(reply)
        counts = self.cache.account(self.key, body)
        self._record(request, body, 200, counts)
        if not body.get("stream"):
            answer = message(reply, counts, body, self._ident("msg"))
            return web.json_response(answer, headers=self._headers())
        return await self._stream(request, reply, body, counts)

    def _next(self, body: dict[str, Any]) -> Reply | Fault:
        reply = self._script.popleft() if self._script else self.answer(body)
        form = (body.get("output_config") or {}).get("format")
        if isinstance(reply, Fault) or form is None or reply.formless or uses(reply):
            return reply
        return replace(reply, text=forms.held(reply.text, form["schema"]))

    async def _admitted(
        self, request: web.Request, implied: dict[str, Any] | None = None
    ) -> tuple[Any, Fault | None]:
        if fault := self._stranger(request):
            return {}, fault
        try:
            body = json.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return {}, Fault(413, "request_too_large", "Request exceeds the maximum.")
        except ValueError as error:
            bad = Fault(400, "invalid_request_error", f"not valid JSON: {error}")
            return {}, bad
        if implied and isinstance(body, dict):
            body = implied | body
        return body, refusal(body)

    def _stranger(self, request: web.Request) -> Fault | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or request.headers.get("x-api-key", "")
        if given not in {self.key, *self.others}:
            return Fault(401, "authentication_error", "invalid x-api-key")
        if request.headers.get("anthropic-version") not in VERSIONS:
            what = "anthropic-version: a known version is required"
            return Fault(400, "invalid_request_error", what)
        return None

    async def _stream(
        self, request: web.Request, reply: Reply, body: dict[str, Any], counts: Counts
    ) -> web.StreamResponse:
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        response = web.StreamResponse(headers=headers | self._headers())
        await response.prepare(request)
        said = events(reply, counts, body, self._ident("msg"))
        try:
            async for chunk in _paced(reply, said):
                if chunk is None:
                    _abort(request)
                    return response
                await response.write(chunk)
        except (ConnectionError, asyncio.CancelledError):
            self.disconnects += 1
            raise
        with contextlib.suppress(ConnectionError):
            await response.write_eof()
        return response

    async def _count_tokens(self, request: web.Request) -> web.Response:
        body, fault = await self._admitted(request, {"max_tokens": 1})
        self._record(request, body, fault.status if fault else 200)
        if fault is not None:
            return self._refuse(fault)
        return web.json_response({"input_tokens": count(body)})

    async def _model(self, request: web.Request) -> web.Response:
        model = request.match_info["model"]
        fault = self._stranger(request)
        if fault is None and model not in MODELS:
            fault = Fault(404, "not_found_error", f"model: {model}")
        self._record(request, {}, fault.status if fault else 200)
        if fault is not None:
            return self._refuse(fault)
        shown = {"id": model, "type": "model", "display_name": model}
        return web.json_response(shown | {"created_at": "2026-10-07T00:00:00Z"})

    async def _control_script(self, request: web.Request) -> web.Response:
        given = await request.json()
        self.script(*(Fault(**g) if "status" in g else Reply(**g) for g in given))
        return web.json_response({"queued": len(self._script)})

    async def _control_reset(self, _: web.Request) -> web.Response:
        self.reset()
        return web.json_response({})

    async def _control_requests(self, _: web.Request) -> web.Response:
        shown = [
            {"path": r.path, "status": r.status, "body": r.body} for r in self.requests
        ]
        return web.json_response({"calls": self.calls, "requests": shown})

    def _record(
        self,
        request: web.Request,
        body: dict[str, Any],
        status: int,
        counts: Counts | None = None,
    ) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        counts = counts or Counts(0, 0, 0, 0)
        self.requests.append(Recorded(request.path, headers, body, status, counts))

    def _refuse(self, fault: Fault) -> web.Response:
        headers = self._headers()
        body = fault.body(headers["request-id"])
        return web.json_response(
            body, status=fault.status, headers=headers | fault.headers
        )

    def _headers(self) -> dict[str, str]:
        return {"request-id": self._ident("req")}

    def _ident(self, kind: str) -> str:
        self._served += 1
        return f"{kind}_{self._served:06d}"


async def _paced(reply: Reply, said: Any) -> AsyncIterator[bytes | None]:
    """Yield the stream's chunks; None breaks the connection."""
    for sent, event in enumerate(said):
        chunk = sse(event)
        if sent == reply.cut_after:
            yield chunk[: len(chunk) // 2]
            yield None
        if sent == reply.end_after:
            return
        if sent == reply.error_after:
            error = {"type": reply.error_type, "message": "Simulated."}
            yield sse({"type": "error", "error": error})
            return
        while sent == reply.hang_after:
            await asyncio.sleep(reply.ping_s or 3600)
            yield sse({"type": "ping"})
        if reply.pace_s:
            await asyncio.sleep(reply.pace_s)
        if event["type"] == "content_block_delta":
            reply.sent_at.append(time.monotonic())
        yield chunk


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
