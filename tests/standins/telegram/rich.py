"""The Bot API's rules for rich messages, as their HTML form has them.

Source: core.telegram.org/bots/api#inputrichmessage: the tags, and the limits.
"""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.standins.telegram.checks import bad, value

INLINE = {"a", "b", "strong", "i", "em", "u", "s", "code", "mark", "sub", "sup"}
ROWS = {"li", "tr"}
BLOCKS = {*(f"h{n}" for n in range(1, 7)), "p", "pre", "ul", "ol", "blockquote"}
BLOCKS |= {"table", "footer", "aside", "details", "hr"}
TAGS = INLINE | ROWS | BLOCKS | {"td", "th", "br"}
VOID = {"br", "hr"}
ATTRIBUTES = {
    "a": {"href"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
SCHEMES = {"http", "https", "mailto", "tel", "tg"}
ENTITIES = {"lt", "gt", "amp", "quot", "apos", "nbsp", "hellip", "mdash", "ndash"}
CHARACTERS, MOST_BLOCKS, LEVELS, COLUMNS = 32_768, 500, 16, 20


def content(given: Any) -> tuple[str, str]:
    """The HTML of a rich message and the words a person reads in it.

    Raises:
        ApiError: It breaks a rule.
    """
    message = value(given, {})
    if not isinstance(message, dict) or not isinstance(message.get("html"), str):
        raise bad("can't parse rich message")
    reader = Reader()
    reader.feed(message["html"])
    reader.close()
    if reader.inside:
        raise bad(f"can't parse rich message: <{reader.inside[-1]}> is not closed")
    text = "".join(reader.text)
    if not text.strip():
        raise bad("rich message is empty")
    if len(text) > CHARACTERS or reader.blocks > MOST_BLOCKS:
        raise bad("RICH_MESSAGE_TOO_LONG")
    return message["html"], text


def rings(given: Any) -> list[str]:
    """Whom the message would have notified."""
    message = value(given, {})
    html = message["html"]
    reader = Reader()
    reader.feed(html)
    named = [one for one in reader.links if one.startswith("tg://user")]
    seen = [] if message.get("skip_entity_detection") else ["".join(reader.text)]
    return named + [text for text in seen if "@" in text]


class Reader(HTMLParser):
    """Reads the tags Telegram knows, and no others."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.inside: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.blocks = 0
        self.columns = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse rich message: unsupported start tag "{tag}"')
        for name, given in attrs:
            self._attribute(tag, name, given or "")
        if tag == "a" and not attrs:
            raise bad("can't parse rich message: a link needs an address")
        self.blocks += tag in BLOCKS | ROWS
        self.columns = 0 if tag == "tr" else self.columns + (tag in {"td", "th"})
        if self.columns > COLUMNS:
            raise bad("RICH_MESSAGE_TABLE_INVALID")
        if tag in BLOCKS | ROWS | {"br", "td", "th"}:
            self.text.append("\n")
        if tag not in VOID:
            self.inside.append(tag)
        if len(self.inside) > LEVELS * 2:  # a list's tags are two a level
            raise bad("RICH_MESSAGE_NESTING_INVALID")

    def _attribute(self, tag: str, name: str, given: str) -> None:
        if name not in ATTRIBUTES.get(tag, set()):
            raise bad(f'can\'t parse rich message: unsupported attribute "{name}"')
        if name == "href":
            self.links.append(given)
            if urlsplit(given).scheme not in SCHEMES:
                raise bad("RICH_MESSAGE_URL_INVALID")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.inside or self.inside.pop() != tag:
            raise bad(f'can\'t parse rich message: unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        if "<" in data or ("&" in data):
            raise bad("can't parse rich message: a sign is not escaped")
        self.text.append(data)

    def handle_entityref(self, name: str) -> None:
        if name not in ENTITIES:
            raise bad(f"can't parse rich message: unsupported entity {name}")
        self.text.append({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}.get(name, " "))

    def handle_charref(self, name: str) -> None:
        self.text.append(chr(int(name)) if name.isdecimal() else "?")

    def handle_comment(self, data: str) -> None:
        raise bad("can't parse rich message: comments are not supported")
