import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.web.render import to_html

WORDS = "a blockquote br code em h1 h2 h3 h4 h5 h6 hr li ol p pre s strong"
ALLOWED = {*WORDS.split(), "table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"href", "title", "start", "align", "rel", "target"}
SCHEMES = {"http", "https", "mailto", "tel"}


class Reader(HTMLParser):
    """What a browser would find in the HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def read(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.tags


def assert_harmless(html: str) -> None:
    for tag, attributes in read(html):
        assert tag in ALLOWED
        assert set(attributes) <= ATTRIBUTES
        if tag == "a" and attributes.get("href"):
            assert urlsplit(attributes["href"]).scheme in SCHEMES


PIECES = [
    "<script>x()</script>",
    "<img src=x onerror=x()>",
    "<svg/onload=x()>",
    "<iframe srcdoc='<script>x()</script>'>",
    "<a href='javascript:x()'>",
    "<style>@import 'https://e.com'</style>",
    "<base href=//e.com>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#106;avascript:x()",
    "[a](javascript:x())",
    "[a](JaVaScRiPt:x())",
    "[a](&#106;avascript:x())",
    "[a](java\tscript:x())",
    "[a](vbscript:x())",
    "[a](data:text/html,<script>x()</script>)",
    "[a](/signin?code=x)",
    "[a](//e.com)",
    "![a](https://e.com/a.png)",
    '![a](https://e.com/a.png "t\\" onload=x()")',
    "![a][r]",
    "[r]: javascript:x()",
    "<javascript:x()>",
    "<https://e.com>",
    "https://e.com/<script>",
    '[a](https://e.com "\\" onclick=x() ")',
    "`<script>`",
    "```html onclick=x()\n",
    "~~~",
    "| a | b |\n|:-|-:|\n",
    "**",
    "_",
    "> ",
    "- ",
    "1. ",
    "# ",
    "\n",
    "\n\n",
    "\x00",
    "\\",
    '"',
    "'",
    "](",
    "<",
    ">",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12))
def test_nothing_that_acts_or_calls_home_survives(pieces: list[str]) -> None:
    assert_harmless(to_html("".join(pieces)))


@pytest.mark.parametrize("piece", PIECES)
def test_each_attack_alone_is_harmless(piece: str) -> None:
    assert_harmless(to_html(piece))


def test_an_image_becomes_a_link_that_nobody_follows_by_itself() -> None:
    html = to_html('![A *clinic*](https://e.com/a.png "t")')
    assert [tag for tag, _ in read(html)] == ["p", "a"]
    assert 'href="https://e.com/a.png"' in html
    assert "noopener noreferrer nofollow" in html
    assert "A *clinic*" in html


def test_html_is_shown_as_the_text_it_was() -> None:
    assert to_html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"


def test_a_piece_keeps_its_structure() -> None:
    html = to_html("# T\n\n- a\n- b\n\n| n |\n|--:|\n| 1 |\n\n~~no~~ **yes**\nnext")
    found = [tag for tag, _ in read(html)]
    assert " ".join(found) == "h1 ul li li table thead tr th tbody tr td p s strong br"
    assert ("td", {"align": "right"}) in read(html)


def test_a_draft_cut_anywhere_is_still_whole_html() -> None:
    text = "## A\n\n**bold** and `code`\n\n```\nx < y\n```\n\n| a |\n|--|\n| b |"
    for end in range(len(text)):
        assert_harmless(to_html(text[:end]))


def test_addresses_are_links_and_names_of_files_are_not() -> None:
    html = to_html("See RULES.md, https://e.com/a and ana@e.com.")
    assert "RULES.md," in html
    assert re.findall(r'href="([^"]*)"', html) == [
        "https://e.com/a",
        "mailto:ana@e.com",
    ]
