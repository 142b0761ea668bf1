"""Requests to the Bot API, and what a failed one means for the message in it."""

import logging
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.request import HTTPXRequest

from channels.abilities import Moved
from channels.contract import (
    MaybeSent,
    MessageGone,
    NotSent,
    Refused,
    SendError,
)
from channels.ends import End
from channels.outside import loads
from channels.telegram.reasons import end_of

T = TypeVar("T")

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_TOO_MANY_REQUESTS = 429
# The library itself tells these four apart from a network that failed, no others.
_REFUSALS = frozenset(range(400, 500)) - {400, 401, 403, 404}


def hide_token() -> None:
    """Keep the token out of the logs: it is part of every URL that httpx notes."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Flooded(TelegramError):
    """Telegram asks us to wait."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        """Keep for how long."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Request(HTTPXRequest):
    """The library's own requests; the answers it does not tell apart we read."""

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        """The status and the body.

        Raises:
            Flooded: Before the library turns it into an error of its own, whose
                making warns, and so raises where warnings are errors.
            BadRequest: Refused in a way of which the library only says that the
                network failed, such as a file too large.
        """
        code, payload = await super().do_request(*args, **named)
        if code == _TOO_MANY_REQUESTS:
            raise flooded(payload)
        if code in _REFUSALS:
            raise BadRequest(f"Telegram refused it (HTTP {code}).")
        return code, payload


def flooded(payload: bytes) -> Flooded:
    """What a 429 answer says. Its wait may be missing; then it is None."""
    answer = loads(payload) or {}
    reason = str(answer.get("description", "Too Many Requests"))
    return Flooded(reason, wait_of(answer))


def wait_of(answer: Mapping[str, object]) -> float | None:
    """For how many seconds an answer asks us to wait, if it does."""
    match answer:
        case {"parameters": {"retry_after": int() | float() as wait}}:
            return float(wait)
    return None


async def tried(call: Awaitable[T]) -> T:
    """The call's result; its failure as the contract words it."""
    try:
        return await call
    except TelegramError as error:
        raise outcome(error) from error


def outcome(error: TelegramError) -> SendError:
    """Whether the message went out, as far as its request's failure can tell."""
    reason = error.message
    if isinstance(error, Flooded):
        return NotSent(End.BUSY.because(reason), retry_after_s=error.retry_after_s)
    if isinstance(error, ChatMigrated):
        return Moved(str(error.new_chat_id))
    if isinstance(error, BadRequest | Forbidden | InvalidToken):
        return _refusal(error)
    if isinstance(error, NetworkError) and isinstance(error.__cause__, _NEVER_LEFT):
        return NotSent(End.UNREACHABLE.because(reason))
    return MaybeSent(End.UNANSWERED.because(reason))


def _refusal(error: TelegramError) -> SendError:
    invalid = isinstance(error, InvalidToken)
    end = End.REVOKED if invalid else end_of(error.message)
    why = end.because(error.message)
    return MessageGone(why) if end is End.MESSAGE_GONE else Refused(why)


def is_unchanged(error: TelegramError) -> bool:
    """An edit to what the message shows already."""
    return isinstance(error, BadRequest) and _names(error, "message is not modified")


def is_about_marks(error: TelegramError) -> bool:
    """Telegram could not read the formatting; without it the text is fine."""
    marks = ("can't parse", "entit")
    return isinstance(error, BadRequest) and _names(error, *marks)


def has_no_text(error: TelegramError) -> bool:
    """A text edit of a message that is a file with a caption."""
    return isinstance(error, BadRequest) and _names(error, "no text in the message")


def _names(error: TelegramError, *phrases: str) -> bool:
    reason = error.message.casefold()
    return any(phrase in reason for phrase in phrases)
