"""Slack's signed requests: kept first, then answered. Needs no web framework."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.contract import Inbound, Keep, Kind, NotKept, Received
from channels.slack.parse import parse
from channels.slack.verify import signed
from channels.slack.wire import payload_of, string

MAX_BODY_BYTES = 1_000_000
KEEP_WITHIN_S = 2.5
"""Slack gives up after 3 s and tries again; a late success would be lost on it."""


Faults = Callable[[Inbound], Mapping[str, str]]
"""What is wrong with a filled form, by field; empty when it may be kept."""


def no_faults(inbound: Inbound) -> Mapping[str, str]:
    """Nothing is known to be wrong with any form."""
    del inbound
    return {}


def refused(received: Received, faults: Faults) -> dict[str, Any] | None:
    """What Slack is to show in a modal that is not filled in right, else None."""
    seen = received.inbound
    found = dict(faults(seen)) if seen and seen.kind is Kind.FORM else {}
    return {"response_action": "errors", "errors": found} if found else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer an HTTP request with."""

    status: int
    body: str = ""
    media_type: str = "text/plain"


class Webhook:
    """The one address that events, commands and presses are posted to."""

    def __init__(
        self,
        keep: Keep,
        *,
        signing_secret: str,
        bot: str = "",
        keep_within_s: float = KEEP_WITHIN_S,
        faults: Faults = no_faults,
    ) -> None:
        """Take where events are kept, and the secret the app's settings show.

        ``faults`` tells at once what is wrong with a filled form, by field; what has
        any is shown again by Slack and not kept.

        Raises:
            ValueError: The secret is empty, and anybody could sign.
        """
        if not signing_secret.strip():
            raise ValueError("SLACK_SIGNING_SECRET is empty")
        self._keep = keep
        self._secret = signing_secret
        self._bot = bot
        self._keep_within_s = keep_within_s
        self._faults = faults

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
        received = parse(body, bot=self._bot)
        if refusal := refused(received, self._faults):
            return Answer(200, json.dumps(refusal), "application/json")
        try:
            async with asyncio.timeout(self._keep_within_s):
                await self._keep([received])
        except (NotKept, TimeoutError):
            return Answer(503, "not kept, send it again")
        return Answer(200)
