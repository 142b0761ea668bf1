"""The whole app in this process, with strict stand-ins around it and people inside."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from agent.identity import codes
from agent.identity.schemas import Grant
from agent.llm.breaker import Rule
from bot import language
from bot.durable.limits import Limits
from bot.pace import Pace
from bot.ports import KeptObjects
from bot.services import Services
from bot.settings import Access, Anthropic, Intake, Security, Settings, Smtp
from bot.settings import Slack as SlackSettings
from bot.settings import Telegram as TelegramSettings
from bot.wiring import processes
from bot.wiring.database import Pools, open_database
from bot.wiring.processes import Parts, Process
from bot.wiring.services import running
from db.objects import LocalObjects
from db.server_bootstrap import Urls
from tests.db.asking import one, run
from tests.fakes.lent import Lent
from tests.scenarios import shelf
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.outdoors import WatchedObjects
from tests.scenarios.people import PATIENCE_S, Person
from tests.standins.anthropic import AnthropicStandIn
from tests.standins.slack import Slack
from tests.standins.slack.state import Room
from tests.standins.smtp import MailServer
from tests.standins.telegram import Telegram

SECRET = "a-webhook-secret"
PAUSE_S = 0.03
"""Between two writes into a chat, instead of a second."""

_SOON = Pace(
    inbox_again_s=0.1,
    again_s=0.1,
    skills_s=0.2,
    learn_s=3600.0,  # what a test taught is not looked at in another one
    circuit=Rule(failures=10_000),  # tests share the house, and break its model
    engine=Limits(backoff=lambda _: timedelta(milliseconds=30)),
)

_OPEN_ENDS = """
    SELECT (SELECT count(*) FROM inbox WHERE status = 'received')
         + (SELECT count(*) FROM deliveries WHERE status IN ('planned', 'sending')
            OR status = 'sent' AND sent_revision < revision AND NOT payload ? 'once')
         + (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL)
         + (SELECT count(*) FROM engine.runs WHERE status = 'active')
"""
_WHAT_IS_OPEN = """
    SELECT 'inbox', kind, status, attempts, error_message FROM inbox
    WHERE status = 'received'
    UNION ALL
    SELECT 'deliveries', channel, status, attempts, last_error FROM deliveries
    WHERE status IN ('planned', 'sending') OR status = 'sent'
      AND sent_revision < revision AND NOT payload ? 'once'
    UNION ALL
    SELECT 'engine.runs', function_id, status, 0, error::text FROM engine.runs
    WHERE status = 'active'
"""
_GIVE_UP = (
    "UPDATE inbox SET status = 'failed' WHERE status = 'received'",
    "UPDATE deliveries SET status = 'failed' WHERE status <> 'sent'",
    "UPDATE deliveries SET sent_revision = revision WHERE sent_revision < revision",
    "DELETE FROM engine.jobs",
    "DELETE FROM engine.slots",
    "DELETE FROM engine.watches",
    """UPDATE engine.runs SET status = 'cancelled', ended_at = now()
       WHERE status = 'active'""",
)
_ENROL = """
    WITH somewhere AS (
        INSERT INTO workspaces (id, name, kind) VALUES (:workspace_id, 'Team', 'team')
        ON CONFLICT DO NOTHING
    ), somebody AS (
        INSERT INTO users (id, full_name) VALUES (:user_id, 'Somebody')
    )
    INSERT INTO workspace_members (workspace_id, user_id, role)
    VALUES (:workspace_id, :user_id, :role)
"""
_ADD_CHANNEL = """
    INSERT INTO user_channels (user_id, workspace_id, channel, team_id, channel_user_id)
    VALUES (:user_id, :workspace_id, :channel, :team, :sender)
"""

_number = count(1)


@dataclass
class Outside:
    """The world around the app."""

    telegram: Telegram = field(default_factory=Telegram)
    slack: Slack = field(default_factory=Slack)
    claude: AnthropicStandIn = field(default_factory=AnthropicStandIn)
    mail: MailServer = field(default_factory=MailServer)

    def calm(self) -> None:
        """Forget every fault and script."""
        self.telegram.faults.clear()
        self.telegram.flood.waits.clear()
        self.telegram.blocked.clear()
        self.telegram.refusing.clear()
        self.slack.world.faults.clear()
        self.claude.reset()
        self.mail.calm()


class Member:
    """Somebody's account."""

    def __init__(self, workspace_id: UUID, user_id: UUID) -> None:
        self.workspace_id = workspace_id
        self.user_id = user_id


class House:
    """A running app, its surroundings, and a look behind the scenes."""

    def __init__(
        self, made: Process, pools: Pools, outside: Outside, urls: Urls
    ) -> None:
        self.made = made
        self.pools = pools
        self.outside = outside
        self.urls = urls
        self.owner = create_async_engine(urls.owner, isolation_level="AUTOCOMMIT")
        self.url = f"http://{made.settings.host}:{made.settings.port}"
        self._pages: list[OnWeb] = []
        self.store = self._watched()

    def _watched(self) -> WatchedObjects:
        """The object store, which notes who asks it with a transaction open."""
        objects = self.made.core.services.objects
        assert isinstance(objects, KeptObjects)
        assert isinstance(objects._store, LocalObjects)
        lent = Lent(self.pools.app, self.pools.system)
        watched = objects._store = WatchedObjects(objects._store, lent)
        return watched

    @property
    def pairing(self) -> str:
        """The code that was printed at the start."""
        return self.made.arrival.ways_in.pairing

    @property
    def telegram(self) -> Telegram:
        return self.outside.telegram

    @property
    def slack(self) -> Slack:
        return self.outside.slack

    @property
    def mail(self) -> MailServer:
        return self.outside.mail

    @property
    def claude(self) -> AnthropicStandIn:
        return self.outside.claude

    async def asks(self, statement: str, **values: object) -> Any:
        """What the database says, past row security."""
        return await one(self.owner, statement, **values)

    async def rows(self, statement: str, **values: object) -> list[Any]:
        """The rows the database has, past row security."""
        return await run(self.owner, statement, **values)

    def group(self, door: str) -> Any:
        """A place where several people can talk."""
        number = next(_number)
        if door == "telegram":
            return -1_000_000 - number
        return self.slack.world.add_room(Room(f"C{number:08d}", "channel", "team")).id

    def stranger(self, door: str, group: Any = None) -> Person:
        """Somebody the app has never heard of."""
        number = next(_number)
        ids = {
            "telegram": 10_000 + number,
            "slack": f"U{number:08d}",
            "web": f"127.0.{number // 250 + 1}.{number % 250 + 1}",
        }
        return self.person(door, ids[door], group)

    def person(self, door: str, who: Any, group: Any = None) -> Person:
        """Somebody with an id (on the web: an address) that the test knows."""
        if door == "telegram":
            return OnTelegram(self.telegram, who, group)
        if door == "slack":
            return OnSlack(self.slack, who, group or "")
        page = OnWeb(self.url, who)
        self._pages.append(page)
        return page

    async def enrol(
        self, *, role: str = "owner", workspace: UUID | None = None
    ) -> Member:
        """An account, in a workspace of its own unless one is named."""
        ids = self.made.core.services.ids
        member = Member(workspace or ids.new(), ids.new())
        await run(self.owner, _ENROL, **vars(member), role=role)
        return member

    async def introduce(self, person: Person, member: Member) -> None:
        """Let the app know that this person is that member."""
        if isinstance(person, OnWeb):
            await person.opens(await self.code("login", member))
            return
        assert isinstance(person, OnTelegram | OnSlack)
        team, sender = person.identity
        await run(
            self.owner,
            _ADD_CHANNEL,
            **vars(member),
            channel=person.door,
            team=team,
            sender=sender,
        )

    async def code(self, purpose: str, member: Member) -> str:
        """A one-time code for an account."""
        services = self.made.core.services
        async with services.as_role("door") as session:
            return await codes.issue(
                session,
                purpose=purpose,
                ttl=timedelta(minutes=5),
                grant=Grant(member.user_id, member.workspace_id, "owner"),
                pepper=services.pepper,
            )

    async def member(self, door: str, group: Any = None, **given: Any) -> Person:
        """Somebody the app knows."""
        person = self.stranger(door, group)
        await self.introduce(person, await self.enrol(**given))
        return person

    async def rests(self) -> None:
        """Wait until nothing is left to do anywhere."""
        quiet, ends = 0, time.monotonic() + PATIENCE_S
        while quiet < 2:
            assert time.monotonic() < ends, await self.rows(_WHAT_IS_OPEN)
            await self.slack.settle()
            left = len(self.telegram.updates) or await self.asks(_OPEN_ENDS)
            quiet = 0 if left else quiet + 1
            await asyncio.sleep(0.01)

    @contextlib.asynccontextmanager
    async def refusing(self, table: str, column: str, word: str) -> AsyncIterator[None]:
        """Let the database fail wherever this word is to be kept."""
        rule = f"CHECK ({column} NOT LIKE '%{word}%') NOT VALID"
        await self.rows(f"ALTER TABLE {table} ADD CONSTRAINT broken {rule}")
        try:
            yield
        finally:
            await self.rows(f"ALTER TABLE {table} DROP CONSTRAINT broken")

    async def sweep(self) -> None:
        """Give up what a failed test left open, so that the next one begins well."""
        for statement in _GIVE_UP:
            await self.rows(statement)

    async def run(self) -> Any:
        """The newest run."""
        [row] = await self.rows("SELECT * FROM runs ORDER BY id DESC LIMIT 1")
        return row

    async def close(self) -> None:
        """Close every page."""
        for page in self._pages:
            await page.closes()


def settings(urls: Urls, home: Path, outside: Outside, **changes: Any) -> Settings:
    """Everything set up, towards the stand-ins; ``changes`` are fields of Settings."""
    plain: dict[str, Any] = {
        "home": home,
        "port": _free_port(),
        "database_url": urls.app,
        "database_system_url": urls.system,
        "budget_day_usd": 1000,
        "budget_month_usd": 1000,
        "access": Access.PAIRED,
        # A script is for the pieces; who tests guesses turns them on.
        "guess_s": 0,
        "skills": shelf.plain(),
        "telegram": telegram_settings(outside),
        "slack": slack_settings(outside),
        "anthropic": anthropic_settings(outside),
        "smtp": smtp_settings(outside),
    }
    given = {**plain, **changes}
    if given.pop("webhooks", False):
        given["public_url"] = f"http://127.0.0.1:{given['port']}"
        given["telegram"] = telegram_settings(
            outside, intake=Intake.WEBHOOK, webhook_secret=SecretStr(SECRET)
        )
        given["slack"] = slack_settings(outside, intake=Intake.WEBHOOK)
    return Settings(_env_file=None, **given)


def telegram_settings(outside: Outside, **changes: Any) -> TelegramSettings:
    """Towards the stand-in."""
    tg = outside.telegram
    given = {"token": SecretStr(tg.token), "base_url": tg.base_url, **changes}
    return TelegramSettings(_env_file=None, **given)


def slack_settings(outside: Outside, **changes: Any) -> SlackSettings:
    """Towards the stand-in."""
    slack = outside.slack
    given = {
        "bot_token": SecretStr(slack.bot_token),
        "app_token": SecretStr(slack.app_token),
        "signing_secret": SecretStr(slack.secret),
        "base_url": slack.base_url,
        **changes,
    }
    return SlackSettings(_env_file=None, **given)


def anthropic_settings(outside: Outside, **changes: Any) -> Anthropic:
    """Towards the stand-in; ``api_key=None`` for the rehearsal model."""
    claude = outside.claude
    given = {"api_key": SecretStr(claude.key), "base_url": claude.url, **changes}
    return Anthropic(_env_file=None, **given)


def smtp_settings(outside: Outside, **changes: Any) -> Smtp:
    """Towards the stand-in; ``host=""`` for none."""
    given = {"host": outside.mail.host, "port": outside.mail.port, **changes}
    given = {"security": Security.NONE, "sender": "Draper <bot@acme.test>", **given}
    return Smtp(_env_file=None, **given)


@contextlib.asynccontextmanager
async def surroundings() -> AsyncIterator[Outside]:
    """The stand-ins, listening."""
    outside = Outside()
    async with outside.telegram, outside.slack, outside.claude, outside.mail:
        yield outside


@contextlib.asynccontextmanager
async def opened(
    urls: Urls, home: Path, outside: Outside, **changes: Any
) -> AsyncIterator[House]:
    """The app, running, and stopped at the end as Ctrl-C stops it.

    ``changes`` are fields of Settings, or of Pace: ``write_pause_s`` (None: the real
    one), ``learn_s`` (how soon after a rating what recurs is looked for), and others.
    """
    paces = {one.name for one in fields(Pace)} & changes.keys()
    pace = replace(_SOON, write_pause_s=PAUSE_S)
    pace = replace(pace, **{name: changes.pop(name) for name in paces})
    chosen = settings(urls, home, outside, **changes)
    listening = processes.listen(chosen)
    async with still(urls, chosen, outside, pace) as house, running(house.made.core):
        working = asyncio.create_task(processes._work(house.made, Parts(), listening))
        try:
            await _until_up(house, working)
            await _warm(house.made.core.services)
            yield house
            assert house.store.hurried == [], "asked within a transaction"
        finally:
            await house.close()
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working


@contextlib.asynccontextmanager
async def still(
    urls: Urls, chosen: Settings, outside: Outside, pace: Pace | None = None
) -> AsyncIterator[House]:
    """The app with everything made and nothing running."""
    async with (
        open_database(chosen) as pools,
        processes.open_process(chosen, pools, pace) as made,
    ):
        house = House(made, pools, outside, urls)
        try:
            yield house
        finally:
            await house.owner.dispose()


async def _until_up(house: House, working: asyncio.Task[None]) -> None:
    async with httpx.AsyncClient(base_url=house.url) as client:
        while not working.done():
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.02)
    await working


async def _warm(services: Services) -> None:
    """Let it learn and load what it learns and loads beside its first messages.

    On a busy machine that takes longer than a test waits for an answer.
    """
    await asyncio.to_thread(services.router.learn)
    await asyncio.to_thread(language.load)
    if services.providers:
        await services.providers.warm()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


Opens = Callable[..., contextlib.AbstractAsyncContextManager[House]]
