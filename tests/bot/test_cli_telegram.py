"""``draper telegram setup`` and what the doctor asks Telegram, at the wire."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.cli import telegram_checks, telegram_setup
from bot.cli.clock_check import clock
from bot.cli.refusal import Refusal
from bot.doctor import examine
from bot.ports import SystemClock
from bot.settings import Intake, Settings
from bot.settings import Telegram as Given
from bot.wiring.telegram_menus import ALONE
from channels.contract import Health
from channels.telegram import setup
from tests.standins.telegram import Telegram

PUBLIC = "https://draper.example"


def settings(tg: Telegram, **changes: Any) -> Settings:
    public = changes.pop("public_url", "")
    given = {"token": SecretStr(tg.token), "base_url": tg.base_url, **changes}
    telegram = Given(_env_file=None, **given)
    top: dict[str, Any] = {"telegram": telegram, "public_url": public}
    return Settings(_env_file=None, **top)


def by_webhook(tg: Telegram) -> Settings:
    secret = SecretStr("s3cret")
    return settings(tg, intake=Intake.WEBHOOK, webhook_secret=secret, public_url=PUBLIC)


async def examined(given: Settings, *, is_running: bool = False) -> dict[str, Health]:
    checks = telegram_checks.checks(given, is_running=is_running)
    return {check.name: health async for check, health in examine(checks)}


async def test_setup_tells_telegram_everything_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Telegram() as tg:
        first = await telegram_setup.report(settings(tg))
        told = capsys.readouterr().out
        calls = len([c for c in tg.calls if c.method.startswith("set")])
        second = await telegram_setup.report(settings(tg))
        again = capsys.readouterr().out

        assert (first, second) == (0, 0)
        assert "menu: " in told
        assert "description: " in told
        assert "@draper_bot" in told
        assert "/setprivacy" in told
        assert "everything was as it should be" in again
        assert len([c for c in tg.calls if c.method.startswith("set")]) == calls
        private = {one["command"] for one in tg.profile.menus["default/"]}
        group = {one["command"] for one in tg.profile.menus["all_group_chats/"]}
        assert private - group == ALONE & private
        assert "help" in group


async def test_setup_sets_the_webhook_with_its_secret_and_its_kinds() -> None:
    async with Telegram() as tg:
        tg.post("message", {})
        await telegram_setup.report(by_webhook(tg))

        assert tg.webhook["url"] == f"{PUBLIC}/telegram/webhook"
        assert tg.webhook["secret"] == "s3cret"
        assert {"message", "edited_message", "callback_query"} <= set(tg.allowed)
        assert tg.updates, "what waits must not be dropped"


async def test_setup_removes_a_webhook_where_updates_are_fetched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Telegram() as tg:
        tg.webhook = {"url": "https://old.example/hook", "secret": ""}
        assert await telegram_setup.report(settings(tg)) == 0

        assert tg.webhook == {}
        assert "webhook: removed (https://old.example/hook)" in capsys.readouterr().out


async def test_setup_without_a_token_or_half_a_webhook_says_what_is_missing() -> None:
    async with Telegram() as tg:
        with pytest.raises(Refusal, match="TELEGRAM_TOKEN"):
            await telegram_setup.report(settings(tg, token=None))
        with pytest.raises(Refusal, match="PUBLIC_URL"):
            await telegram_setup.report(settings(tg, intake=Intake.WEBHOOK))
        tg.revoked = True
        with pytest.raises(Refusal, match="Telegram did not do it: Unauthorized"):
            await telegram_setup.report(settings(tg))


async def test_a_setting_that_telegram_does_not_keep_is_noticed() -> None:
    async with Telegram() as tg:
        want = telegram_setup.wanted(by_webhook(tg))
        async with setup.opened(tg.token, tg.base_url) as bot:
            found = await setup.look(bot)

    assert telegram_setup.faults(found, want)[0].startswith("the webhook is not set")


async def test_all_is_well_where_nobody_else_polls() -> None:
    async with Telegram() as tg:
        found = await examined(settings(tg))

    assert all(health.ok for health in found.values()), found
    assert "nobody else polls" in found["telegram polling"].detail
    assert found["telegram clock"].detail == "the same"


@pytest.mark.parametrize(
    ("state", "check", "said", "hint"),
    [
        ({"polled_elsewhere": True}, "telegram polling", "another process", "Stop"),
        (
            {"webhook": {"url": "https://old.example/h", "secret": ""}},
            "telegram polling",
            "updates go to https://old.example/h",
            "draper telegram setup",
        ),
        ({"revoked": True}, "telegram", "does not know this token", "@BotFather"),
    ],
)
async def test_what_is_wrong_is_named_with_its_fix(
    state: dict[str, Any], check: str, said: str, hint: str
) -> None:
    async with Telegram() as tg:
        vars(tg).update(state)
        health = (await examined(settings(tg)))[check]

    assert not health.ok
    assert said in health.detail
    assert hint in health.hint


async def test_a_running_draper_is_not_cut_off_by_the_check() -> None:
    async with Telegram() as tg:
        found = await examined(settings(tg), is_running=True)

        assert found["telegram polling"].detail.startswith("by the Draper that runs")
        assert not tg.called("getUpdates")


@pytest.mark.parametrize(
    ("hook", "allowed", "waiting", "said"),
    [
        ({}, [], 0, "the webhook is none"),
        ({"url": f"{PUBLIC}/telegram/webhook"}, ["message"], 0, "are not sent"),
        (
            {"url": f"{PUBLIC}/telegram/webhook", "error": "SSL error"},
            None,
            3,
            "; 3 waiting",
        ),
    ],
)
async def test_a_webhook_that_fails_is_named(
    hook: dict[str, Any], allowed: list[str] | None, waiting: int, said: str
) -> None:
    async with Telegram(retry_s=60) as tg:
        given = by_webhook(tg)
        tg.allowed = list(telegram_setup.updates(given) if allowed is None else allowed)
        for _ in range(waiting):
            tg.post("message", {})
        tg.webhook = {"secret": "", **hook} if hook else {}
        health = (await examined(given))["telegram webhook"]

    assert not health.ok
    assert said in health.detail


async def test_an_old_error_of_a_webhook_that_works_again_is_history() -> None:
    async with Telegram() as tg:
        given = by_webhook(tg)
        await telegram_setup.report(given)
        tg.webhook["error"] = "Connection refused"
        health = (await examined(given))["telegram webhook"]

    assert health.ok, health


async def test_a_clock_that_is_off_is_named() -> None:
    async with Telegram() as tg:
        off = SystemClock().now() + timedelta(minutes=6)
        health = await clock(tg.base_url, off, timedelta(seconds=300))

    assert not health.ok
    assert health.detail in {"359 s ahead", "360 s ahead", "361 s ahead"}
    assert "NTP" in health.hint
