"""Markdown into text with entities, which no stray mark can break. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.constants import InlineKeyboardMarkupLimit, MessageLimit
from telegramify_markdown import RenderConfig, convert
from telegramify_markdown.entity import MessageEntity as Mark

from channels.contract import (
    Button,
)
from channels.outside import clean
from channels.text import split, utf16_units

TEXT_UNITS = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_UNITS = int(MessageLimit.CAPTION_LENGTH)
ENTITIES = int(MessageLimit.MESSAGE_ENTITIES)
ROW = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)

_LINK = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_SHOWN = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote"}
    | {"expandable_blockquote", "code", "pre", "text_link"}
)
# The converter drops what looks like HTML and reads prices as formulas. These code
# points are reserved by Unicode for private use like this, and count one unit too.
_HIDE = {ord("<"): "\ufdd0", ord("$"): "\ufdd1"}
_SHOW = {0xFDD0: "<", 0xFDD1: "$", 0xFDD2: "|", 0xFDD3: ":"}
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)


def _plain_signs() -> RenderConfig:
    config = RenderConfig.isolated()
    signs = config.markdown_symbol
    signs.heading_level_1 = signs.heading_level_2 = ""
    signs.heading_level_3 = signs.heading_level_4 = ""
    signs.image = ""
    signs.unordered_list_item = "•"
    signs.task_uncompleted = "☐"
    return config


_CONFIG = _plain_signs()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Telegram is given: text, and what to mark in it, in UTF-16 units."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def render(markdown: str) -> Rendered:
    """Show Markdown as Telegram can; links that are no web or mail address go plain."""
    written = clean(markdown).translate(dict.fromkeys(_SHOW))
    text, marks = convert(_defused(written), latex_escape=False, config=_CONFIG)
    shown = text.translate(_SHOW).rstrip()
    if not shown:
        return Rendered(written)
    return Rendered(shown, tuple(_entities(marks, utf16_units(shown))))


def pages(markdown: str) -> list[str]:
    """Markdown pages that fit a message as rendered, and in full as plain text."""
    return split(clean(markdown), TEXT_UNITS, _units)


def caption(markdown: str) -> str:
    """The Markdown's beginning, as much as stands under a file."""
    fitting = split(clean(markdown), CAPTION_UNITS, _units)
    if len(fitting) < 2:  # noqa: PLR2004
        return "".join(fitting)
    return split(markdown, CAPTION_UNITS - len("\n…"), _units)[0] + "\n…"


def keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """Buttons in their rows; a row of more than eight goes on below."""
    rows: dict[int, list[InlineKeyboardButton]] = {}
    for button in buttons:
        shown = InlineKeyboardButton(button.label, callback_data=button.payload)
        rows.setdefault(button.row, []).append(shown)
    short = [
        row[at : at + ROW]
        for _, row in sorted(rows.items())
        for at in range(0, len(row), ROW)
    ]
    return InlineKeyboardMarkup(short) if short else None


def _units(page: str) -> int:
    """The page's size: the greatest of what Telegram might ever be sent of it."""
    shown = render(page)
    # A hundred entities fill a message just as 4096 units do.
    full = -(-len(shown.entities) * TEXT_UNITS // ENTITIES)
    return max(utf16_units(page), utf16_units(shown.text), full)


def _defused(markdown: str) -> str:
    # Two bars are an empty cell or a logical or; the converter takes them for spoilers.
    celled = _TABLE_ROW.sub(lambda row: row[0].replace("||", "| |"), markdown)
    # "[1]: where" would define a link, and so be shown nowhere.
    shown = celled.replace("||", "\ufdd2\ufdd2").replace("]:", "]\ufdd3")
    return shown.translate(_HIDE)


def _entities(marks: list[Mark], units: int) -> Iterator[MessageEntity]:
    shown = [m for m in marks if m.type in _SHOWN and m.length and m.offset < units]
    # Other addresses could name a person, whom the message would then notify.
    safe = [m for m in shown if m.url is None or _LINK.fullmatch(m.url)]
    for mark in safe[:ENTITIES]:
        yield MessageEntity(
            mark.type,
            mark.offset,
            min(mark.length, units - mark.offset),
            url=mark.url.translate(_SHOW) if mark.url else None,
            language=mark.language.translate(_SHOW) if mark.language else None,
        )
