"""What the doctor asks Telegram: the token, where updates go, the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from telegram import Bot, WebhookInfo
from telegram.error import BadRequest, Conflict, TelegramError

from bot.cli.clock_check import clock
from bot.cli.telegram_setup import hook_url, token, updates
from bot.doctor import Check
from bot.ports import SystemClock
from bot.settings import Settings
from channels.contract import Health
from channels.telegram import setup
from channels.telegram.send import TelegramChannel

SETUP = "Run `draper telegram setup`."
CLOCK = timedelta(seconds=60)
FRESH = timedelta(hours=1)
"""How long an error of the webhook counts, when nothing waits any more."""
LISTEN_S = 2
"""How long we poll, to see whether somebody else does."""


def checks(settings: Settings, *, is_running: bool) -> Iterator[Check]:
    """The checks; ``is_running``: Draper polls itself, and would be cut off by ours."""
    if not settings.telegram.token:
        yield Check("telegram", _none)
        return
    yield Check("telegram", partial(_me, settings))
    name = "telegram webhook" if hook_url(settings) else "telegram polling"
    yield Check(name, partial(_intake, settings, is_running=is_running))
    yield Check("telegram clock", partial(_clock, settings))


async def _none() -> Health:
    return Health(ok=True, detail="no TELEGRAM_TOKEN: docs/telegram.md has the way")


async def _me(settings: Settings) -> Health:
    base = settings.telegram.base_url
    channel = TelegramChannel(token(settings), base_url=base)
    try:
        health = await channel.ping()
    finally:
        await channel.aclose()
    if not health.ok:
        return health
    async with setup.opened(token(settings), base) as bot:
        me = await bot.get_me()
    heard = "everything" if me.can_read_all_group_messages else "what is meant for it"
    menu = f"in groups it sees {heard}"
    if not me.can_join_groups:
        hint = "Send @BotFather /setjoingroups, or leave it so."
        return Health(ok=True, detail=f"{health.detail}, not for groups", hint=hint)
    return Health(ok=True, detail=f"{health.detail}, {menu}")


async def _intake(settings: Settings, *, is_running: bool) -> Health:
    async with setup.opened(token(settings), settings.telegram.base_url) as bot:
        try:
            info = await bot.get_webhook_info()
            if url := hook_url(settings):
                return _hooked(info, url, set(updates(settings)))
            return await _polled(bot, info, is_running=is_running)
        except TelegramError as error:
            hint = "Check the network, and TELEGRAM_BASE_URL if you set it."
            return Health(ok=False, detail=error.message, hint=hint)


def _hooked(info: WebhookInfo, url: str, wanted: set[str]) -> Health:
    waiting = f"{info.pending_update_count} waiting"
    if info.url != url:
        found = info.url or "none"
        detail = f"the webhook is {found}, not {url}"
        return Health(ok=False, detail=detail, hint=SETUP)
    if lacking := wanted - set(info.allowed_updates or ()):
        detail = f"these are not sent: {', '.join(sorted(lacking))}"
        return Health(ok=False, detail=detail, hint=SETUP)
    if info.last_error_message and _counts(info):
        hint = (
            "Telegram must reach that address by https with a certificate it trusts; "
            "401 means another TELEGRAM_WEBHOOK_SECRET: run `draper telegram setup`."
        )
        detail = f"{info.last_error_message}; {waiting}"
        return Health(ok=False, detail=detail, hint=hint)
    return Health(ok=True, detail=f"{url}, {waiting}")


def _counts(info: WebhookInfo) -> bool:
    at = info.last_error_date
    is_fresh = at is None or _now() - at.astimezone(UTC) < FRESH
    return is_fresh and info.pending_update_count > 0


async def _polled(bot: Bot, info: WebhookInfo, *, is_running: bool) -> Health:
    waiting = f"{info.pending_update_count} waiting"
    if info.url:
        hint = f"{SETUP} Or receive there: TELEGRAM_INTAKE=webhook."
        return Health(ok=False, detail=f"updates go to {info.url}", hint=hint)
    if is_running:
        return Health(ok=True, detail=f"by the Draper that runs, {waiting}")
    try:
        # Without an offset nothing is confirmed by it, so nothing is lost.
        await bot.get_updates(limit=1, timeout=LISTEN_S)
    except (Conflict, BadRequest) as error:
        if not isinstance(error, Conflict) and "409" not in error.message:
            raise
        hint = "Stop the other one, or give this one a bot of its own (@BotFather)."
        detail = "another process polls with this token"
        return Health(ok=False, detail=detail, hint=hint)
    return Health(ok=True, detail=f"nobody else polls, {waiting}")


async def _clock(settings: Settings) -> Health:
    return await clock(settings.telegram.base_url, _now(), CLOCK)


def _now() -> datetime:
    return SystemClock().now()
