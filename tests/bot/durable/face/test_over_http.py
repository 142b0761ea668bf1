"""One call at a time, against an app that answers what the test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from inngest._internal.net import sign_response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.durable.functions import read_config
from bot.durable.host import Known
from bot.durable.inference import Inference
from bot.durable.over_http import MAX_CALL_BYTES, OverHttp
from bot.durable.protocol import Done, Errored, Outcome, Progress, Ran, Undelivered
from bot.durable.queue import Job
from bot.durable.reach import Reach
from bot.durable.remote import signature
from bot.ports import SystemClock
from tests.bot.durable.face.site import OTHER_KEY, SIGNING_KEY, served

RUN = UUID("01940000-0000-7000-8000-000000000000")
CONFIG = {"id": "far-go", "triggers": [{"event": "go"}], "steps": {}}
SDK = {"x-inngest-sdk": "inngest-py:v0"}
JOB = Job(
    id=1, token=1, run_id=RUN, function_id="far-go", step_id="", name="", kind="call",
    attempt=0, losses=0, racing=False, lane=None, invoked=False, answer=None,
    event='{"name":"go","data":{}}', events=('{"name":"go","data":{}}',), memos={},
)  # fmt: skip


@dataclass
class App:
    """Answers with what it was told, signed or not."""

    body: bytes = b"1"
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(SDK))
    key: str = SIGNING_KEY
    seen: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def answer(self, request: Request) -> Response:
        self.seen.append(request)
        self.bodies.append(await request.body())
        if self.before:
            await self.before()
        sealed = {}
        if self.key:
            sealed["x-inngest-signature"] = str(sign_response(self.body, self.key))
        return Response(self.body, self.status, {**self.headers, **sealed})


@dataclass
class Line:
    """A host with one function, and the app at its other end."""

    host: OverHttp
    app: App
    url: str

    async def call(self, **changes: Any) -> Outcome:
        return await self.host.call(replace(JOB, **changes))

    async def error(self, **changes: Any) -> Errored:
        made = await self.call(**changes)
        assert isinstance(made, Errored), made
        return made


def learn(host: OverHttp, url: str) -> None:
    host.learn({"far-go": Known(read_config(dict(CONFIG)), "far", url)})


@pytest.fixture
def patience_s() -> float:
    return 30.0


@pytest.fixture
async def line(patience_s: float) -> AsyncIterator[Line]:
    app, inference = App(), Inference(Reach())
    patience = timedelta(seconds=patience_s)
    host = OverHttp((SIGNING_KEY,), Reach(), inference, SystemClock(), patience)
    asgi = Starlette(routes=[Route("/api", app.answer, methods=["POST"])])
    async with served(asgi) as address:
        learn(host, f"{address}/api")
        yield Line(host, app, f"{address}/api")
    await host.aclose()
    await inference.aclose()


async def test_a_call_is_signed_as_the_sdk_checks_it(line: Line) -> None:
    assert await line.call(step_id="s1") == Done("1")
    (request,), (body,) = line.app.seen, line.app.bodies
    header = request.headers[signature.HEADER]
    signature.check(header, body, (SIGNING_KEY,), SystemClock().now())
    assert dict(request.query_params) == {"fnId": "far-go", "stepId": "s1"}
    with pytest.raises(signature.Unsigned):
        signature.check(header, body, (OTHER_KEY,), SystemClock().now())


async def test_an_app_that_is_not_there_costs_no_attempt(line: Line) -> None:
    learn(line.host, "http://127.0.0.1:1/api")
    made = await line.call()
    assert isinstance(made, Undelivered)
    assert made.error["name"] == "Away"
    assert made.wait is not None
    assert timedelta(seconds=1) <= made.wait <= timedelta(seconds=1.3)


async def test_one_that_was_not_there_is_not_tried_again_at_once(line: Line) -> None:
    line.app.headers, line.app.status = {}, 404
    assert isinstance(await line.call(), Undelivered)
    line.app.headers, line.app.status = dict(SDK), 200
    assert isinstance(await line.call(), Undelivered)
    assert len(line.app.seen) == 1
    line.host.welcome(line.url)
    assert await line.call() == Done("1")


async def test_an_app_with_another_key_costs_no_attempt(line: Line) -> None:
    line.app.status = 401
    made = await line.call()
    assert isinstance(made, Undelivered)
    assert made.error["name"] == "SignatureRefused"


@pytest.mark.parametrize("key", ["", OTHER_KEY])
async def test_an_answer_that_is_not_signed_with_our_key_is_not_believed(
    line: Line, key: str
) -> None:
    line.app.key = key
    assert (await line.error()).error["name"] == "UnsignedAnswer"


@pytest.mark.parametrize("patience_s", [0.3])
async def test_an_answer_that_takes_too_long_is_an_attempt(line: Line) -> None:
    line.app.before = lambda: asyncio.sleep(1)
    error = await line.error()
    assert (error.error["name"], error.retriable) == ("TimedOut", True)


async def test_an_answer_that_breaks_off_is_an_attempt(line: Line) -> None:
    line.app.headers = {**SDK, "content-length": "1000"}
    assert (await line.error()).error["name"] == "CallBroke"


async def test_a_redirect_is_not_followed(line: Line) -> None:
    line.app.status = 307
    line.app.headers = {**SDK, "location": "http://127.0.0.1:1/elsewhere"}
    assert (await line.error()).error["name"] == "BadAnswer"
    assert len(line.app.seen) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{"),
        (200, b"NaN"),
        (200, b"\xff"),
        (206, b"{}"),
        (206, b"[1]"),
        (206, b'[{"op": "StepRun"}]'),
        (206, b'[{"op": "Sleep", "id": "a", "displayName": "a", "name": "soon"}]'),
        (206, b"nonsense"),
    ],
)
async def test_what_no_sdk_answers_is_an_attempt(
    line: Line, status: int, body: bytes
) -> None:
    line.app.status, line.app.body = status, body
    assert (await line.error()).error["name"] == "BadAnswer"


async def test_an_app_that_streams_is_told_not_to(line: Line) -> None:
    line.app.status, line.app.key = 201, ""
    error = await line.error()
    assert (error.error["name"], error.retriable) == ("Streamed", False)


async def test_a_proxys_page_is_an_attempt(line: Line) -> None:
    line.app.status, line.app.headers, line.app.body = 502, {}, b"<html>"
    assert (await line.error()).error["name"] == "BadAnswer"


async def test_an_answer_of_many_megabytes_is_cut_off(line: Line) -> None:
    line.app.body = b'"' + b"x" * (40 * 2**20) + b'"'
    line.app.key = ""  # it would not be read as far as the signature asks
    made = await line.error()
    assert (made.error["name"], made.retriable) == ("OutputTooLarge", False)


async def test_a_large_call_lets_the_sdk_fetch_its_state(line: Line) -> None:
    memos = {f"s{n}": json.dumps({"data": "x" * 2**20}) for n in range(5)}
    assert await line.call(memos=memos) == Done("1")
    (body,) = line.app.bodies
    sent = json.loads(body)
    assert len(body) < MAX_CALL_BYTES
    assert (sent["use_api"], sent["steps"], sent["events"]) == (True, {}, [])
    assert sent["ctx"]["stack"]["stack"] == list(memos)


async def test_step_ids_are_data(line: Line) -> None:
    memos = {'a"b\\': '{"data":1}'}
    await line.call(memos=memos)
    assert json.loads(line.app.bodies[0])["steps"] == {'a"b\\': {"data": 1}}


async def test_functions_elsewhere_are_not_called(line: Line) -> None:
    learn(line.host, "http://10.0.0.1/api")
    assert line.host.plans == {}
    assert isinstance(await line.call(), Undelivered)
    learn(line.host, "")
    assert line.host.plans == {}


class TestInference:
    OPTS = cast("dict[str, Any]", {
        "url": "", "headers": {"x-mine": "1"}, "body": {"q": 1},
        "format": "anthropic", "auth_key": "secret",
    })  # fmt: skip

    def ask(self, line: Line, url: str) -> None:
        op = {"op": "AIGateway", "id": "i1", "displayName": "infer"}
        line.app.status = 206
        line.app.body = json.dumps([{**op, "opts": {**self.OPTS, "url": url}}]).encode()

    @pytest.fixture
    async def provider(self) -> AsyncIterator[SimpleNamespace]:
        app = App(b'{"said": "hi"}', key="")
        asgi = Starlette(routes=[Route("/v1", app.answer, methods=["POST"])])
        async with served(asgi) as address:
            yield SimpleNamespace(app=app, url=f"{address}/v1")

    async def test_the_provider_is_asked_for_the_function(
        self, line: Line, provider: SimpleNamespace
    ) -> None:
        self.ask(line, provider.url)
        memo = '{"data": {"said": "hi"}}'
        assert await line.call() == Progress((Ran("i1", "infer", memo),))
        (request,) = provider.app.seen
        assert request.headers["x-api-key"] == "secret"
        assert request.headers["x-mine"] == "1"
        assert provider.app.bodies == [b'{"q":1}']

    async def test_a_refusal_is_tried_again_and_then_the_steps_result(
        self, line: Line, provider: SimpleNamespace
    ) -> None:
        provider.app.status, provider.app.body = 529, b"overloaded"
        self.ask(line, provider.url)
        first = await line.error()
        assert (first.retriable, first.step_id) == (True, "i1")
        assert "529 overloaded" in first.error["message"]
        last = await line.call(attempt=4)
        assert isinstance(last, Progress)
        (ran,) = last.ops
        assert isinstance(ran, Ran)
        assert (ran.failed, "AIGatewayError" in ran.memo) == (True, True)

    async def test_a_provider_that_nobody_named_is_not_asked(self, line: Line) -> None:
        self.ask(line, "http://169.254.169.254/latest")
        made = await line.call()
        assert isinstance(made, Progress)
        (ran,) = made.ops
        assert isinstance(ran, Ran)
        assert "may not call 169.254.169.254" in ran.memo

    async def test_an_unsigned_answer_makes_nobody_ask(
        self, line: Line, provider: SimpleNamespace
    ) -> None:
        self.ask(line, provider.url)
        line.app.key = OTHER_KEY
        assert (await line.error()).error["name"] == "UnsignedAnswer"
        assert provider.app.seen == []
