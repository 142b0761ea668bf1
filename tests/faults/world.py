"""An installation, a person at one of its doors, and what holds once all is quiet."""

import asyncio
import contextlib
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.identity import codes
from agent.identity.schemas import Grant
from bot.settings import Slack as SlackSettings
from bot.settings import Telegram as TelegramSettings
from bot.wiring.services import pepper
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.conftest import connected
from tests.db.asking import one, run
from tests.faults.app import HASTE, App
from tests.scenarios import house
from tests.scenarios.house import Outside
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person
from tests.scenarios.shelf import few
from tests.seeds import ACME, ANA
from tests.standins.anthropic import Reply
from tests.standins.slack import Slack

DOORS = ("telegram poll", "telegram webhook", "slack socket", "slack http", "web")
ASK = "write homepage copy for Acme, a payroll tool for clinics"
WORDS = 700
PIECE = "\n\n".join(
    " ".join(f"word{n}" for n in range(at, min(at + 50, WORDS)))
    for at in range(0, WORDS, 50)
)
"""Two pages on Telegram and Slack, one on the web; every word is there once."""
PATIENCE_S = 60.0
HURRY = 0.03
"""Slack's retry after a minute comes after 1.8 s."""

_OPEN_ENDS = """
    SELECT (SELECT count(*) FROM inbox WHERE status = 'received')
         + (SELECT count(*) FROM deliveries WHERE status IN ('planned', 'sending')
            OR status = 'sent' AND sent_revision < revision)
         + (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL)
         + (SELECT count(*) FROM engine.runs WHERE status = 'active')
         + (SELECT count(*) FROM engine.jobs)
         + (SELECT count(*) FROM runs
            WHERE status NOT IN ('completed', 'failed', 'cancelled'))
"""
_KNOW = """
    INSERT INTO user_channels (user_id, workspace_id, channel, team_id, channel_user_id)
    VALUES (:user_id, :workspace_id, 'slack', :team, :sender)
"""


class OnPatientWeb(OnWeb):
    """A page that sends again what was not taken, as the real one does."""

    async def _post(self, path: str, **given: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._client.post(path, json=given)
                assert answer.status_code in {202, 503}, answer.text
                if answer.status_code == 202:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{path} was never taken")


@dataclass
class Site:
    """One installation with its surroundings and one person, Ana."""

    app: App
    door: str
    outside: Outside
    owner: AsyncEngine
    urls: Urls
    ana: Person

    async def starts(self, fault: str = "") -> None:
        """Start the app; Ana's page, if that is her door, finds it by itself."""
        await self.app.starts(fault)
        if isinstance(self.ana, OnWeb) and not self.ana._is_open.is_set():
            await self.ana.opens(await self._code())

    async def _code(self) -> str:
        async with (
            connected(self.urls.system) as engine,
            system(engine, "door") as session,
        ):
            return await codes.issue(
                session,
                purpose="login",
                ttl=timedelta(minutes=5),
                grant=Grant(ANA, ACME, "owner"),
                pepper=pepper(self.app.settings),
            )

    async def asks(self, statement: str, **values: object) -> Any:
        """What the database says, past row security."""
        return await one(self.owner, statement, **values)

    async def rows(self, statement: str, **values: object) -> list[Any]:
        """The rows the database has, past row security."""
        return await run(self.owner, statement, **values)

    async def quiet(self) -> float:
        """Wait until nothing is left to do; the moment when that was first so."""
        since: float | None = None
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await self.settles()
                busy = self.outside.telegram.updates or await self.asks(_OPEN_ENDS)
                now = time.monotonic()
                since = None if busy else since or now
                # What an idle round does last is to own up to lost messages.
                if since and now - since > 0.25:
                    return since
                await asyncio.sleep(0.02)

    async def settles(self) -> None:
        """Wait until Slack has handed over all, or given up."""
        for delivery in list(self.outside.slack.deliveries):
            gone = len(delivery.answers) >= 4 and not delivery.taken
            assert not (gone and delivery.kind == "events_api"), "Slack gave up"
        await asyncio.wait_for(self.outside.slack.settle(), PATIENCE_S)

    def calls(self) -> int:
        """How many model calls were paid for."""
        return self.outside.claude.calls

    def script(self, text: str = PIECE, times: int = 3) -> None:
        """Let the model write this, now and when asked again."""
        reply = Reply(text, piece_words=60, pace_s=0.01)
        self.outside.claude.script(*[reply] * times)


@dataclass(frozen=True)
class Shown:
    """What Ana sees at the end."""

    lost: int
    """Words of the piece that stand nowhere."""
    twice: int
    """Words of it that stand in more than one place."""
    files: int
    placeholders: int
    notices: int

    @classmethod
    def at(cls, person: Person) -> "Shown":
        chat = person.chat()
        seen = Counter(w for one in chat for w in re.findall(r"word\d+", one.text))
        return cls(
            lost=WORDS - len(seen),
            twice=sum(count > 1 for count in seen.values()),
            files=sum(len(one.files) for one in chat),
            placeholders=sum(one.has("Working on it") for one in chat),
            notices=sum(one.has("may not have reached you") for one in chat),
        )


def helped(site: Site) -> int:
    """How many times Ana sees the help."""
    return sum(one.has("Just write what you need, or use") for one in site.ana.chat())


@contextlib.asynccontextmanager
async def surroundings() -> AsyncIterator[Outside]:
    """Stand-ins that outlive the app."""
    outside = Outside(slack=Slack(hurry=HURRY))
    async with outside.telegram, outside.slack, outside.claude, outside.mail:
        yield outside


@contextlib.asynccontextmanager
async def opened(
    door: str, urls: Urls, folder: Path, **changes: Any
) -> AsyncIterator[Site]:
    """An installation at ``door``; it does not run yet."""
    async with surroundings() as outside, connected(urls.owner) as owner:
        by_post = door in {"telegram webhook", "slack http"}
        given = house.settings(
            urls, folder / "home", outside, webhooks=by_post, skills=few()
        )
        off: dict[str, Any] = {
            "telegram": given.telegram if "telegram" in door else _no_telegram(),
            "slack": given.slack if "slack" in door else _no_slack(),
        }
        app = App(given.model_copy(update={**off, **changes}), folder, HASTE)
        if door == "slack http":
            outside.slack.post_events_to(f"{app.url}/slack/events")
        ana = await _ana(door, app, outside, owner)
        ana.patience_s = PATIENCE_S  # what she waits for may take another life
        site = Site(app, door, outside, owner, urls, ana)
        try:
            yield site
        finally:
            if isinstance(ana, OnWeb):
                await ana.closes()
            await app.ends()


async def _ana(door: str, app: App, outside: Outside, owner: AsyncEngine) -> Person:
    if door == "web":
        return OnPatientWeb(app.url, "127.0.0.1")
    if "telegram" in door:
        return OnTelegram(outside.telegram, 101)
    slack = outside.slack
    person = OnSlack(slack, slack.anna)
    who = {"user_id": ANA, "workspace_id": ACME}
    await run(owner, _KNOW, **who, team=slack.team, sender=slack.anna)
    return person


def _no_telegram() -> TelegramSettings:
    return TelegramSettings(_env_file=None, token=None)


def _no_slack() -> SlackSettings:
    return SlackSettings(_env_file=None, bot_token=None)
