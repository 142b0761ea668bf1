"""Runs on the stand-in: calls functions over HTTP, signed, step by step."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from aiohttp import ClientError, ClientSession

from tests.standins.inngest.rules import canonical, holds, is_triggered, signature

AGAIN_S = 0.05


class Server(Protocol):
    """What runs need of the server."""

    signing_key: str
    functions: dict[str, dict[str, Any]]

    def now(self) -> int: ...


@dataclass
class Run:
    """One run of one function."""

    id: str
    function: dict[str, Any]
    event: dict[str, Any]
    status: str = "Running"
    output: Any = None
    steps: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Each call as it was made: URL, body, signature."""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        if self.status == "Running":
            self.status = "Cancelled"
            if self.task:
                self.task.cancel()


class Runs:
    """All runs, and their calls."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.all: dict[str, Run] = {}
        self.session: ClientSession | None = None

    def start(self, event: dict[str, Any]) -> None:
        """Stop what the event cancels, and start what it triggers."""
        for run in self.all.values():
            for cancel in run.function.get("cancel", ()):
                if cancel["event"] == event["name"] and holds(
                    cancel["if"], run.event, event
                ):
                    run.cancel()
        for function in self._server.functions.values():
            if is_triggered(function, event):
                run = Run(f"RUN{len(self.all):023}", function, event)
                self.all[run.id] = run
                run.task = asyncio.create_task(self._carry(run))

    async def close(self) -> None:
        tasks = [run.task for run in self.all.values() if run.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.session:
            await self.session.close()

    async def _carry(self, run: Run) -> None:
        step_id, attempt = "step", 0
        [declared] = run.function["steps"].values()
        most = declared.get("retries", {}).get("attempts", 4)
        while run.status == "Running":
            status, told = await self._call(run, step_id, attempt)
            if status == 206 and not _errors(told):
                attempt = 0
                step_id = self._take(run, told)
            elif status == 200:
                run.status, run.output = "Completed", told
            elif attempt >= most:
                run.status, run.output = "Failed", told
            else:
                attempt += 1
                await asyncio.sleep(AGAIN_S)

    def _take(self, run: Run, ops: list[dict[str, Any]]) -> str:
        for op in ops:
            if op["op"] == "StepRun":
                run.steps[op["id"]] = {"data": op.get("data")}
        planned = [op["id"] for op in ops if op["op"] == "StepPlanned"]
        return planned[0] if planned else "step"

    async def _call(self, run: Run, step_id: str, attempt: int) -> tuple[int, Any]:
        [declared] = run.function["steps"].values()
        parts = urlsplit(declared["runtime"]["url"])
        query = {**dict(parse_qsl(parts.query)), "stepId": step_id}
        url = "&".join(f"{key}={value}" for key, value in query.items())
        body = canonical(self._request(run, attempt))
        key = self._server.signing_key.rpartition("-")[2]
        signed = signature(body, key, self._server.now())
        address = f"{parts.scheme}://{parts.netloc}{parts.path}?{url}"
        run.calls.append((address, body, signed))
        answer = await self.repeat(address, body, signed)
        run.answers.append(answer)
        return answer

    async def repeat(self, url: str, body: bytes, signed: str) -> tuple[int, Any]:
        """Make a call; what came back, 0 when nothing did."""
        assert self.session
        headers = {"content-type": "application/json"}
        if signed:
            headers["x-inngest-signature"] = signed
        with contextlib.suppress(ClientError, OSError):
            async with self.session.post(url, data=body, headers=headers) as answer:
                return answer.status, await answer.json(content_type=None)
        return 0, None

    def _request(self, run: Run, attempt: int) -> dict[str, Any]:
        event = {key: run.event[key] for key in ("id", "name", "data", "user", "ts")}
        return {
            "ctx": {
                "attempt": attempt,
                "disable_immediate_execution": False,
                "env": "",
                "fn_id": run.function["id"],
                "run_id": run.id,
                "stack": {"current": 0, "stack": []},
                "step_id": "step",
                "use_api": False,
            },
            "event": event,
            "events": [event],
            "steps": run.steps,
            "use_api": False,
            "version": 1,
        }


def _errors(ops: Any) -> bool:
    return any(op["op"] in ("StepError", "StepFailed") for op in ops)
