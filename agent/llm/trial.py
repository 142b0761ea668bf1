"""One cheap call with somebody's key: does it work, and is there money behind it?

Source: platform.claude.com/docs/en/api/errors, platform.openai.com/docs/api-reference,
ai.google.dev/api/models, docs.mistral.ai/api, resend.com/docs/api-reference,
docs.sendgrid.com/api-reference
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

import httpx
import structlog

Tried = Literal["ok", "refused", "no_credit", "limited", "unreachable", "untested"]
"""As ``agent.ports`` has it, which stands above."""

TIMEOUT_S = 6.0
ANTHROPIC_VERSION = "2023-06-01"
BASES = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com",
    "gemini": "https://generativelanguage.googleapis.com",
    "mistral": "https://api.mistral.ai",
    "resend": "https://api.resend.com",
    "sendgrid": "https://api.sendgrid.com",
}
_PATHS = {
    "openai": "/v1/models",
    "gemini": "/v1beta/models?pageSize=1",
    "mistral": "/v1/models",
    "resend": "/domains",
    "sendgrid": "/v3/scopes",
}
_NO_MONEY = ("credit balance is too low", "insufficient_quota", "billing")
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HttpTrials:
    """Tries keys out over HTTP."""

    model: str
    """Anthropic's cheapest: only a message shows whether there is credit."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """Addresses that differ from the providers' own."""
    timeout_s: float = TIMEOUT_S

    async def trial(self, provider: str, secret: str) -> Tried:
        """Make one cheap call with the key; it never raises, and logs nothing of it."""
        base = (BASES | dict(self.bases)).get(provider)
        if base is None:
            return "untested"
        if not (secret.isascii() and secret.isprintable()):
            return "refused"  # no header could carry it
        try:
            async with httpx.AsyncClient(timeout=self.timeout_s) as client:
                asked = self._asked(client, base.rstrip("/"), provider, secret)
                tried = _read(await client.send(asked))
        except httpx.HTTPError as error:
            log.info("key.not_tried", service=provider, error=type(error).__name__)
            return "unreachable"
        log.info("key.tried", service=provider, state=tried)
        return tried

    def _asked(
        self, client: httpx.AsyncClient, base: str, provider: str, secret: str
    ) -> httpx.Request:
        if provider == "anthropic":
            headers = {"x-api-key": secret, "anthropic-version": ANTHROPIC_VERSION}
            message = {"role": "user", "content": "Hi"}
            body = {"model": self.model, "max_tokens": 1, "messages": [message]}
            url = f"{base}/v1/messages"
            return client.build_request("POST", url, headers=headers, json=body)
        by_bearer = {"authorization": f"Bearer {secret}"}
        headers = {"x-goog-api-key": secret} if provider == "gemini" else by_bearer
        return client.build_request("GET", f"{base}{_PATHS[provider]}", headers=headers)


def _read(answer: httpx.Response) -> Tried:
    said = answer.text[:2000].casefold()
    if answer.is_success:
        return "ok"
    if answer.status_code == HTTPStatus.PAYMENT_REQUIRED or _is_about_money(said):
        return "no_credit"
    if answer.status_code in _REFUSED or "api key not valid" in said:
        # Keys that may only send are refused everything else, and work all the same.
        return "untested" if "restricted_api_key" in said else "refused"
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return "limited"
    return "unreachable"


def _is_about_money(said: str) -> bool:
    return any(words in said for words in _NO_MONEY)
