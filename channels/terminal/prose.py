"""Markdown -> what one reads where there is only text. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from channels.markdown import is_too_deep, legible, reader, with_info, words
from channels.tables import Table, aligned, parts

STRONG, WEAK = "\ufdd0", "\ufdd1"
"""Stand around what is bold; Unicode reserves them for use inside a program."""
RULE = "\u2500" * 24
_READER = reader()


def prose(markdown: str) -> str:
    """The text without its marks: bullets, columns, addresses behind their labels.

    Bold words and headings stand between ``STRONG`` and ``WEAK``.
    """
    shown = (_part(part) for part in parts(with_info(legible(markdown))))
    return "\n\n".join(filter(None, shown))


def _part(part: str | Table) -> str:
    if not isinstance(part, str):
        return aligned(part)
    tokens = _READER.parse(part)
    return part if is_too_deep(tokens) else _Writer().written(tokens)


@dataclass(slots=True)
class _Inside:
    """A list item or a quote, and what stands before its lines."""

    first: str
    rest: str
    begun: bool = False


@dataclass(slots=True)
class _Writer:
    """Writes blocks one below the other."""

    lines: list[str] = field(default_factory=list)
    inside: list[_Inside] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    apart: bool = False
    """Whether an empty line is due before the next block."""

    def written(self, tokens: Sequence[Token]) -> str:
        strong = False
        for token in tokens:
            self._contain(token)
            if token.type == "inline":
                self._put(_line(token.children or [], strong=strong))
            elif token.type in {"fence", "code_block"}:
                self._put(_code(token.content))
            elif token.type == "hr":
                self._put(RULE)
            strong = token.type in {"heading_open", "th_open"}
            self.apart = self.apart or self._ends_apart(token)
        return "\n".join(self.lines)

    def _contain(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.numbers.append(None)
            case "ordered_list_open":
                self.numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self.numbers.pop()
            case "list_item_open":
                self.inside.append(self._item())
            case "blockquote_open":
                self.inside.append(_Inside("\u2502 ", "\u2502 "))
            case "list_item_close" | "blockquote_close":
                self.inside.pop()

    def _ends_apart(self, token: Token) -> bool:
        """Only the items of a list stand together without a gap."""
        closes = token.type in {"fence", "code_block", "hr", "heading_close"}
        loose = token.type == "paragraph_close" and not token.hidden
        list_ends = token.type.endswith("_list_close") and not self.numbers
        return closes or loose or list_ends

    def _item(self) -> _Inside:
        number = self.numbers[-1]
        if number is None:
            return _Inside("\u2022 ", "  ")
        self.numbers[-1] = number + 1
        return _Inside(f"{number}. ", " " * (len(str(number)) + 2))

    def _put(self, text: str) -> None:
        if self.apart and self.lines:
            goes_on = [one.rest for one in self.inside if one.begun]
            self.lines.append("".join(goes_on).rstrip())
        self.apart = False
        for line in text.split("\n"):
            starts = (o.rest if o.begun else o.first for o in self.inside)
            self.lines.append(("".join(starts) + line).rstrip())
            for one in self.inside:
                one.begun = True


def _code(content: str) -> str:
    return "\n".join(f"    {line}" for line in content.rstrip("\n").split("\n"))


def _line(inline: Sequence[Token], *, strong: bool) -> str:
    signs = {"strong_open": STRONG, "strong_close": WEAK}
    if strong:
        return f"{STRONG}{words(inline)}{WEAK}"
    for token in inline:
        token.content = signs.get(token.type, token.content)
    return words(inline)
