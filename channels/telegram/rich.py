"""The way down: a rich message, else text with marks, else the text alone.

A rich message is one whose headings, lists and tables Telegram itself lays out.

Source: core.telegram.org/bots/api#sendrichmessage, #editmessagetext and
#inputrichmessage, Bot API 10.1 and later; the library knows 10.0, so the calls go
through ``do_api_request``.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from unicodedata import bidirectional

import nh3
from telegram import Bot
from telegram.error import BadRequest, EndPointNotFound, InvalidToken, TelegramError

from channels.contract import Outgoing
from channels.html import html
from channels.markdown import WEB, legible, reader
from channels.telegram.render import Rendered, keyboard, versions
from channels.telegram.wire import is_about_marks, is_unchanged

Call = Callable[[Rendered], Awaitable[Any]]

CHARACTERS, BLOCKS, LEVELS, COLUMNS = 32_768, 500, 16, 20
INLINE_LEVELS = 6
"""Kept for emphasis within the innermost block."""
_TAGS = {"a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5"}
_TAGS |= {"h6", "hr", "i", "li", "ol", "p", "pre", "s", "strong", "table", "td", "th"}
_TAGS |= {"tr", "ul"}
_GAINS = frozenset(
    {"heading_open", "bullet_list_open", "ordered_list_open", "hr", "table_open"}
)
_COUNTED = re.compile(r"<(?:h[1-6]|p|pre|hr|ul|ol|li|blockquote|table|tr)\b")
_TAG = re.compile(r"<[^>]*>")
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
_NOWHERE = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_BLOCKS = reader(inline=False)


@dataclass(slots=True)
class Rich:
    """One bot's rich messages, while its server knows them and they are wanted."""

    bot: Bot
    on: bool = False

    async def send(self, message: Outgoing, topic: int | None) -> str | None:
        """The id of the message sent; None when it shall go out in the usual way.

        Raises:
            TelegramError: Anything but a refusal of the rich form itself.
        """
        where = {"chat_id": message.chat, "message_thread_id": topic}
        sent = await self._call("sendRichMessage", message, where)
        return str(sent["message_id"]) if isinstance(sent, dict) else None

    async def edit(self, message: Outgoing, message_id: int) -> bool:
        """Whether the message now shows this; False when the usual way is due.

        Raises:
            TelegramError: Anything but a refusal of the rich form itself.
        """
        where = {"chat_id": message.chat, "message_id": message_id}
        # In small letters, which the server takes as well: the library would warn
        # that it knows the method, of which it does not know this parameter.
        return await self._call("editmessagetext", message, where) is not None

    async def _call(
        self, method: str, message: Outgoing, where: dict[str, Any]
    ) -> dict[str, Any] | bool | None:
        content = rich(message.markdown) if self.on and not message.partial else None
        if content is None:
            return None
        buttons = keyboard(message.buttons)
        given = where | {"rich_message": content, "reply_markup": buttons}
        try:
            done: dict[str, Any] | bool = await self.bot.do_api_request(
                method, api_kwargs={k: v for k, v in given.items() if v is not None}
            )
        except (EndPointNotFound, InvalidToken):
            # Both mean 404. If it is the token, the usual way will tell.
            self.on = False
            return None
        except BadRequest as error:
            return True if is_unchanged(error) else None
        return done


async def with_marks(call: Call, message: Outgoing) -> Any:
    """What the call gives with the text's marks; without, if they cannot be read.

    Raises:
        TelegramError: Anything but a refusal of the marks.
    """
    formatted, plain = versions(message)
    try:
        return await call(formatted)
    except TelegramError as error:
        if not is_about_marks(error):
            raise
    return await call(plain)


def rich(markdown: str) -> dict[str, Any] | None:
    """The text as an ``InputRichMessage``; None where that gains nothing, or is over.

    Names, addresses and the like are not looked for in it, so that it calls nobody.
    """
    written = legible(markdown)
    tokens = _BLOCKS.parse(written)
    kinds = {token.type for token in tokens}
    if not kinds & _GAINS:
        return None
    deepest = max(token.level for token in tokens)
    shown = _NOWHERE.sub(r"\1", _cleaner.clean(html(written)))
    shown = shown.replace("<hr>", "<hr/>")
    says_something = _TAG.sub("", shown).strip()
    if deepest >= LEVELS - INLINE_LEVELS or not says_something or not _fits(shown):
        return None
    found: dict[str, Any] = {"html": shown, "skip_entity_detection": True}
    return found | ({"is_rtl": True} if _from_the_right(written) else {})


def _fits(shown: str) -> bool:
    rows = shown.split("<tr>")
    columns = max(row.count("<td") + row.count("<th") for row in rows)
    blocks = len(_COUNTED.findall(shown))
    return len(shown) <= CHARACTERS and blocks <= BLOCKS and columns <= COLUMNS


def _from_the_right(text: str) -> bool:
    """Whether the first letter that has a direction is written from the right."""
    ways = (bidirectional(character) for character in text)
    return next((way != "L" for way in ways if way in {"L", "R", "AL"}), False)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("code", "class") and not _LANGUAGE.fullmatch(value):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={
        "a": {"href"},
        "code": {"class"},
        "ol": {"start"},
        "td": {"align"},
        "th": {"align"},
    },
    attribute_filter=_attribute,
    url_schemes=set(WEB),
    url_relative="deny",
    link_rel=None,
)
