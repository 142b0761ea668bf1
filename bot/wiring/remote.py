"""Settings become the account of an Inngest server."""

from urllib.parse import urlsplit

from pydantic import SecretStr

from agent.errors import BadInput
from bot.durable.remote.account import NO_KEY, Account, bearer_of
from bot.settings import Settings
from channels.web.verify import LOOPBACK

APP_ID = "draper"
CLOUD = "api.inngest.com"
CLOUD_EVENTS = "https://inn.gs"


def account(settings: Settings) -> Account:
    """Return where the server is, and what we show it.

    Raises:
        BadInput: A setting is missing or cannot be used; the message names it.
    """
    given = settings.inngest
    api = _address("INNGEST_BASE_URL", given.base_url)
    is_cloud = urlsplit(api).hostname == CLOUD
    events = given.event_api_base_url or (CLOUD_EVENTS if is_cloud else api)
    _ensure_whole(settings, api)
    return Account(
        api=api,
        events=_address("INNGEST_EVENT_API_BASE_URL", events),
        origin=_address("PUBLIC_URL", settings.public_url),
        event_key=given.event_key.get_secret_value() if given.event_key else NO_KEY,
        signing_keys=_signing_keys(settings),
        env=given.env,
    )


def _ensure_whole(settings: Settings, api: str) -> None:
    given = settings.inngest
    if given.dev and urlsplit(api).hostname not in LOOPBACK:
        raise BadInput(
            "INNGEST_DEV is set, but INNGEST_BASE_URL is not of this machine.",
            hint="Remove INNGEST_DEV, and set both keys.",
        )
    keys = {
        "INNGEST_EVENT_KEY": given.event_key,
        "INNGEST_SIGNING_KEY": given.signing_key,
    }
    needed = {"PUBLIC_URL": settings.public_url, **({} if given.dev else keys)}
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise BadInput(
            f"INNGEST_BASE_URL is set, but {' and '.join(missing)} "
            f"{'are' if missing[1:] else 'is'} not.",
            hint="The server calls us under PUBLIC_URL, and both keys prove who is"
            " who; docs/operations.md says where to find them.",
        )


def _signing_keys(settings: Settings) -> tuple[str, ...]:
    given = settings.inngest
    if given.dev:
        return ()
    return tuple(
        _signing_key(name, key)
        for name, key in (
            ("INNGEST_SIGNING_KEY", given.signing_key),
            ("INNGEST_SIGNING_KEY_FALLBACK", given.signing_key_fallback),
        )
        if key
    )


def _signing_key(name: str, key: SecretStr) -> str:
    value = key.get_secret_value()
    try:
        bearer_of(value)
    except ValueError as error:
        raise BadInput(
            f"{name} is no signing key: it is not hexadecimal.",
            hint="Take it whole from the server, with its signkey-...- if it has one.",
        ) from error
    return value


def _address(name: str, given: str) -> str:
    parts = urlsplit(given)
    if given and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise BadInput(f"{name} is no address.", hint="It begins with https://")
    return given.rstrip("/")
