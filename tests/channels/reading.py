"""What a person reads at each door, and whether the platform would take it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from channels.contract import Button, Outgoing
from channels.healing import WAITING, heal
from channels.slack import render as slack
from channels.tables import cells
from channels.telegram import render as telegram
from channels.telegram.rich import rich
from channels.terminal.door import PAGE_CHARACTERS
from channels.terminal.render import lines_of, unstyled
from channels.text import split
from channels.web.render import to_html
from tests.standins.slack import tables
from tests.standins.slack.blocks import displayed, faults_of, pings
from tests.standins.telegram import checks
from tests.standins.telegram import rich as rich_rules

JOINER = "\u2060"
LABEL = "@here <!channel> <@U1>"
WIRE_LINK = re.compile(r"<((?:https?|mailto)[^<>|]+)\|([^<>]*)>")
ALLOWED = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s"}
ALLOWED |= {"h1", "h2", "h3", "h4", "h5", "h6", "strong"}
ALLOWED |= {"table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"href", "title", "start", "align", "rel", "target"}


@dataclass(frozen=True)
class Door:
    """How a text is cut there, and what became of a page."""

    name: str
    pages: Callable[[str], list[str]]
    shows: Callable[[Outgoing], str]
    """What one reads of a message; asserts that the platform takes it, and more."""

    def read(self, page: str) -> str:
        return self.shows(saying(page))

    def draft(self, page: str) -> str:
        return self.shows(saying(page, partial=True))


def saying(markdown: str, *, partial: bool = False) -> Outgoing:
    buttons = (Button(LABEL, "p:1"),)
    return Outgoing("T1", "-100", markdown, buttons=buttons, partial=partial)


def on_telegram(message: Outgoing) -> str:
    formatted, plain = telegram.versions(message)
    marks = [entity.to_dict() for entity in formatted.entities]
    for given, text in ((marks, formatted.text), ([], plain.text)):
        checks.text(text, checks.TEXT, "too long")
        assert text.strip()
        assert checks.entities(given, text, None) == given
        assert checks.called(given, text) == []
    return _with_addresses(formatted.text, marks)


def _with_addresses(text: str, marks: list[dict[str, Any]]) -> str:
    encoded = text.encode("utf-16-le")
    shown = [(m["offset"] + m["length"], m["url"]) for m in marks if m.get("url")]
    # A block of code is headed by its language.
    shown += [(m["offset"], m["language"]) for m in marks if m.get("language")]
    for at, said in sorted(shown, reverse=True):
        added = f" {said} ".encode("utf-16-le")
        encoded = encoded[: 2 * at] + added + encoded[2 * at :]
    return encoded.decode("utf-16-le").replace(JOINER, "")


def on_rich_telegram(message: Outgoing) -> str:
    content = None if message.partial else rich(message.markdown)
    if content is None:
        return on_telegram(message)
    html, _ = rich_rules.content(content)
    assert rich_rules.rings(content) == []
    return _Html(rich_rules.TAGS, {"href", "class", "start", "align"}).read(html)


def on_slack(message: Outgoing) -> str:
    blocks, text = slack.rich(message), slack.text(message)
    assert faults_of(blocks) == []
    _check_text(text, blocks)
    return displayed("\n\n".join(map(_block_text, blocks)))


def on_plain_slack(message: Outgoing) -> str:
    blocks = slack.plain(message)
    assert faults_of(blocks, webhook=True) == []
    _check_text(slack.text(message), blocks)
    return _wire("\n".join(b["text"]["text"] for b in blocks if "text" in b))


def in_slacks_text_field(message: Outgoing) -> str:
    return _wire(slack.text(message))


def _wire(text: str) -> str:
    return displayed(WIRE_LINK.sub(r"\2 \1 ", text))


def _check_text(text: str, blocks: list[Any]) -> None:
    assert 0 < len(text) <= 4000
    for shown in (blocks, []):
        assert pings(text, shown, links_names=True) == []
    labels = [
        b["elements"][0]["text"]["text"] for b in blocks if b["type"] == "actions"
    ]
    assert pings(labels[0], [], links_names=True) == []
    assert not re.search(r"[\ud800-\udfff\x00]", text + repr(blocks))


def _block_text(block: dict[str, Any]) -> str:
    if block["type"] == "table":
        return tables.words(block) + "\n" + "\n".join(tables.addresses(block))
    return str(block["text"]) if block["type"] == "markdown" else ""


def on_the_web(message: Outgoing) -> str:
    said = heal(message.markdown) if message.partial else message.markdown
    return _Html(ALLOWED, ATTRIBUTES).read(to_html(said))


def seen(markdown: str) -> str:
    """The letters a person sees on the web; not the spaces, nor what waits."""
    text = re.sub(r"<[^>]*>", "", to_html(markdown))
    return "".join(text.split()).removesuffix(WAITING)


def in_the_terminal(message: Outgoing) -> str:
    for line in lines_of(message, width=40):
        assert cells(line) <= 40 + len(LABEL) * line.startswith("[")
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", line)
    shown = "\n".join(map(unstyled, lines_of(message, width=0)))
    assert not re.search(r"[\ufdd0\ufdd1]", shown)
    return shown


class _Html(HTMLParser):
    """Reads what is allowed, and nothing else."""

    def __init__(self, tags: set[str], attributes: set[str]) -> None:
        super().__init__()
        self.tags, self.attributes = tags, attributes
        self.inside: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []

    def read(self, html: str) -> str:
        self.feed(html)
        self.close()
        assert self.inside == []
        return "".join(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.tags
        assert {name for name, _ in attrs} <= self.attributes
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.addresses.append(given.get("href", ""))
        if given.get("href"):
            assert urlsplit(given["href"]).scheme in {"http", "https", "mailto", "tel"}
            assert "rel" not in self.attributes or "noopener" in given["rel"]
        if tag in {"br", "p", "li", "td", "th", "tr", "pre", "hr"}:
            self.text.append("\n")
        if tag not in {"br", "hr"}:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"br", "hr"}:
            return
        assert self.inside.pop() == tag
        if tag == "a":
            self.text.append(f" {self.addresses.pop()} ")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _one_page(markdown: str) -> list[str]:
    return split(markdown, PAGE_CHARACTERS) or [""]


DOORS = [
    Door("telegram", telegram.pages, on_telegram),
    Door("telegram rich", telegram.pages, on_rich_telegram),
    Door("slack", slack.pages, on_slack),
    Door("slack plain", slack.pages, on_plain_slack),
    Door("slack text", slack.pages, in_slacks_text_field),
    Door("web", _one_page, on_the_web),
    Door("terminal", _one_page, in_the_terminal),
]
