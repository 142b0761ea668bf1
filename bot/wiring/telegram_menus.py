"""Telegram's menus of commands: what each sort of chat is shown."""

from bot.surfaces import chat
from channels.telegram import setup
from channels.telegram.setup import Menu

ALONE = frozenset({"start", "console", "key", "keys"})
"""Commands for a private chat, where nobody reads along."""


def menus() -> tuple[Menu, Menu]:
    """The menu of a private chat, and that of a group."""
    menu = chat.menu()
    return menu, [one for one in menu if one[0] not in ALONE]


async def show(token: str, base_url: str) -> None:
    """Let Telegram show the menus of this version, where it shows others.

    Raises:
        NotSent, MaybeSent, Refused: See each.
    """
    async with setup.opened(token, base_url) as bot:
        await setup.show_menus(bot, *menus())
