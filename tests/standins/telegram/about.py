"""What the Bot API is told about the bot itself, and says of it."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.standins.telegram import checks
from tests.standins.telegram.checks import bad, value
from tests.standins.telegram.world import World

Params = Mapping[str, Any]

TEXTS = {"name": 64, "description": 512, "short_description": 120}
SCOPES = {
    *("default", "all_private_chats", "all_group_chats"),
    "all_chat_administrators",
}
LOOPBACK = {"127.0.0.1", "localhost"}


async def get_me(world: World, given: Params) -> Any:
    return world.me()


async def set_webhook(world: World, given: Params) -> Any:
    url, secret = str(given.get("url") or ""), str(given.get("secret_token") or "")
    where = urlsplit(url)
    # Only a server of one's own takes plain HTTP, and tests play one.
    if where.scheme != "https" and where.hostname not in LOOPBACK:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    world.webhook = {"url": url, "secret": secret}
    world.allowed = list(value(given.get("allowed_updates"), world.allowed))
    drop_pending(world, given)
    world.ring()
    return True


async def delete_webhook(world: World, given: Params) -> Any:
    world.webhook = {}
    drop_pending(world, given)
    world.ring()
    return True


def drop_pending(world: World, given: Params) -> None:
    if value(given.get("drop_pending_updates"), default=False):
        world.updates.clear()


async def get_webhook_info(world: World, given: Params) -> Any:
    hook = world.webhook
    found: dict[str, Any] = {
        "url": hook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }
    if error := hook.get("error"):
        at = hook.get("error_at", time.time())
        found |= {"last_error_message": error, "last_error_date": int(at)}
    if hook.get("url"):
        found |= {"max_connections": 40}
    return found | ({"allowed_updates": world.allowed} if world.allowed else {})


def which(given: Params) -> str:
    scope = value(given.get("scope"), {}) or {}
    kind = scope.get("type", "default")
    if kind not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type")
    language = str(given.get("language_code") or "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("invalid language code specified")
    return f"{kind}/{language}"


async def set_my_commands(world: World, given: Params) -> Any:
    menu = checks.commands(given.get("commands"))
    world.profile.menus[which(given)] = menu
    if which(given) == "default/":
        world.commands = menu
    return True


async def get_my_commands(world: World, given: Params) -> Any:
    return world.profile.menus.get(which(given), [])


def setter(what: str) -> Callable[[World, Params], Awaitable[Any]]:
    async def change(world: World, given: Params) -> Any:
        said = str(given.get(what) or "")
        if len(said) > TEXTS[what]:
            raise bad(f"{what.upper()}_TOO_LONG")
        world.profile.texts[what] = said
        return True

    return change


def getter(what: str) -> Callable[[World, Params], Awaitable[Any]]:
    async def read(world: World, given: Params) -> Any:
        return {what: world.profile.texts.get(what, "")}

    return read


METHODS = {
    "getme": get_me,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    **{f"setmy{name.replace('_', '')}": setter(name) for name in TEXTS},
    **{f"getmy{name.replace('_', '')}": getter(name) for name in TEXTS},
}
