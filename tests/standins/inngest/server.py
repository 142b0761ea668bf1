"""The wire of the stand-in, its faults, and what it saw."""

import asyncio
import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.standins.inngest.rules import Refused, event_of, function_of, ulid_of
from tests.standins.inngest.runs import Run, Runs

EVENT_KEY = "the-event-key"
SIGNING_KEY = "signkey-test-0123456789abcdef"


@dataclass
class Fault:
    """How the next requests under a path go wrong."""

    path: str
    method: str = ""
    """Empty: any."""
    status: int = 500
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    """It is done all the same; only the reply is lost."""
    text: str = '{"error": "broken"}'
    silent: bool = False
    """No reply at all: the connection is cut."""


class Inngest:
    """A server with one app on it; listens while entered."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.event_key = EVENT_KEY
        self.signing_key = SIGNING_KEY
        self.faults: list[Fault] = []
        self.posts: list[list[dict[str, Any]]] = []
        """What was accepted, post by post."""
        self.events: dict[str, dict[str, Any]] = {}
        """By our own id of them."""
        self.functions: dict[str, dict[str, Any]] = {}
        self.registrations = 0
        self.clock_skew_s = 0
        self.runs = Runs(self)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """For INNGEST_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        """Our ids of the events, in the order they were accepted, repeats included."""
        return [event["id"] for post in self.posts for event in post]

    def now(self) -> int:
        """Seconds since 1970 by its clock."""
        return int(time.time()) + self.clock_skew_s

    def breaks(self, path: str, **how: Any) -> Fault:
        """Let the next requests under ``path`` go wrong."""
        fault = Fault(path, **how)
        self.faults.append(fault)
        return fault

    async def start(self) -> None:
        app = web.Application(client_max_size=10_000_000, middlewares=[self._edge])
        app.router.add_post("/e/{key}", self._events)
        app.router.add_post("/fn/register", self._register)
        app.router.add_get("/v1/apps/{app}/functions", self._functions)
        app.router.add_get("/v1/events/{id}", self._event)
        app.router.add_get("/v1/events/{id}/runs", self._runs_of)
        app.router.add_get("/v1/runs/{id}", self._run)
        app.router.add_delete("/v1/runs/{id}", self._cancel)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.runs.session = ClientSession()

    async def stop(self) -> None:
        await self.runs.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def holds(self, count: int, within_s: float = 8) -> None:
        """Wait until it has so many different events."""
        async with asyncio.timeout(within_s):
            while len(self.events) < count:  # noqa: ASYNC110 - a test's patience
                await asyncio.sleep(0.01)

    @web.middleware
    async def _edge(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = self._fault(request)
        if fault and not fault.after:
            return self._broken(request, fault)
        try:
            answer: web.StreamResponse = await handler(request)
        except Refused as error:
            answer = web.json_response({"error": str(error), "status": 400}, status=400)
        answer.headers["Date"] = formatdate(self.now(), usegmt=True)
        return self._broken(request, fault) if fault else answer

    def _fault(self, request: web.Request) -> Fault | None:
        for fault in self.faults:
            is_meant = fault.method in ("", request.method)
            if is_meant and request.path.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _broken(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.silent and request.transport:
            request.transport.abort()
        return web.Response(text=fault.text, status=fault.status, headers=fault.headers)

    async def _events(self, request: web.Request) -> web.Response:
        if request.match_info["key"] != self.event_key:
            return web.json_response({"error": "Event key not found"}, status=401)
        seed = request.headers.get("x-inngest-event-id-seed", "")
        given = await request.json()
        posted = given if isinstance(given, list) else [given]
        kept = [event_of(each) for each in posted]
        ids = [ulid_of(seed, place) for place in range(1, len(kept) + 1)]
        self.posts.append(kept)
        for event, internal_id in zip(kept, ids, strict=True):
            self._keep(event, internal_id)
        return web.json_response({"ids": ids, "status": 200})

    def _keep(self, event: dict[str, Any], internal_id: str) -> None:
        if event["id"] in self.events:
            return  # accepted, but starts nothing a second time
        self.events[event["id"]] = {**event, "internal_id": internal_id}
        self.runs.start(self.events[event["id"]])

    async def _register(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        given = await request.json()
        for name in ("url", "deployType", "framework", "appName", "sdk", "v"):
            if not given.get(name):
                raise Refused(f"no {name}")
        known = {f["id"]: f for f in map(function_of, given["functions"])}
        modified, self.functions = known != self.functions, known
        self.registrations += 1
        return web.json_response({"ok": True, "modified": modified})

    async def _functions(self, request: web.Request) -> web.Response:
        return self._denied(request) or web.json_response(
            [{"id": name, "internal_id": uuid_of(name)} for name in self.functions]
        )

    async def _event(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        sought = request.match_info["id"]
        found = [e for e in self.events.values() if e["internal_id"] == sought]
        if not found:
            return web.json_response({"error": "Event not found"}, status=404)
        return web.json_response({"data": found[0]})

    async def _runs_of(self, request: web.Request) -> web.Response:
        sought = request.match_info["id"]
        found = [r for r in self.runs.all.values() if r.event["internal_id"] == sought]
        told = {"data": [_shown(run) for run in found]}
        return self._denied(request) or web.json_response(told)

    async def _run(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        run = self.runs.all.get(request.match_info["id"])
        if run is None:
            return web.json_response({"error": "Unable to load"}, status=404)
        return web.json_response({"data": _shown(run)})

    async def _cancel(self, request: web.Request) -> web.Response:
        if denied := self._denied(request):
            return denied
        run = self.runs.all.get(request.match_info["id"])
        if run is None:
            return web.json_response({"error": "Unable to load"}, status=404)
        run.cancel()
        return web.Response()

    def _denied(self, request: web.Request) -> web.Response | None:
        key = bytes.fromhex(self.signing_key.rpartition("-")[2])
        wanted = f"Bearer {hashlib.sha256(key).hexdigest()}"
        given = request.headers.get("authorization", "")
        if secrets.compare_digest(wanted, given):
            return None
        return web.Response(text="Authentication failed", status=401)


def uuid_of(name: str) -> str:
    """What the server itself calls a function."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def _shown(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "run_started_at": "2026-11-21T12:00:00.123456789Z",
        "function_id": uuid_of(run.function["id"]),
        "function_version": 1,
        "event_id": run.event["internal_id"],
        "status": run.status,
        "ended_at": None if run.status == "Running" else "2026-11-21T12:00:01Z",
        **({"output": run.output} if run.output is not None else {}),
    }
