"""Web pages: the words a reader would see. Nothing in them is fetched or run."""

from html.parser import HTMLParser

from agent.files.readers import plain
from agent.files.readers.read import Read

_UNSEEN = {"script", "style", "template", "noscript", "svg", "iframe", "object"}
_LINES = {
    *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav"),
    *("ul", "ol", "table", "tr", "br", "hr", "blockquote", "pre", "title", "form"),
}
_HEADINGS = {f"h{n}": "#" * n for n in range(1, 7)}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if self._unseen:
            self._depth += tag == self._unseen
        elif tag in _UNSEEN:
            self._unseen, self._depth = tag, 1
        elif tag in _HEADINGS:
            self.pieces.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _LINES:
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append(" | ")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            if self._depth <= 0:
                self._unseen = ""
        elif tag in _LINES or tag in _HEADINGS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(" ".join(data.split()).join(_edges(data)))


def _edges(data: str) -> list[str]:
    """The blanks around a piece, which separate it from its neighbours."""
    if not data.strip():
        return [" ", ""] if data else ["", ""]
    return [" " * data[0].isspace(), " " * data[-1].isspace()]


def read(body: bytes) -> Read:
    """The page's words, a line a block.

    Raises:
        Unusable: There are none.
    """
    parser = _Words()
    parser.feed(plain.decoded(body))
    parser.close()
    lines = "".join(parser.pieces).split("\n")
    return plain.of("\n".join(line.strip() for line in lines))
