"""What the doctor finds about the work itself."""

import pytest
import respx
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import doctor
from db.server_bootstrap import Urls
from tests.bot.test_watchdog import job
from tests.db.asking import run


async def test_work_that_goes_its_way_is_counted(database: Urls) -> None:
    found = await doctor.work(database.system)
    assert found.ok
    assert found.detail == "0 under way, 0 message(s) given up in 30 days"


async def test_work_that_stands_still_is_wrong_and_says_how_to_see_it(
    database: Urls, owner_engine: AsyncEngine
) -> None:
    for statement in job():
        await run(owner_engine, statement)
    found = await doctor.work(database.system)
    assert not found.ok
    assert found.detail == "a step is due for 5 min and no worker takes it"
    assert "draper runs list --stuck" in found.hint


async def test_nothing_moves_while_draper_does_not_run(
    database: Urls, owner_engine: AsyncEngine
) -> None:
    for statement in job():
        await run(owner_engine, statement)
    found = await doctor.work(database.system, is_running=False)
    assert found.ok
    assert "goes on when Draper runs" in found.detail


@pytest.mark.parametrize("status", ["failed"])
async def test_messages_given_up_are_counted(
    database: Urls, owner_engine: AsyncEngine, status: str
) -> None:
    await run(
        owner_engine,
        "INSERT INTO inbox (channel, event_id, kind, body, processed_at, status)"
        " VALUES ('web', 'e', 'message', 'x', now(), :status)",
        status=status,
    )
    found = await doctor.work(database.system)
    assert "1 message(s) given up" in found.detail


@respx.mock
@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://api.anthropic.com", "status.anthropic.com"),
        ("http://proxy.acme.test:8080", "ANTHROPIC_BASE_URL (http://proxy.acme.test"),
    ],
)
async def test_a_model_that_is_down_is_looked_for_where_it_is(
    url: str, hint: str
) -> None:
    respx.get(f"{url}/v1/models").respond(503)
    health = await doctor.claude(url, "k")
    assert not health.ok
    assert hint in health.hint
