"""The app in this process, asked as a browser on the same machine would."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.web.app import create_app
from channels.web.verify import csrf_token
from tests.bot.web.fakes import TOKEN, FakeDesk, Still

HOME = "http://127.0.0.1:8000"
OURS = {"origin": HOME, "sec-fetch-site": "same-origin"}
PROOF = {**OURS, "x-csrf-token": csrf_token(TOKEN)}


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def stranger(desk: FakeDesk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    transport = httpx.ASGITransport(create_app(desk, Still()))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        yield client


@pytest.fixture
async def ana(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ana's page: signed in, and with its proofs on every request."""
    stranger.cookies.set("draper", TOKEN)
    stranger.headers.update(PROOF)
    return stranger
