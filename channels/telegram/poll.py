"""Long polling that forgets nothing: an update is confirmed only once it is kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from channels.contract import Keep, NotKept
from channels.telegram.parse import ALLOWED_UPDATES, Me, parse
from channels.telegram.wire import hide_token, wait_of


class PollState(StrEnum):
    """How the polling stands."""

    POLLING = "polling"
    WEBHOOK_REMOVED = "webhook_removed"
    """Updates went to a webhook; it was taken away so that we get them."""
    ELSEWHERE = "elsewhere"
    """Another process polls with the same token."""
    OFFLINE = "offline"
    NOT_KEPT = "not_kept"
    """The inbox cannot be written; Telegram keeps the updates meanwhile."""
    REVOKED = "revoked"
    """The token is not valid; polling has ended."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """A change of state, with what to do about it."""

    state: PollState
    detail: str = ""
    hint: str = ""


Tell = Callable[[PollReport], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait, in seconds."""

    long_poll_s: int = 50
    """How long Telegram holds a request open when there is no news."""
    first_pause_s: float = 1.0
    """After a failure; doubled after each further one."""
    longest_pause_s: float = 30.0
    conflict_pause_s: float = 30.0
    """Between tries while another process polls."""


class Revoked(Exception):
    """Telegram no longer knows the token."""


class _Failed(Exception):
    """One request failed; what to report, and how long to wait if Telegram says so."""

    def __init__(self, report: PollReport, pause_s: float | None = None) -> None:
        super().__init__(report.detail)
        self.report = report
        self.pause_s = pause_s


_ELSEWHERE = PollReport(
    PollState.ELSEWHERE,
    "Another process is polling Telegram with this bot's token.",
    "Stop the other one, or give this one a bot of its own (@BotFather, /newbot).",
)
_REVOKED = PollReport(
    PollState.REVOKED,
    "Telegram does not know this token: it is wrong or was revoked.",
    "Ask @BotFather for the bot's token, set TELEGRAM_TOKEN to it and start again.",
)
_WEBHOOK_REMOVED = PollReport(
    PollState.WEBHOOK_REMOVED,
    "A webhook was set for this bot. It was removed; updates that wait are kept.",
    "To receive by webhook instead, set TELEGRAM_INTAKE=webhook.",
)
_NOT_KEPT = PollReport(
    PollState.NOT_KEPT,
    "The inbox could not be written; updates wait at Telegram.",
    "Check the database: draper doctor.",
)
_UNAUTHORIZED, _NOT_FOUND, _CONFLICT = 401, 404, 409


class Poller:
    """Fetches one bot's updates, in order, and confirms those that were kept."""

    def __init__(  # noqa: PLR0913 - each is one plain fact, set once by wiring
        self,
        token: str,
        me: Me,
        keep: Keep,
        *,
        base_url: str = "https://api.telegram.org",
        updates: Sequence[str] = ALLOWED_UPDATES,
        tell: Tell = lambda _: None,
        pace: Pace | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Connect nothing yet.

        Args:
            token: The bot's token.
            me: The bot, as ``TelegramChannel.me`` gives it.
            keep: Commits to the inbox.
            base_url: The Bot API server, without a path.
            updates: The kinds to ask for.
            tell: Hears of each change of state; it must not block.
            pace: How long to wait for what.
            sleep: Waits; a test may make it instant.
        """
        hide_token()
        self._base = f"{base_url.rstrip('/')}/bot{token}"
        self._me = me
        self._keep = keep
        self._wanted = list(updates)
        self._tell = tell
        self._pace = pace or Pace()
        self._sleep = sleep
        self._offset: int | None = None
        self._failures = 0
        self.report = PollReport(PollState.OFFLINE)
        """How it stands now."""

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            Revoked: The token is not valid; trying on would not help.
        """
        wait = httpx.Timeout(10.0, read=self._pace.long_poll_s + 15.0)
        async with httpx.AsyncClient(timeout=wait) as client:
            while True:
                await self._turn(client)

    async def _turn(self, client: httpx.AsyncClient) -> None:
        try:
            updates = await self._updates(client)
            await self._kept(updates)
        except _Failed as failed:
            self._say(failed.report)
            await self._sleep(self._pause(failed))
        else:
            self._failures = 0
            self._say(PollReport(PollState.POLLING))

    async def _updates(self, client: httpx.AsyncClient) -> list[Any]:
        asked = {
            "timeout": self._pace.long_poll_s,
            "allowed_updates": self._wanted,
            **({} if self._offset is None else {"offset": self._offset}),
        }
        answer = await self._ask(client, "getUpdates", asked)
        found = answer.get("result")
        if answer.get("ok") and isinstance(found, list):
            return found
        raise await self._failure(client, answer)

    async def _kept(self, updates: list[Any]) -> None:
        """Keep all, then move on: the next request confirms these to Telegram."""
        if not updates:
            # All is confirmed. After a quiet week Telegram counts from a random number,
            # and an offset above that would confirm what was never seen.
            self._offset = None
            return
        try:
            await self._keep([parse(_body(update), self._me) for update in updates])
        except NotKept:
            raise _Failed(_NOT_KEPT, self._pace.first_pause_s) from None
        self._offset = max(_number(update) for update in updates) + 1

    async def _failure(
        self, client: httpx.AsyncClient, answer: dict[str, Any]
    ) -> _Failed:
        """What a refused ``getUpdates`` means.

        Raises:
            Revoked: The token is not valid.
        """
        code = answer.get("error_code")
        if code in {_UNAUTHORIZED, _NOT_FOUND}:
            self._say(_REVOKED)
            raise Revoked(_REVOKED.detail)
        if code != _CONFLICT:
            return _Failed(_offline(str(answer.get("description"))), wait_of(answer))
        if "webhook" in str(answer.get("description")).casefold():
            # Without drop_pending_updates: what waits is what we are here for.
            await self._ask(client, "deleteWebhook", {})
            return _Failed(_WEBHOOK_REMOVED, self._pace.first_pause_s)
        return _Failed(_ELSEWHERE, self._pace.conflict_pause_s)

    async def _ask(
        self, client: httpx.AsyncClient, method: str, asked: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            answer = await client.post(f"{self._base}/{method}", json=asked)
        except httpx.HTTPError as error:
            # Its own text may hold the address, and with it the token.
            raise _Failed(_offline(type(error).__name__)) from None
        try:
            found = json.loads(answer.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _Failed(_offline(f"HTTP {answer.status_code} without an answer"))
        return found

    def _pause(self, failed: _Failed) -> float:
        if failed.pause_s is not None:
            return failed.pause_s
        self._failures += 1
        pause = self._pace.first_pause_s * 2.0 ** min(self._failures - 1, 16)
        return min(pause, self._pace.longest_pause_s)

    def _say(self, report: PollReport) -> None:
        changed = report != self.report
        self.report = report
        if changed:
            self._tell(report)


def _offline(detail: str) -> PollReport:
    return PollReport(
        PollState.OFFLINE,
        f"Telegram does not answer: {detail}.",
        "Check the network; polling goes on by itself.",
    )


def _body(update: Any) -> bytes:
    # ASCII, so that even a lone surrogate is kept as it came.
    return json.dumps(update, separators=(",", ":")).encode()


def _number(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1
