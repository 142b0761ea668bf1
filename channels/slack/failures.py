"""What a failed call to Slack means for the message: sent, not sent, or unknown."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.contract import MaybeSent, MessageGone, NotSent, Refused, SendError

RETRY_AFTER_S = 30.0
"""Waited when Slack asks us to slow down without saying for how long."""

BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
PASSING = {"service_unavailable", "request_timeout", "team_added_to_org"}
UNCERTAIN = {"fatal_error", "internal_error"}
GONE = {
    "cant_update_message",
    "edit_window_closed",
    "message_not_found",
}
OUTSIDE = {"channel_not_found", "not_in_channel"}
UNRENDERED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}
REASONS = {
    "account_inactive": "the Slack app was removed from this workspace; install it "
    "again and set SLACK_BOT_TOKEN",
    "channel_not_found": "Slack shows us no such channel; invite the bot to it",
    "invalid_auth": "Slack does not accept the token; check SLACK_BOT_TOKEN and "
    "SLACK_APP_TOKEN",
    "is_archived": "the channel is archived",
    "missing_scope": "the Slack app lacks a permission; install it again with the "
    "scopes of its manifest",
    "msg_too_long": "the message is too long for Slack",
    "not_allowed_token_type": "that kind of token does not fit: SLACK_BOT_TOKEN "
    "begins with xoxb-, SLACK_APP_TOKEN with xapp-",
    "not_authed": "no token was sent; set SLACK_BOT_TOKEN",
    "not_in_channel": "the bot is not in that channel; invite it",
    "restricted_action": "a workspace setting forbids the bot to post there",
    "token_expired": "the Slack token has expired; make a new one",
    "token_revoked": "the Slack token was revoked; make a new one",
}


class Outside(Refused):
    """We are not in that channel, or it is not there."""


class Unrendered(Refused):
    """Slack did not accept the blocks; the same words in plainer ones may pass."""


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
        raise NotSent(f"Slack cannot be reached: {failure}") from failure
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        raise MaybeSent(f"Slack gave no answer: {failure!r}") from failure
    except AttributeError as failure:
        # The SDK trips over a 200 that is no JSON, which is what a proxy in between
        # answers; the request may have passed it or not.
        raise MaybeSent("the answer did not come from Slack") from failure


def reason_for(code: str) -> str:
    """Say in words what a code means and what to do about it."""
    return REASONS.get(code, f"Slack refused: {code}")


def _fields(failure: SlackApiError) -> dict[str, Any]:
    found = getattr(failure.response, "data", None)
    return found if isinstance(found, dict) else {}


def _answered(failure: SlackApiError) -> SendError:
    code = str(_fields(failure).get("error", ""))
    status = _status(failure)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in BUSY:
        return NotSent("Slack asks us to slow down", retry_after_s=_wait(failure))
    if code in PASSING:
        return NotSent(f"Slack is busy: {code}")
    if not code or code in UNCERTAIN:
        return MaybeSent(f"Slack failed with status {status} {code}".rstrip())
    for codes, error in ((GONE, MessageGone), (OUTSIDE, Outside)):
        if code in codes:
            return error(reason_for(code))
    return (Unrendered if code in UNRENDERED else Refused)(_detailed(code, failure))


def _detailed(code: str, failure: SlackApiError) -> str:
    needed = _fields(failure).get("needed")
    return f"{reason_for(code)} ({needed})" if needed else reason_for(code)


def _status(failure: SlackApiError) -> int:
    # Where the SDK could not read the body it hands over aiohttp's response instead.
    found = getattr(failure.response, "status_code", None)
    return int(found or getattr(failure.response, "status", None) or 0)


def _wait(failure: SlackApiError) -> float:
    asked = failure.response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else RETRY_AFTER_S
