"""The stand-in itself: one port for everything Slack serves, and a person's hands."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web

from tests.standins.slack import blocks as kit
from tests.standins.slack.control import control
from tests.standins.slack.rules import Failure
from tests.standins.slack.state import (
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    RESPONSE_S,
    RESPONSE_USES,
    TEAM,
    Fault,
    Json,
    Message,
)
from tests.standins.slack.visits import Visits


class Slack(Visits):
    """A Slack workspace on an ephemeral port of loopback.

    With ``events_url`` events are posted there, signed with ``secret``; without it
    they go out by Socket Mode. ``hurry`` scales Slack's delays: 0.01 makes the retry
    after a minute come after 0.6 s.
    """

    def __init__(
        self, *, events_url: str = "", hurry: float = 0.01, port: int = 0
    ) -> None:
        super().__init__(events_url=events_url, hurry=hurry)
        self._port = port

    # life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=50_000_000)
        app.router.add_route("*", "/api/{method}", self._serve_api)
        app.router.add_get("/link", self.socket_mode.serve)
        app.router.add_post("/upload/{id}", self._serve_upload)
        app.router.add_get("/files/{id}", self._serve_file)
        app.router.add_get("/signin", self._serve_signin)
        app.router.add_post("/response/{id}", self._serve_response)
        app.router.add_post("/control", self._serve_control)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.origin = f"http://127.0.0.1:{port}"
        self.post_events_to(self._events_url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http:
            await self._http.close()
        await self.socket_mode.close()
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """What SLACK_BASE_URL is set to."""
        return f"{self.origin}/api/"

    # serving

    async def _serve_api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _args(request)
        self.world.calls.append((method, args))
        channel = str(args.get("channel") or args.get("channel_id") or "")
        fault = self.world.fault_for(method, channel)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault is not None and not fault.acts:
            return _broken(fault, request)
        answer = self._answer(method, args, _token(request, args))
        return _broken(fault, request) if fault else self._answered(answer)

    def _answer(self, method: str, args: Json, token: str) -> Json:
        if method == "oauth.v2.access":
            return self.oauth.access(args, token)
        if not token:
            return Failure("not_authed").answer
        if method == "apps.manifest.export":
            return self.oauth.exported(args, token)
        try:
            self._let_speak(token, is_open=method == "apps.connections.open")
        except Failure as failure:
            return failure.answer
        if method == "apps.connections.open":
            ticket = self.socket_mode.new_ticket()
            ws = self.origin.replace("http", "ws")
            return {"ok": True, "url": f"{ws}/link?ticket={ticket}"}
        return self._web.call(method, args)

    def _let_speak(self, token: str, *, is_open: bool) -> None:
        teams, speaker = self.world.teams, self.oauth.speaker(token)
        teams.speaking = speaker.account if speaker else TEAM
        teams.granted = speaker.scopes if speaker else self.world.scopes
        fits = {BOT_TOKEN: not is_open, APP_TOKEN: is_open}
        if speaker:
            fits[token] = not is_open
        if token not in fits or (self.world.token_error and not speaker):
            raise Failure(self.world.token_error or "invalid_auth")
        if not fits[token]:
            raise Failure("not_allowed_token_type")

    def _answered(self, answer: Json) -> web.Response:
        wait_s = answer.pop("retry_after_s", None)
        headers = {"x-oauth-scopes": ",".join(self.world.teams.granted)}
        if wait_s is None:
            return web.json_response(answer, headers=headers)
        headers["Retry-After"] = str(wait_s)
        return web.json_response(answer, status=429, headers=headers)

    async def _serve_upload(self, request: web.Request) -> web.StreamResponse:
        fault = self.world.fault_for("upload", "")
        if fault is not None:
            return _broken(fault, request)
        file = self.world.files.get(request.match_info["id"])
        body = await request.read()
        if file is None or len(body) != file.length:
            return web.Response(status=400, text="length does not match")
        file.body = body
        return web.Response(text=f"OK - {len(body)}")

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        fault = self.world.fault_for("download", "")
        if fault is not None:
            return _broken(fault, request)
        file = self.world.files.get(request.match_info["id"])
        if file is None or _token(request, {}) != BOT_TOKEN:
            return web.Response(status=302, headers={"location": "/signin"})
        named = {"content-disposition": f"attachment; filename*=UTF-8''{file.id}"}
        body = file.body or b""
        return web.Response(body=body, content_type=file.media_type, headers=named)

    async def _serve_signin(self, _: web.Request) -> web.StreamResponse:
        page = "<!DOCTYPE html><title>Sign in | slack</title>"
        return web.Response(text=page, content_type="text/html")

    async def _serve_response(self, request: web.Request) -> web.StreamResponse:
        known = self.world.responses.get(request.match_info["id"])
        if known is None or self.world.now() - known.made_at > RESPONSE_S:
            return web.Response(status=404, text="expired_url")
        if known.uses >= RESPONSE_USES:
            return web.Response(status=404, text="used_url")
        content = await request.json()
        found = content.get("blocks") or []
        if kit.faults_of(found, webhook=True):
            return web.Response(status=400, text="invalid_blocks")
        if not found and not content.get("text"):
            return web.Response(status=400, text="no_text")
        known.uses += 1
        whole = content.get("response_type") == "in_channel"
        seen_by = "" if whole else known.user
        ts = self.world.new_ts()
        note = Message(known.room, ts, BOT, content.get("text", ""), "", found)
        note.seen_by = seen_by
        self.world.messages[known.room, ts] = note
        return web.Response(text="ok")

    async def _serve_control(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(await control(self, await request.json()))


async def _args(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    query = dict(request.query)
    return {name: _loosely(value) for name, value in {**query, **form}.items()}


def _loosely(value: str) -> Any:
    if not value.startswith(("[", "{")):
        return value
    return json.loads(value)


def _token(request: web.Request, args: Json) -> str:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bearer or str(args.get("token") or "")


def _broken(fault: Fault, request: web.Request) -> web.StreamResponse:
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault.retry_after_s is not None:
        wait = {"Retry-After": str(fault.retry_after_s)}
        slow = {"ok": False, "error": "ratelimited"}
        return web.json_response(slow, status=429, headers=wait)
    if fault.error:
        return web.json_response({"ok": False, "error": fault.error})
    return web.Response(status=fault.status, text="upstream trouble")
