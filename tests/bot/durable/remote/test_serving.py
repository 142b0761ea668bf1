"""Our functions over HTTP: who may call them, and how the server learns of them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha1
from typing import Any

import fastapi
import httpx
import inngest as sdk
import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.durable.remote.account import PATH, Account
from bot.durable.remote.api import Api
from bot.durable.remote.serving import Client, Doorway, Herald, declaration, router
from tests.bot.durable.remote.world import QUICK, Side, Watch
from tests.standins.inngest import SIGNING_KEY, Inngest
from tests.standins.inngest.rules import canonical, signature

KEY = SIGNING_KEY.rpartition("-")[2]
OLD_KEY = "signkey-test-fedcba98"
CALL = canonical(
    {
        "ctx": {
            "attempt": 0,
            "disable_immediate_execution": False,
            "run_id": "RUN1",
            "stack": {"current": 0, "stack": []},
        },
        "event": {"id": "a", "name": "asked", "data": {"name": "Zoë"}, "ts": 1},
        "events": [{"id": "a", "name": "asked", "data": {"name": "Zoë"}, "ts": 1}],
        "steps": {},
        "use_api": False,
    }
)
QUERY = {"fnId": "draper-greet", "stepId": "step"}


class Served:
    """An app with one function, ``greet``, of one step."""

    def __init__(self, account: Account, system: AsyncEngine) -> None:
        self.greeted: list[str] = []
        self.clock = Watch()
        client = Client(account, "draper")
        self.functions = [self._greet(client)]
        app = fastapi.FastAPI()
        doorway = Doorway(account, system, self.clock)
        app.include_router(router(account, client, self.functions, doorway))
        transport = httpx.ASGITransport(app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://us")

    def _greet(self, client: Client) -> sdk.Function[Any]:
        async def broken(ctx: sdk.Context) -> None:
            """Nobody is told."""

        @client.create_function(
            fn_id="greet",
            trigger=sdk.TriggerEvent(event="asked"),
            retries=1,
            on_failure=broken,
        )
        async def greet(ctx: sdk.Context) -> str:
            async def hello() -> str:
                self.greeted.append(str(ctx.event.data["name"]))
                return "done"

            return await ctx.step.run("hello", hello)

        return greet

    def sign(self, body: bytes = CALL, *, key: str = KEY, age_s: int = 0) -> str:
        return signature(body, key, int(self.clock.now().timestamp()) - age_s)

    async def call(
        self, signed: str, body: bytes = CALL, **query: str
    ) -> httpx.Response:
        headers = {b"x-inngest-signature": signed.encode()} if signed else {}
        given = {**QUERY, **query}
        return await self.http.post(PATH, content=body, headers=headers, params=given)


@pytest.fixture
async def served(side: Side) -> AsyncIterator[Served]:
    made = Served(side.account, side.system)
    async with made.http:
        yield made


def is_refused(answer: httpx.Response, why: str) -> bool:
    told = answer.json()
    return answer.status_code == 401 and why in told["message"]


async def test_a_signed_call_runs_the_step_and_is_answered_signed(
    served: Served,
) -> None:
    answer = await served.call(served.sign())
    assert answer.status_code == 206
    assert [op["op"] for op in answer.json()] == ["StepRun"]
    assert served.greeted == ["Zoë"]
    assert answer.headers["x-inngest-signature"].startswith("t=")


@pytest.mark.parametrize("signed", ["", "t=1", "s=abc", "t=now&s=abc", "t=²&s=abc"])
async def test_an_unsigned_call_is_refused(served: Served, signed: str) -> None:
    assert is_refused(await served.call(signed), "no signature")
    assert served.greeted == []


async def test_a_call_signed_with_another_key_is_refused(served: Served) -> None:
    answer = await served.call(served.sign(key="00"))
    assert is_refused(answer, "INNGEST_SIGNING_KEY")
    answer = await served.call(served.sign().partition("s=")[0] + "s=²")
    assert is_refused(answer, "INNGEST_SIGNING_KEY")
    assert served.greeted == []


async def test_a_call_changed_on_its_way_is_refused(served: Served) -> None:
    changed = CALL.replace("Zoë".encode(), b"Eve")
    assert is_refused(await served.call(served.sign(), changed), "signature is wrong")
    assert is_refused(await served.call(served.sign(b"not json"), b"not json"), "JSON")
    assert served.greeted == []


@pytest.mark.parametrize(("age_s", "passes"), [(290, True), (310, False)])
async def test_an_old_call_is_refused(
    served: Served, age_s: int, *, passes: bool
) -> None:
    answer = await served.call(served.sign(age_s=age_s))
    assert passes or is_refused(answer, "both clocks")
    assert bool(served.greeted) is passes


@pytest.mark.parametrize(("ahead_s", "passes"), [(290, True), (310, False)])
async def test_a_call_from_the_future_is_refused_too(
    served: Served, ahead_s: int, *, passes: bool
) -> None:
    answer = await served.call(served.sign(age_s=-ahead_s))
    assert passes or is_refused(answer, "both clocks")
    assert bool(served.greeted) is passes


async def test_a_repeated_call_is_refused_by_every_process(
    side: Side, served: Served
) -> None:
    signed = served.sign()
    assert (await served.call(signed)).status_code == 206
    assert is_refused(await served.call(signed), "made before")
    other = Served(side.account, side.system)
    async with other.http:
        assert is_refused(await other.call(signed), "made before")
    assert served.greeted + other.greeted == ["Zoë"]


async def test_a_repeated_call_is_refused_as_long_as_it_is_young_enough(
    served: Served,
) -> None:
    signed = served.sign(age_s=-299)
    assert (await served.call(signed)).status_code == 206
    served.clock.off_by = timedelta(seconds=590)
    assert is_refused(await served.call(signed), "made before")


async def test_a_call_repeated_for_another_function_is_refused(served: Served) -> None:
    signed = served.sign()
    await served.call(signed)
    answer = await served.call(signed, fnId="draper-greet-failure")
    assert is_refused(answer, "made before")


async def test_parallel_steps_may_be_called_with_one_body_in_one_second(
    served: Served,
) -> None:
    signed = served.sign()
    hello = sha1(b"hello", usedforsecurity=False).hexdigest()
    answers = [await served.call(signed, stepId=step) for step in ("step", hello)]
    assert [answer.status_code for answer in answers] == [206, 206]


async def test_while_the_key_is_changed_both_are_taken(side: Side) -> None:
    account = replace(side.account, signing_keys=(SIGNING_KEY, OLD_KEY))
    served = Served(account, side.system)
    async with served.http:
        old = OLD_KEY.rpartition("-")[2]
        assert (await served.call(served.sign())).status_code == 206
        assert (await served.call(served.sign(key=old))).status_code == 206


async def test_a_huge_call_is_refused_before_it_is_read(served: Served) -> None:
    parts = iter([b"x"])

    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    answer = await served.http.post(
        PATH, content=body(), headers={"content-length": str(99 * 2**20)}
    )
    assert answer.status_code == 413
    assert list(parts) == [b"x"]


async def test_without_the_database_nothing_is_called(side: Side) -> None:
    away = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    served = Served(side.account, away)
    async with served.http:
        answer = await served.call(served.sign())
    assert answer.status_code == 503
    assert served.greeted == []


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_looking_and_syncing_need_a_signature_as_well(
    served: Served, method: str
) -> None:
    assert is_refused(await served.http.request(method, PATH), "no signature")


async def test_the_server_may_ask_for_the_functions_itself(served: Served) -> None:
    body = canonical({"url": "http://us/api/inngest"})
    headers = {
        "x-inngest-signature": served.sign(body),
        "x-inngest-sync-kind": "in_band",
        "x-inngest-server-kind": "cloud",
    }
    answer = await served.http.put(PATH, content=body, headers=headers)
    assert answer.status_code == 200
    told = answer.json()
    assert told["url"] == "http://127.0.0.1:1/api/inngest"
    assert [f["id"] for f in told["functions"]] == [
        "draper-greet",
        "draper-greet-failure",
    ]


async def test_without_keys_on_this_machine_nothing_is_checked(side: Side) -> None:
    served = Served(replace(side.account, signing_keys=()), side.system)
    async with served.http:
        assert (await served.call("")).status_code == 206


@contextlib.asynccontextmanager
async def heralding(
    side: Side, served: Served, **account: Any
) -> AsyncIterator[Herald]:
    api = Api(replace(side.account, **account))
    body = declaration(side.account, "draper", served.functions)
    herald = Herald(api, body, QUICK)
    task = asyncio.create_task(herald.run())
    try:
        yield herald
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await api.aclose()


async def until_known(herald: Herald) -> None:
    async with asyncio.timeout(5):
        while herald.trouble:  # noqa: ASYNC110 - a test's patience
            await asyncio.sleep(0.01)


async def test_the_server_is_told_of_every_function_and_its_failure_handler(
    side: Side, served: Served, inngest: Inngest
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with heralding(side, served) as herald:
            assert herald.trouble
            await until_known(herald)
    assert sorted(inngest.functions) == ["draper-greet", "draper-greet-failure"]
    [step] = inngest.functions["draper-greet"]["steps"].values()
    assert step["runtime"]["url"].startswith("http://127.0.0.1:1/api/inngest?fnId=")
    assert step["retries"] == {"attempts": 1}
    [step] = inngest.functions["draper-greet-failure"]["steps"].values()
    assert step["retries"] == {"attempts": 4}
    assert [
        log["functions"] for log in logs if log["event"] == "inngest.registered"
    ] == [2]


async def test_it_is_told_until_it_listens(
    side: Side, served: Served, inngest: Inngest
) -> None:
    inngest.breaks("/fn/register", status=503, times=3)
    with structlog.testing.capture_logs() as logs:
        async with heralding(side, served) as herald:
            await until_known(herald)
    failed = [log for log in logs if log["event"] == "inngest.not_registered"]
    assert len(failed) == 1  # three times for one reason is one line
    assert inngest.registrations == 1


async def test_a_server_that_does_not_know_our_key_is_told_once_and_tried_on(
    side: Side, served: Served, inngest: Inngest
) -> None:
    inngest.signing_key = "signkey-test-77"
    with structlog.testing.capture_logs() as logs:
        async with heralding(side, served) as herald:
            await asyncio.sleep(0.4)
            assert "401" in herald.trouble
            inngest.signing_key = SIGNING_KEY
            await until_known(herald)
    failed = [log for log in logs if log["event"] == "inngest.not_registered"]
    assert ["INNGEST_SIGNING_KEY" in log["hint"] for log in failed] == [True]


async def test_registration_works_with_the_other_key_while_it_is_changed(
    side: Side, served: Served, inngest: Inngest
) -> None:
    keys = (OLD_KEY, SIGNING_KEY)
    async with heralding(side, served, signing_keys=keys) as herald:
        await until_known(herald)
    assert inngest.registrations == 1


async def test_what_we_declare_is_plain_json_without_empty_options(
    side: Side, served: Served
) -> None:
    body = declaration(side.account, "draper", served.functions)
    assert "null" not in json.dumps(body)
    assert body["url"] == "http://127.0.0.1:1/api/inngest"
    assert body["sdk"].startswith("py:v0.5")
