"""Markdown into text with entities, which no stray mark can break. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.constants import InlineKeyboardMarkupLimit, MessageLimit
from telegramify_markdown import RenderConfig, convert
from telegramify_markdown.entity import MessageEntity as Converted

from channels.contract import Button, Outgoing
from channels.healing import heal
from channels.markdown import legible, with_info
from channels.progress import with_progress
from channels.tables import Table, aligned, cells, fenced, listed, without_tables
from channels.telegram.marks import Mark, nested
from channels.text import Measure, split, utf16_units

TEXT_UNITS = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_UNITS = int(MessageLimit.CAPTION_LENGTH)
ENTITIES = int(MessageLimit.MESSAGE_ENTITIES)
ROW = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)
COLUMNS = 42
"""Letters that stand side by side on a phone; a wider table is shown as a list."""
JOINER = "\u2060"
"""Word joiner: invisible, and no part of anybody's name."""

_NAME = re.compile(
    r"(?P<url>(?:https?://|mailto:)[^\s,;()\[\]<>\"'*]+)"
    r"|(?:(?<![^\W_])@|&(?:\#0*64|\#x0*40|commat);)(?=\S)",
    re.IGNORECASE,
)
"""A name's beginning, also where marks stand between it and the name; or an address."""
_LINK = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_SHOWN = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote"}
    | {"expandable_blockquote", "code", "pre", "text_link"}
)
# The converter drops what looks like HTML and reads prices as formulas. These code
# points are reserved by Unicode for private use like this, and count one unit too.
_HTML = re.compile(r"<(?!https?://[^\s<>]+>)")
_SHOW = {0xFDD0: "<", 0xFDD1: "$", 0xFDD2: "|", 0xFDD3: ":"}
_NO_LABEL = re.compile(r"!?\[\s*\]\(\s*((?:https?://|mailto:)[^\s()]+)\s*\)")
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


def versions(message: Outgoing) -> Sequence[Rendered]:
    """The message with its formatting, and without it should that not be read.

    What is still being written is made whole. In a group nobody is called by name:
    a bot's mention rings like a person's.
    """
    written = legible(message.markdown)
    quiet = not message.chat.isdecimal()
    whole = heal(written) if message.partial else written
    said = with_progress(whole, message)
    formatted = render(said, quiet=quiet)
    if said != whole and not _fits(formatted):
        formatted = render(whole, quiet=quiet)
    return formatted, Rendered(hushed(written) if quiet else written)


def render(markdown: str, *, quiet: bool = False) -> Rendered:
    """Show Markdown as Telegram can; links that are no web or mail address go plain."""
    text, marks = _converted(markdown, quiet=quiet)
    return Rendered(text, tuple(map(_entity, marks[:ENTITIES])))


def _converted(markdown: str, *, quiet: bool) -> tuple[str, list[Mark]]:
    """What is shown, and all its marks, however many."""
    written = legible(markdown)
    written = hushed(written) if quiet else written
    text, marks = convert(_defused(written), latex_escape=False, config=_CONFIG)
    shown = text.translate(_SHOW).rstrip()
    return (shown, _marks(marks, utf16_units(shown))) if shown else (written, [])


def hushed(markdown: str) -> str:
    """The same to the eye, but no name in it calls anybody."""
    return _NAME.sub(lambda found: found["url"] or f"@{JOINER}", markdown)


def pages(markdown: str) -> list[str]:
    """Markdown pages that fit a message as rendered, and in full as plain text."""
    return split(legible(markdown), TEXT_UNITS, _units_of(TEXT_UNITS))


def captioned(message: Outgoing) -> Outgoing:
    """The message with no more words than stand under a file."""
    return replace(message, markdown=caption(message.markdown))


def caption(markdown: str) -> str:
    """The Markdown's beginning, as much as stands under a file."""
    units = _units_of(CAPTION_UNITS)
    fitting = split(legible(markdown), CAPTION_UNITS, units)
    if len(fitting) < 2:  # noqa: PLR2004
        return "".join(fitting)
    return split(markdown, CAPTION_UNITS - len("\n…"), units)[0] + "\n…"


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


def _fits(shown: Rendered) -> bool:
    return utf16_units(shown.text) <= TEXT_UNITS and len(shown.entities) < ENTITIES


def _units_of(most: int) -> Measure:
    """A page's size: the greatest of what Telegram might ever be sent of it."""

    def units(page: str) -> int:
        plain = utf16_units(hushed(page))
        if plain > most:
            return plain
        text, marks = _converted(page, quiet=True)
        # A hundred entities fill a message just as all its units do.
        full = -(-len(marks) * most // ENTITIES)
        return max(plain, utf16_units(text), full)

    return units


def _defused(markdown: str) -> str:
    laid_out = without_tables(with_info(markdown), _table)
    # Two bars are an empty cell or a logical or; the converter takes them for spoilers.
    celled = _TABLE_ROW.sub(lambda row: row[0].replace("||", "| |"), laid_out)
    # "[1]: where" would define a link, and so be shown nowhere.
    shown = celled.replace("||", "\ufdd2\ufdd2").replace("]:", "]\ufdd3")
    shown = _NO_LABEL.sub(r"\1", shown).replace("$", "\ufdd1")
    return _HTML.sub("\ufdd0", shown)


def _table(table: Table) -> str:
    widest = max(map(cells, aligned(table).split("\n")))
    links = "](" in table.source or "://" in table.source
    return listed(table) if links or widest > COLUMNS else fenced(table)


def _marks(converted: list[Converted], units: int) -> list[Mark]:
    marks = [_mark(one, units) for one in converted if one.offset < units]
    # Other addresses could name a person, whom the message would then notify.
    safe = [m for m in marks if m.url is None or _LINK.fullmatch(m.url)]
    return nested([m for m in safe if m.kind in _SHOWN and m.start < m.end])


def _entity(mark: Mark) -> MessageEntity:
    return MessageEntity(
        mark.kind,
        mark.start,
        mark.end - mark.start,
        url=mark.url,
        language=mark.language,
    )


def _mark(one: Converted, units: int) -> Mark:
    end = min(one.offset + one.length, units)
    url = one.url.translate(_SHOW) if one.url else None
    language = one.language.translate(_SHOW) if one.language else None
    return Mark(one.type, one.offset, end, url, language)
