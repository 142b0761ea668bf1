"""What Telegram is told about the bot: menus, descriptions, where updates go.

``arrange`` compares first and changes only what differs, so that it may be done again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeDefault,
    WebhookInfo,
)

from channels.telegram.wire import Request, hide_token, tried

DESCRIPTION, SHORT, COMMANDS, ABOUT = 512, 120, 100, 256
NAME_OF_COMMAND = 32
TIMEOUT_S = 20.0

Menu = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hook:
    """Where updates are posted."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the bot shall be set up."""

    menu: Menu
    """(name, description) of each command; in a private chat all of them."""
    group_menu: Menu
    """In groups, where others read along."""
    description: str
    """What an empty chat shows."""
    short: str
    """What the profile shows."""
    hook: Hook | None
    """None: updates are fetched."""
    updates: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What Telegram says of the bot, after all."""

    id: int
    username: str
    name: str
    joins_groups: bool
    reads_groups: bool
    """False: privacy mode is on, and of a group it sees what is meant for it."""
    hook: WebhookInfo


@asynccontextmanager
async def opened(token: str, base_url: str) -> AsyncIterator[Bot]:
    """Yield the bot of a token."""
    hide_token()
    base = base_url.rstrip("/")
    request = Request(read_timeout=TIMEOUT_S, connect_timeout=5.0)
    bot = Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=request,
    )
    try:
        yield bot
    finally:
        await request.shutdown()


async def arrange(bot: Bot, wanted: Wanted) -> list[str]:
    """Set up what is not as wanted; a line for each thing that was changed.

    Raises:
        NotSent, MaybeSent, Refused: See each.
    """
    changed = [
        *await show_menus(bot, wanted.menu, wanted.group_menu),
        *await _text(
            "description",
            (await tried(bot.get_my_description())).description,
            wanted.description[:DESCRIPTION],
            bot.set_my_description,
        ),
        *await _text(
            "short description",
            (await tried(bot.get_my_short_description())).short_description,
            wanted.short[:SHORT],
            bot.set_my_short_description,
        ),
    ]
    return [*changed, *await _hook(bot, wanted)]


async def show_menus(bot: Bot, menu: Menu, group_menu: Menu) -> list[str]:
    """Show these commands in private chats and in groups; what was changed.

    Raises:
        NotSent, MaybeSent, Refused: See each.
    """
    groups = BotCommandScopeAllGroupChats()
    return [
        *await _menu(bot, BotCommandScopeDefault(), menu, "menu"),
        *await _menu(bot, groups, group_menu, "menu in groups"),
    ]


async def look(bot: Bot) -> Found:
    """What Telegram says now: two round trips.

    Raises:
        NotSent, MaybeSent, Refused: See each.
    """
    me = await tried(bot.get_me())
    return Found(
        id=me.id,
        username=me.username or "",
        name=me.full_name,
        joins_groups=bool(me.can_join_groups),
        reads_groups=bool(me.can_read_all_group_messages),
        hook=await tried(bot.get_webhook_info()),
    )


def commands(menu: Menu) -> list[BotCommand]:
    """A menu as Telegram takes it: ``-`` becomes ``_``, and all is cut to fit."""
    return [
        BotCommand(name.replace("-", "_").lower()[:NAME_OF_COMMAND], about[:ABOUT])
        for name, about in menu[:COMMANDS]
    ]


async def _menu(bot: Bot, scope: BotCommandScope, menu: Menu, what: str) -> list[str]:
    before = list(await tried(bot.get_my_commands(scope=scope)))
    after = commands(menu)
    if before == after:
        return []
    await tried(bot.set_my_commands(after, scope=scope))
    return [f"{what}: {len(after)} commands (before: {len(before)})"]


async def _text(
    what: str, before: str, after: str, change: Callable[[str], Awaitable[Any]]
) -> list[str]:
    if before == after:
        return []
    await tried(change(after))
    return [f'{what}: "{after}"']


async def _hook(bot: Bot, wanted: Wanted) -> list[str]:
    """Set or remove the webhook. What waits for us at Telegram is never dropped."""
    before = await tried(bot.get_webhook_info())
    if wanted.hook is None:
        if not before.url:
            return []
        await tried(bot.delete_webhook())
        return [f"webhook: removed ({before.url}); updates are fetched"]
    same = before.url == wanted.hook.url
    same = same and set(before.allowed_updates or ()) == set(wanted.updates)
    # The secret cannot be read back, so it is told anew each time.
    await tried(
        bot.set_webhook(
            wanted.hook.url,
            secret_token=wanted.hook.secret,
            allowed_updates=list(wanted.updates),
        )
    )
    return [] if same else [f"webhook: {wanted.hook.url}"]
