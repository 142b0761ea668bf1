"""Slack teams that install the app, and browsers that go to Slack and come back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from bot.settings import Access, Intake
from db.server_bootstrap import Urls
from tests.conftest import copied
from tests.scenarios.house import (
    House,
    _free_port,
    opened,
    slack_settings,
    surroundings,
)
from tests.scenarios.on_slack import OnSlack
from tests.standins.slack.oauth import CLIENT_ID, CLIENT_SECRET, Install

ROWS = """
    SELECT account_id, account_name, status, last_error, scopes, settings, expires_at,
        secret_ciphertext, refresh_ciphertext, workspace_id
    FROM connections WHERE kind = 'channel' AND account_id = :account
"""

_number = count(1)


class Browser:
    """A browser that goes to Slack and comes back; signed in, or nobody's."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.slack = house.slack
        number = next(_number)
        self.address = f"127.1.{number // 250 + 1}.{number % 250 + 1}"
        self.cookies: dict[str, str] = {}

    async def signs_in(self, **given: Any) -> Any:
        member = await self.house.enrol(**given)
        code = await self.house.code("login", member)
        await self.posts("/signin", code=code)
        return member

    async def posts(self, url: str, **form: str) -> httpx.Response:
        async with self._client() as client:
            answer = await client.post(url, data=form)
        self.cookies |= dict(answer.cookies)
        return answer

    async def goes(self, url: str) -> httpx.Response:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        # The state's cookie is for https alone, which this browser does not speak.
        async with self._client() as client:
            answer = await client.get(url, headers={"cookie": kept})
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def _client(self) -> httpx.AsyncClient:
        ours = {"origin": self.house.url, "sec-fetch-site": "same-origin"}
        way = httpx.AsyncHTTPTransport(local_address=self.address)
        return httpx.AsyncClient(base_url=self.house.url, headers=ours, transport=way)

    async def asks(self) -> str:
        """Go to the install page; where it sends the browser."""
        answer = await self.goes("/slack/install")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def installs(self, team: str, user: str) -> str:
        """All of it; what the last page says."""
        back = self.slack.oauth.approve(await self.asks(), team=team, user=user)
        return said(await self.goes(back))


def said(answer: httpx.Response) -> str:
    page = re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(page).split())


@asynccontextmanager
async def an_app(
    server: Urls,
    bare_template: Urls,
    home: Path,
    access: Access = Access.PAIRED,
) -> AsyncIterator[House]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        copied(server, template=bare_template) as urls,
        surroundings() as outside,
    ):
        slack = outside.slack
        slack.oauth.redirect_urls = [f"{url}/slack/oauth_redirect"]
        slack.post_events_to(f"{url}/slack/events")
        given = slack_settings(
            outside,
            bot_token=None,
            intake=Intake.WEBHOOK,
            client_id=CLIENT_ID,
            client_secret=SecretStr(CLIENT_SECRET),
        )
        changes = {"slack": given, "port": port, "public_url": url, "access": access}
        async with opened(urls, home, outside, **changes) as house:
            yield house


@dataclass
class Team:
    """A Slack team, and somebody in it."""

    house: House
    zen: str
    zena: str

    @property
    def install(self) -> Install:
        return self.house.slack.oauth.installs[self.zen]

    def somebody(self) -> OnSlack:
        return OnSlack(self.house.slack, self.zena)

    async def row(self) -> Any:
        """What is kept of it."""
        [found] = await self.house.rows(ROWS, account=self.zen)
        return found


def team_in(house: House, kind: str = "T", name: str = "Zen") -> Team:
    number = next(_number)
    team = Team(house, f"{kind}0ZEN{number}", f"U0ZENA{number}")
    house.slack.oauth.names[team.zen] = name
    house.slack.world.teams.homes[team.zena] = team.zen
    return team
