"""Whether a request really comes from Slack. Pure: the clock is handed in."""

import hmac
from collections.abc import Mapping
from datetime import datetime

TOLERANCE_S = 300
"""Slack's own advice: an older signature may be a replay."""


def signed(
    body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime
) -> bool:
    """Return True if ``headers`` carry a fresh v0 signature of exactly these bytes.

    Never raises: a header that is missing or not what it should be is no signature.
    The SDK's own verifier raises on a timestamp that is no number and on a body that
    is no UTF-8, both of which a stranger may send.

    Source: docs.slack.dev/authentication/verifying-requests-from-slack
    """
    by_name = {name.lower(): value for name, value in headers.items()}
    stamp = by_name.get("x-slack-request-timestamp", "")
    given = by_name.get("x-slack-signature", "")
    expected = f"v0={_digest(secret, stamp, body)}"
    same = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    return same and _fresh(stamp, now)


def _digest(secret: str, stamp: str, body: bytes) -> str:
    base = b"v0:" + stamp.encode("utf-8", "replace") + b":" + body
    return hmac.new(secret.encode(), base, "sha256").hexdigest()


def _fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= len("9999999999")):
        return False
    return abs(now.timestamp() - int(stamp)) <= TOLERANCE_S
