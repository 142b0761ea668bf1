"""Slack's signed requests: kept first, then answered. Needs no web framework."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.contract import Keep, NotKept
from channels.slack.parse import parse
from channels.slack.verify import signed
from channels.slack.wire import payload_of, string

MAX_BODY_BYTES = 1_000_000
KEEP_WITHIN_S = 2.5
"""Slack gives up after 3 s and tries again; a late success would be lost on it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer an HTTP request with, as plain text."""

    status: int
    body: str = ""


class Webhook:
    """The one address that events, commands and presses are posted to."""

    def __init__(
        self,
        keep: Keep,
        *,
        signing_secret: str,
        bot: str = "",
        keep_within_s: float = KEEP_WITHIN_S,
    ) -> None:
        """Take where events are kept, and the secret the app's settings show.

        Raises:
            ValueError: The secret is empty, and anybody could sign.
        """
        if not signing_secret.strip():
            raise ValueError("SLACK_SIGNING_SECRET is empty")
        self._keep = keep
        self._secret = signing_secret
        self._bot = bot
        self._keep_within_s = keep_within_s

    async def receive(
        self, body: bytes, headers: Mapping[str, str], *, now: datetime
    ) -> Answer:
        """Keep one request and return what Slack shall be answered.

        401 and 413 for what is not Slack's, 503 for what could not be kept, so that
        Slack sends it again, else 200. A repeat is kept like anything else: the inbox
        knows it by its key, and the first try may be the one that failed.
        """
        if len(body) > MAX_BODY_BYTES:
            return Answer(413, "too large")
        if not signed(body, headers, secret=self._secret, now=now):
            return Answer(401, "not signed by Slack, or too long ago")
        payload = payload_of(body)
        if payload.get("type") == "url_verification":
            return Answer(200, string(payload, "challenge"))
        try:
            async with asyncio.timeout(self._keep_within_s):
                await self._keep([parse(body, bot=self._bot)])
        except (NotKept, TimeoutError):
            return Answer(503, "not kept, send it again")
        return Answer(200)
