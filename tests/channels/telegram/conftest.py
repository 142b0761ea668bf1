from collections.abc import AsyncIterator

import pytest

from channels.telegram.send import TelegramChannel
from tests.standins.telegram import Telegram


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with Telegram() as server:
        server.join(42)
        server.join(42, -100)
        yield server


@pytest.fixture
async def channel(tg: Telegram) -> AsyncIterator[TelegramChannel]:
    async with TelegramChannel(tg.token, base_url=tg.base_url, timeout_s=0.5) as door:
        yield door
