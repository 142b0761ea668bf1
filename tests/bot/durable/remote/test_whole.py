"""The whole app with its durable runs on a server elsewhere: people notice nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.errors import BadInput
from bot.settings import Inngest as Group
from db.server_bootstrap import Urls
from tests.scenarios.house import House, Outside, opened, still, surroundings
from tests.scenarios.house import settings as settings_of
from tests.scenarios.people import Person
from tests.standins.anthropic import Fault, Reply
from tests.standins.inngest import EVENT_KEY, SIGNING_KEY, Inngest

ASK = "write homepage copy for Acme, a payroll tool for clinics"
TEXT = " ".join(f"word{n}" for n in range(150))
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(600)), pace_s=0.02)


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with surroundings() as made:
        yield made


@contextlib.asynccontextmanager
async def remote(
    inngest: Inngest, urls: Urls, folder: Path, outside: Outside, **group: Any
) -> AsyncIterator[House]:
    """The app, with everything on the stand-in."""
    given = {
        "base_url": inngest.url,
        "event_key": EVENT_KEY,
        "signing_key": SIGNING_KEY,
        **group,
    }
    port = settings_of(urls, folder, outside).port
    async with opened(
        urls,
        folder / "home",
        outside,
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        inngest=Group(_env_file=None, **given),
    ) as house:
        yield house


@pytest.fixture
async def house(
    inngest: Inngest, database: Urls, tmp_path: Path, outside: Outside
) -> AsyncIterator[House]:
    async with remote(inngest, database, tmp_path, outside) as made:
        await known(inngest)
        yield made


async def known(inngest: Inngest) -> None:
    async with asyncio.timeout(8):
        while not inngest.functions:  # noqa: ASYNC110 - a test's patience
            await asyncio.sleep(0.01)


async def ends(house: House, status: str) -> None:
    async with asyncio.timeout(8):
        while (await house.run()).status != status:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def health_says(house: House, what: str) -> httpx.Response:
    """Wait until it does."""
    async with asyncio.timeout(8), httpx.AsyncClient(base_url=house.url) as client:
        while what not in (answer := await client.get("/healthz")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return answer


async def asks(house: House, reply: Reply | Fault) -> Person:
    ana = await house.member("web")
    house.claude.script(reply)
    await ana.writes(ASK)
    return ana


async def test_a_message_becomes_a_piece_by_way_of_the_server(
    house: House, inngest: Inngest
) -> None:
    ana = await asks(house, Reply(TEXT, pace_s=0.01))
    await ana.sees("word0", "word149", buttons=("1", "5"))
    await ends(house, "completed")
    row = await house.run()
    [event] = inngest.events.values()
    assert (event["name"], event["id"]) == ("run.requested", f"{row.id}:1")
    assert "payroll" not in str(event)  # ids only: what people write stays here
    [run] = inngest.runs.all.values()
    async with asyncio.timeout(5):
        while run.status == "Running":  # noqa: ASYNC110 - its last call
            await asyncio.sleep(0.01)
    assert run.status == "Completed"
    assert [found.id for found in await house.made.core.engine.find(event["id"])] == [
        run.id
    ]
    assert await house.asks("SELECT count(*) FROM engine.events") == 0
    assert await house.asks("SELECT count(*) FROM engine.runs") == 0
    assert await house.asks("SELECT workspace_id FROM outbox") == row.workspace_id


async def test_a_question_is_answered_by_way_of_the_server_and_by_one_function(
    house: House, inngest: Inngest
) -> None:
    ana = await house.member("web")
    house.claude.script(Reply("Looking.", tool=("clients__list", {})), "None so far.")
    await ana.writes("which companies do we look after?")
    await ana.sees("None so far.")
    await ends(house, "completed")
    [run] = inngest.runs.all.values()
    assert run.function["id"] == "draper-assist"
    assert house.claude.calls == 2


async def test_every_call_of_it_can_be_made_only_once(
    house: House, inngest: Inngest
) -> None:
    ana = await asks(house, Reply(TEXT, pace_s=0.01))
    await ana.sees("word149", buttons=("1", "5"))
    calls, paid = list(next(iter(inngest.runs.all.values())).calls), house.claude.calls
    assert len(calls) >= 2
    for url, body, signed in calls:
        for header in (signed, "", "t=1&s=00"):
            status, _ = await inngest.runs.repeat(url, body, header)
            assert status == 401
    assert house.claude.calls == paid


@pytest.mark.long
async def test_a_server_that_is_away_delays_and_loses_nothing(
    house: House, inngest: Inngest
) -> None:
    await inngest.stop()
    ana = await asks(house, Reply(TEXT, pace_s=0.01))
    await ana.sees("Working on it")
    answer = await health_says(house, "does not answer")
    assert answer.status_code == 503
    await inngest.start()
    await ana.sees("word149", buttons=("1", "5"))
    assert house.claude.calls == 1


@pytest.mark.long
async def test_a_step_that_fails_is_repeated_by_the_server(
    house: House, inngest: Inngest
) -> None:
    ana = await asks(house, Fault(529, "overloaded_error"))
    house.claude.script(Reply(TEXT, pace_s=0.01))
    await ana.sees("word149", buttons=("1", "5"))
    await ends(house, "completed")


async def test_stop_stops_a_run_that_is_being_written(
    house: House, inngest: Inngest
) -> None:
    ana = await asks(house, SLOWLY)
    growing = await ana.sees("slow0", buttons=("Stop",))
    await ana.presses("Stop", growing)
    await ana.sees_change(growing, "Stopped. Nothing more will be written")
    await ends(house, "cancelled")
    assert sorted(event["name"] for event in inngest.events.values()) == [
        "run.cancelled",
        "run.requested",
    ]
    [run] = inngest.runs.all.values()
    assert run.status == "Cancelled"


async def test_health_says_that_the_server_was_not_told_of_us(
    inngest: Inngest, database: Urls, tmp_path: Path, outside: Outside
) -> None:
    inngest.signing_key = "signkey-test-00"
    async with remote(inngest, database, tmp_path, outside) as house:
        answer = await health_says(house, "401")
        assert answer.status_code == 200  # people are served all the same
        inngest.signing_key = SIGNING_KEY
        await known(inngest)
        ana = await asks(house, Reply(TEXT, pace_s=0.01))
        await ana.sees("word149", buttons=("1", "5"))


async def test_it_does_not_start_half_configured(
    inngest: Inngest, database: Urls, tmp_path: Path, outside: Outside
) -> None:
    group = Group(_env_file=None, base_url=inngest.url, signing_key=SIGNING_KEY)
    chosen = settings_of(
        database, tmp_path, outside, public_url="http://127.0.0.1:1", inngest=group
    )
    with pytest.raises(BadInput, match="INNGEST_EVENT_KEY is not"):
        async with still(database, chosen, outside):
            raise AssertionError("it started")
