from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import Inbound, NotKept, Received
from channels.slack.clients import OneClient, connect
from channels.slack.door import SlackDoor
from channels.slack.http import Webhook
from tests.standins.slack import Slack


class Inbox:
    """Keeps like the real one: once per event, once per message."""

    def __init__(self) -> None:
        self.rows: list[Received] = []
        self.offered: list[Received] = []
        self.failures = 0
        self._keys: set[tuple[str, str]] = set()

    async def keep(self, events: Sequence[Received]) -> None:
        self.offered += events
        if self.failures:
            self.failures -= 1
            raise NotKept("the database is away")
        for event in events:
            keys = {("event", f"{event.account}:{event.event_id}")}
            if event.message_key:
                keys.add(("message", event.message_key))
            if keys.isdisjoint(self._keys):
                self.rows.append(event)
            self._keys |= keys

    @property
    def seen(self) -> list[Inbound]:
        return [row.inbound for row in self.rows if row.inbound]


@asynccontextmanager
async def serving(webhook: Webhook) -> AsyncIterator[str]:
    """Host the handler at a URL, as the web process does."""

    async def receive(request: web.Request) -> web.Response:
        now = datetime.now(UTC)  # noqa: TID251 - the edge of this small app
        answer = await webhook.receive(await request.read(), request.headers, now=now)
        return web.Response(status=answer.status, text=answer.body)

    app = web.Application()
    app.router.add_post("/slack", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    finally:
        await runner.cleanup()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack(hurry=0.001) as standin:
        standin.echoes = False
        yield standin


@pytest.fixture
async def client(slack: Slack) -> AsyncIterator[AsyncWebClient]:
    async with connect(
        slack.bot_token, base_url=slack.base_url, timeout_s=2.0
    ) as found:
        yield found


@pytest.fixture
def door(client: AsyncWebClient) -> SlackDoor:
    return SlackDoor(OneClient(client))
