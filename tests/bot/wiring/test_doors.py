"""What is posted to the webhooks' routes."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from bot.wiring.doors import TELEGRAM_PATH, telegram_route
from bot.wiring.slack_doors import SLACK_PATH, slack_route
from channels.contract import Received
from channels.slack.http import Webhook
from channels.telegram.parse import Me
from channels.telegram.webhook import SECRET_HEADER

CHUNK = b" " * 100_000
CHUNKS = 200


class Bot:
    async def me(self) -> Me:
        return Me(id="1", username="draper_bot")


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)


class Flood:
    """Twenty megabytes without a length, as anybody may send them."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            self.sent += 1
            yield CHUNK


async def keep(received: Sequence[Received]) -> None:
    raise AssertionError(f"kept {received}")


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(telegram_route(Bot(), "secret", keep))
    app.include_router(slack_route(Webhook(keep, signing_secret="secret"), Clock()))
    return app


@pytest.mark.parametrize("path", [TELEGRAM_PATH, SLACK_PATH])
async def test_a_flood_is_cut_off_while_it_comes_in(app: FastAPI, path: str) -> None:
    flood = Flood()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await client.post(
            path, content=flood, headers={SECRET_HEADER: "secret"}
        )
    assert answer.status_code == 413
    assert flood.sent < CHUNKS / 10


async def test_what_telegram_did_not_sign_is_not_even_read(app: FastAPI) -> None:
    flood = Flood()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await client.post(TELEGRAM_PATH, content=flood)
    assert (answer.status_code, flood.sent) == (401, 0)
