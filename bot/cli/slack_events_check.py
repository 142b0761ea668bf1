"""Whether Slack's events can reach us: our own address, tried as Slack would."""

import hmac
import json

import httpx

from bot.ports import SystemClock
from bot.settings import Settings
from bot.wiring.slack_doors import SLACK_PATH
from channels.contract import Health

CHALLENGE = "draper-doctor"
TIMEOUT_S = 10.0
HTTPS = (
    "It must be https with a certificate that Slack trusts, and lead to this Draper."
)


def url(settings: Settings) -> str:
    """Where Slack posts everything; empty where that is not known."""
    public = settings.public_url.rstrip("/")
    return f"{public}{SLACK_PATH}" if public else ""


async def address(settings: Settings, *, is_running: bool) -> Health:
    """Post ourselves what Slack posts to check an address, signed as it signs."""
    where, secret = url(settings), settings.slack.signing_secret
    if not where:
        return Health(ok=False, detail="PUBLIC_URL is not set", hint=HTTPS)
    if secret is None:
        return Health(ok=False, detail="not tried", hint="Set SLACK_SIGNING_SECRET.")
    if not is_running:
        return Health(ok=True, detail=f"{where}: not tried, Draper does not run")
    body = json.dumps({"type": "url_verification", "challenge": CHALLENGE})
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.post(
                where,
                content=body,
                headers=_signed(body, secret.get_secret_value()),
            )
    except httpx.HTTPError as error:
        detail = f"{where}: {type(error).__name__}"
        return Health(ok=False, detail=detail, hint=HTTPS)
    return _answered(where, answer)


def _answered(where: str, answer: httpx.Response) -> Health:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        hint = "The Draper there has another SLACK_SIGNING_SECRET, or another clock."
        return Health(ok=False, detail=f"{where} does not believe us", hint=hint)
    if answer.is_success and answer.text == CHALLENGE:
        return Health(ok=True, detail=f"{where} answers")
    detail = f"{where} answers {answer.status_code}, and not as Draper does"
    return Health(ok=False, detail=detail, hint=HTTPS)


def _signed(body: str, secret: str) -> dict[str, str]:
    stamp = str(int(SystemClock().now().timestamp()))
    base = f"v0:{stamp}:{body}".encode()
    digest = hmac.new(secret.encode(), base, "sha256").hexdigest()
    return {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
    }
