"""Slack's tokens out of the vault: whose, renewed how, and what when Slack refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.ports import Clock
from agent.vault import installations
from agent.vault.installations import Grant, Home, Installed
from agent.vault.keys import InstallationKey
from bot.ports import SystemClock, TimeOrderedIds
from bot.wiring import slack_clients
from bot.wiring.slack_clients import AppSecrets, VaultTokens
from channels.contract import NotSent, Refused
from channels.slack.clients import KEPT_S, ManyClients, connect
from db.tenancy import SystemRole, system
from tests.seeds import ACME, ANA
from tests.standins.slack import Slack
from tests.standins.slack.oauth import CLIENT_ID, CLIENT_SECRET, Install

ZEN = "T0ZEN"


@dataclass
class Backing:
    engine: AsyncEngine
    away: int = 0
    """How often the database is away before it is back."""
    key: InstallationKey = field(default_factory=lambda: InstallationKey(b"k" * 32))
    clock: Clock = field(default_factory=SystemClock)

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        if self.away:
            self.away -= 1
            raise OSError("away")
        return system(self.engine, role)


@dataclass
class Zen:
    """A team that installed the app, and us."""

    slack: Slack
    backing: Backing
    tokens: VaultTokens
    clients: ManyClients
    install: Install
    now: list[float]

    async def keeps(self, left: timedelta | None) -> None:
        """Let our database know its token, good for so long."""
        until = datetime.now(UTC) + left if left else None  # noqa: TID251
        refresh = self.install.refresh if left else ""
        given = Grant("slack", ZEN, "Zen", "UB", self.install.token, refresh, until)
        home = Home(TimeOrderedIds().new(), ACME, ANA)
        async with self.backing.as_role("vault") as session:
            now = self.backing.clock.now()
            await installations.save(session, self.backing.key, home, given, now)

    async def kept(self) -> Installed:
        async with self.backing.as_role("vault") as session:
            found = await installations.find(session, self.backing.key, "slack", ZEN)
        assert found is not None
        return found


@pytest.fixture
async def zen(system_engine: AsyncEngine) -> AsyncIterator[Zen]:
    async with Slack() as slack, connect(None, base_url=slack.base_url) as carrier:
        backing = Backing(system_engine)
        secrets = AppSecrets(CLIENT_ID, CLIENT_SECRET)
        tokens = VaultTokens(backing, carrier, secrets)
        now = [0.0]
        clients = ManyClients(carrier, tokens, lambda: now[0])
        install = Install(ZEN, "Zen", ["chat:write"], "xoxb-zen", refresh="xoxe-zen")
        slack.oauth.installs[ZEN] = install
        yield Zen(slack, backing, tokens, clients, install, now)


def refreshes(zen: Zen) -> int:
    calls = [args for method, args in zen.slack.world.calls if "oauth" in method]
    return sum(args.get("grant_type") == "refresh_token" for args in calls)


async def test_a_team_that_never_installed_us_is_refused(zen: Zen) -> None:
    with pytest.raises(Refused, match=r"^revoked: the app is not installed"):
        await zen.clients.of("T0NOBODY")


async def test_the_token_of_the_settings_serves_a_team_that_is_not_kept(
    zen: Zen,
) -> None:
    secrets = AppSecrets(CLIENT_ID, CLIENT_SECRET)
    async with connect(None, base_url=zen.slack.base_url) as carrier:
        tokens = VaultTokens(zen.backing, carrier, secrets, zen.slack.bot_token)
        await zen.keeps(None)
        assert await tokens.token(ZEN) == "xoxb-zen"
        assert await tokens.token(zen.slack.team) == zen.slack.bot_token


async def test_a_client_is_kept_for_a_minute_and_then_asked_for_again(
    zen: Zen,
) -> None:
    await zen.keeps(None)
    first = await zen.clients.of(ZEN)
    assert await zen.clients.of(ZEN) is first
    zen.now[0] = KEPT_S
    assert await zen.clients.of(ZEN) is not first
    zen.clients.forget(ZEN)
    assert (await zen.clients.of(ZEN)).token == "xoxb-zen"


async def test_a_token_far_from_its_end_is_left_alone(zen: Zen) -> None:
    await zen.keeps(timedelta(hours=11))
    assert await zen.tokens.token(ZEN) == "xoxb-zen"
    assert refreshes(zen) == 0


async def test_many_who_ask_at_once_renew_once_and_all_get_a_good_token(
    zen: Zen,
) -> None:
    await zen.keeps(timedelta(hours=1))
    got = await asyncio.gather(*(zen.tokens.token(ZEN) for _ in range(5)))

    assert refreshes(zen) == 1
    assert set(got) <= {"xoxb-zen", zen.install.token}
    assert zen.install.token in got
    assert (await zen.kept()).token == zen.install.token


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"error": "ratelimited"}, {"error": "bad_client_secret"}]
)
async def test_while_renewing_fails_the_token_there_is_goes_on(
    zen: Zen, fault: dict[str, object]
) -> None:
    await zen.keeps(timedelta(hours=1))
    zen.slack.fail(method="oauth.v2.access", **fault)

    assert await zen.tokens.token(ZEN) == "xoxb-zen"
    assert await zen.tokens.token(ZEN) == zen.install.token  # the next one tries again


async def test_past_its_end_a_token_that_cannot_be_renewed_now_is_waited_for(
    zen: Zen,
) -> None:
    await zen.keeps(timedelta(seconds=-1))
    zen.slack.fail(method="oauth.v2.access", drop=True)
    with pytest.raises(NotSent) as later:
        await zen.tokens.token(ZEN)

    assert later.value.retry_after_s
    assert await zen.tokens.token(ZEN) == zen.install.token


async def test_a_refresh_token_that_slack_knows_no_more_ends_the_installation(
    zen: Zen,
) -> None:
    await zen.keeps(timedelta(hours=1))
    zen.install.refresh = "another"
    with pytest.raises(Refused, match="install it again"):
        await zen.tokens.token(ZEN)

    kept = await zen.kept()
    assert (kept.status, kept.token) == ("expired", "")
    with pytest.raises(Refused, match="could not be renewed"):
        await zen.tokens.token(ZEN)


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "token_expired"])
async def test_a_call_that_shows_the_token_is_gone_ends_it_for_the_next(
    zen: Zen, code: str
) -> None:
    await zen.keeps(None)
    client = await zen.clients.of(ZEN)
    zen.install.fault = code
    with pytest.raises(SlackApiError):
        await client.auth_test()

    assert (await zen.kept()).token == ""
    with pytest.raises(Refused, match=r"^revoked: the app"):
        await zen.clients.of(ZEN)


async def test_a_call_that_fails_otherwise_ends_nothing(zen: Zen) -> None:
    await zen.keeps(None)
    client = await zen.clients.of(ZEN)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0NOWHERE", text="hello")

    assert (await zen.kept()).token == "xoxb-zen"
    assert await zen.clients.of(ZEN) is client


async def test_a_client_for_no_team_in_particular_is_any_that_works(zen: Zen) -> None:
    with pytest.raises(Refused):
        await zen.clients.of("")
    await zen.keeps(None)
    assert (await zen.clients.of("")).token == "xoxb-zen"


async def test_without_a_database_nothing_was_sent_and_it_is_tried_again(
    zen: Zen,
) -> None:
    await zen.keeps(None)
    zen.backing.away = 1
    with pytest.raises(NotSent, match="the vault"):
        await zen.clients.of(ZEN)
    assert (await zen.clients.of(ZEN)).token == "xoxb-zen"


async def test_a_new_token_waits_for_a_database_that_restarts(
    zen: Zen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_clients, "KEEP_AGAIN_AFTER_S", (0.0, 0.0))
    await zen.keeps(timedelta(hours=1))
    found = await zen.kept()
    async with zen.backing.as_role("vault") as session:
        assert await installations.may_renew(session, found)
    zen.backing.away = 2

    token = await zen.tokens._renewed(found)
    assert (await zen.kept()).token == token == zen.install.token
