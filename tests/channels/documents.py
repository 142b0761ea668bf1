"""Texts as models write them, tidy and nasty, whose every word can be found again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[object]], object]
STEMS = ["w", "слово", "שלום", "كلمة", "字", "किताब", "각", "né", "e\u0301t", "ß", "I"]
NASTY = [
    *("<!channel>", "<!here|here>", "<!subteam^S1>", "<@U123>", "<@W12|bob>", "<#C1>"),
    *("@here", "@channel", "@everyone", "@somebody", "(@somebody)", "a@somebody"),
    *("[x](tg://user?id=5)", "[x](javascript:alert(1))", "[x](data:text/html,x)"),
    *("[x](//e.com)", "[](/y)", "![x](tg://user?id=5)", "[x](<!channel>)", "[@here]"),
    *("<b>", "</b>", "<script>x()</script>", "<!-- x -->", "<img src=x onerror=y>"),
    *("&amp;", "&lt;!channel&gt;", "&#60;", "\\*", "\\", "\\[", "\\`", "[", "]", "]("),
    *("*", "**", "***", "_", "__", "~~", "`", "``", "```", "~~~", "```py x", "|", "||"),
    *("#", ">", ">>", "- ", "1. ", "===", "---", "$", "$5", "$x$", "\x00", "\ud800"),
    *("\udfff", "\u202e", "\u200b", "\u200d", "\ufeff", "\ufdd0", "\ufdd1", "\u2060"),
    *("👩‍👩‍👧‍👦", "👍🏽", "🇮🇳🇮🇳", "🏴\U000e0067\U000e007f", "1\ufe0f\u20e3", "\u0301"),
    *("\x1b[31m", "\x07", "\r", "\r\n", "\t", "\n", "\n\n", "    ", "\u2028", "[^1]: "),
    *("[1]: ", "<https://e.com>", "https://e.com/a_b*c", "a||b", "=", "!", "😀" * 40),
    *(">" * 60, "- " * 30, "x" * 300, "`" * 30, "| a || b |", "|---|---|", "{}", ":x:"),
]


@dataclass
class Document:
    """A text, and the words that must be read in it."""

    text: str
    said: list[list[str]] = field(default_factory=list)
    """The words block by block, in order."""
    tables: list[bool] = field(default_factory=list)
    """Which of the blocks are tables: their words may stand in another order."""


class Writer:
    """Writes one document, each word in it another one."""

    def __init__(self, draw: Draw, *, nasty: bool) -> None:
        self.draw = draw
        self.nasty = nasty
        self.words: list[str] = []
        self.number = count()

    def one_of(self, choices: list[str]) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def some(self, least: int, most: int) -> int:
        return int(str(self.draw(st.integers(least, most))))

    def word(self) -> str:
        made = f"{self.one_of(STEMS)}{next(self.number)}z"
        self.words.append(made)
        return made

    def span(self) -> str:
        kind = self.one_of(["", "", "", "**", "*", "~~", "`", "***", "link", "nasty"])
        if kind == "link":
            return self.link()
        if kind == "nasty":
            return self.one_of(NASTY) if self.nasty else self.word()
        words = " ".join(self.word() for _ in range(self.some(1, 3)))
        return f"{kind}{words}{kind}"

    def link(self) -> str:
        label = self.one_of(["", "**", "`"]) if self.nasty else ""
        said = f"{label}{self.word()}{label}"
        if self.nasty and self.some(0, 1):
            said += f" [{self.word()}]"
        path = f"w{next(self.number)}z"
        self.words.append(path)
        return f"[{said}](https://a.io/{path})"

    def line(self) -> str:
        return " ".join(self.span() for _ in range(self.some(1, 6)))

    def block(self) -> str:
        kinds = {
            "paragraph": self.line,
            "lines": lambda: f"{self.line()}\n{self.line()}",
            "heading": lambda: "#" * self.some(1, 6) + f" {self.line()}",
            "list": self.items,
            "quote": lambda: f"> {self.line()}\n> {self.line()}",
            "fence": self.fence,
            "rule": lambda: "---",
            "table": self.table,
        }
        kind = self.one_of(list(kinds))
        self.is_table = kind == "table"
        return kinds[kind]()

    def items(self) -> str:
        sign = self.one_of(["-", "*", "1.", "- [ ]"])
        deeper = " " * (len(sign.partition(" ")[0]) + 1)
        return f"{sign} {self.line()}\n{deeper}- {self.line()}\n{sign} {self.line()}"

    def fence(self) -> str:
        body = "\n".join(
            "  " * self.some(0, 2) + " ".join(self.word() for _ in range(3))
            for _ in range(self.some(1, 4))
        )
        return f"```{self.one_of(['', 'py', 'html'])}\n{body}\n```"

    def cell(self) -> str:
        return self.span().replace("\n", " ").replace("\r", " ")

    def table(self) -> str:
        columns = self.some(1, 5)
        rows = [
            "| " + " | ".join(self.cell() for _ in range(columns)) + " |"
            for _ in range(self.some(2, 6))
        ]
        rule = "|" + self.one_of(["---|", ":-:|", "--:|"]) * columns
        return "\n".join([rows[0], rule, *rows[1:]])


@st.composite
def documents(draw: Draw, *, nasty: bool = True, most: int = 8) -> Document:
    """A text of a few blocks; ``nasty`` ones hold whatever could break a door."""
    writer = Writer(draw, nasty=nasty)
    made, blocks = Document(""), []
    for _ in range(writer.some(1, most)):
        writer.words = []
        blocks.append(writer.block())
        made.said.append(writer.words)
        made.tables.append(writer.is_table)
    made.text = "\n\n".join(blocks)
    return made


@st.composite
def long_documents(draw: Draw) -> Document:
    """Some 40,000 characters: a few blocks of their own, many times over."""
    one = draw(documents(most=5))
    assert isinstance(one, Document)
    times = max(1, 40_000 // max(len(one.text), 200))
    made = Document("")
    texts = []
    for n in range(times):
        # Each time the words are other ones.
        texts.append(one.text.replace("z", f"q{n}z"))
        made.said += [[w.replace("z", f"q{n}z") for w in words] for words in one.said]
        made.tables += one.tables
    made.text = "\n\n".join(texts)
    return made


def lost(document: Document, shown: str) -> list[str]:
    """The words that cannot be read in ``shown``, or not where they should."""
    at, missing = 0, []
    for words, is_table in zip(document.said, document.tables, strict=True):
        furthest = at
        for word in words:
            end = _find(shown, word, at if is_table else furthest)
            missing += [word] if end < 0 else []
            furthest = max(furthest, end)
        at = furthest
    return missing


def _find(shown: str, word: str, start: int) -> int:
    at = shown.find(word, start)
    return at + len(word) if at >= 0 else -1
