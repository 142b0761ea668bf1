"""What a failed call to Slack means for the message: sent, not sent, or unknown.

Source: docs.slack.dev/reference/methods, the errors of chat.postMessage, chat.update,
chat.postEphemeral, files.getUploadURLExternal, files.completeUploadExternal, views.open
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.contract import MaybeSent, MessageGone, NotSent, Refused, SendError
from channels.ends import End
from channels.slack.reasons import ENDS, REASONS

RETRY_AFTER_S = 30.0
"""Waited when Slack asks us to slow down without saying for how long."""

UNCERTAIN = {"fatal_error", "internal_error"}
NOT_STREAMING = {"message_not_in_streaming_state", "stopped_by_user"}
STREAMING = "streaming_state_conflict"
OUTSIDE = {"channel_not_found", "invalid_channel", "not_in_channel"}


class Outside(Refused):
    """We are not in that channel, or it is not there."""


class Unrendered(Refused):
    """Slack did not accept the blocks; the same words in plainer ones may pass."""


class NotStreaming(Refused):
    """The stream has ended: by us, by the person, or by its age."""


class Streaming(Refused):
    """The message is a stream still, which nobody can edit."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn whatever a call to Slack raises into one of the four ways a send fails.

    Raises:
        NotSent, MaybeSent, Refused, MessageGone: See each.
    """
    try:
        yield
    except SlackApiError as failure:
        raise _answered(failure) from failure
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
        why = End.UNREACHABLE.because(f"Slack cannot be reached: {failure}")
        raise NotSent(why) from failure
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        why = End.UNANSWERED.because(f"Slack gave no answer: {failure!r}")
        raise MaybeSent(why) from failure
    except AttributeError as failure:
        # The SDK trips over a 200 that is no JSON, which is what a proxy in between
        # answers; the request may have passed it or not.
        why = End.UNANSWERED.because("the answer did not come from Slack")
        raise MaybeSent(why) from failure


def refusal(code: str, needed: str = "") -> SendError:
    """What ``ok: false`` with this code means for the message."""
    end = ENDS.get(code, End.REFUSED)
    words = REASONS.get(code, f"Slack refused: {code}")
    why = end.because(f"{words} ({needed})" if needed else words)
    if code == STREAMING or code in NOT_STREAMING:
        return (Streaming if code == STREAMING else NotStreaming)(why)
    if end is End.BUSY:
        return NotSent(why)
    if end is End.MESSAGE_GONE:
        return MessageGone(why)
    if code in OUTSIDE:
        return Outside(why)
    return (Unrendered if end is End.UNREADABLE else Refused)(why)


def _answered(failure: SlackApiError) -> SendError:
    fields = _fields(failure)
    code, status = str(fields.get("error", "")), _status(failure)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in {
        "ratelimited",
        "rate_limited",
    }:
        why = End.BUSY.because("Slack asks us to slow down")
        return NotSent(why, retry_after_s=_wait(failure))
    if not code or code in UNCERTAIN:
        told = f"Slack failed with status {status} {code}".rstrip()
        return MaybeSent(End.UNANSWERED.because(told))
    return refusal(code, str(fields.get("needed") or ""))


def _fields(failure: SlackApiError) -> dict[str, Any]:
    found = getattr(failure.response, "data", None)
    return found if isinstance(found, dict) else {}


def _status(failure: SlackApiError) -> int:
    # Where the SDK could not read the body it hands over aiohttp's response instead.
    found = getattr(failure.response, "status_code", None)
    return int(found or getattr(failure.response, "status", None) or 0)


def _wait(failure: SlackApiError) -> float:
    asked = failure.response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else RETRY_AFTER_S
