"""The last paragraph of an unfinished text: what is open in it is closed. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import category

_SIGNS = re.compile(r"\\|`+|!?\[|\]|<(?=https?:|mailto:)|\*+|_+|~+", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\((?:[^()\s\\]|\\.|\([^()\s]{0,300}\)|[ ]+\"[^\"\n]{0,300}\")*+\)"
)
_HALF_ADDRESS = re.compile(r"\([^\s]*(?:\s+\"[^\"\n]*)?\Z")
_AUTO_END = re.compile(r"[^\s<>]*+(>)?")
_NOTHING = re.compile(r"(?:!?\[|\s)*+")
_STRIKE = 2
_DEEPEST = 100
"""Emphasis within emphasis that is still looked at."""


def finished(paragraph: str) -> str:
    """The paragraph with its code, links and emphasis brought to an end.

    Args:
        paragraph: Markdown of one block, with the marks before its lines.
    """
    return _Scan(paragraph).finished()


@dataclass(slots=True)
class _Opener:
    """A run of signs that may begin emphasis."""

    sign: str
    start: int
    count: int
    both: bool
    """Whether it could as well end some."""

    @property
    def end(self) -> int:
        return self.start + self.count


@dataclass(slots=True)
class _Scan:
    text: str
    end: int = 0
    """Where what is shown ends."""
    open: list[_Opener] = field(default_factory=list)
    brackets: list[tuple[int, int]] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)
    code: str = ""

    def finished(self) -> str:
        self.end = len(self.text.rstrip())
        at = 0
        while at < self.end and (found := _SIGNS.search(self.text, at, self.end)):
            at = self._take(found)
        self.gone += [span for span in self.brackets if span[0] < self.end]
        self._drop_what_holds_nothing()
        closing = self.code + "".join(o.sign * o.count for o in reversed(self.open))
        if not (closing or self.gone) and self.end == len(self.text.rstrip()):
            return self.text
        return "".join(self._kept()).rstrip() + closing

    def _kept(self) -> Iterator[str]:
        at = 0
        for start, end in sorted(self.gone):
            yield self.text[at:start]
            at = end
        yield self.text[at : self.end]

    def _take(self, found: re.Match[str]) -> int:
        """Deal with the sign; where to go on."""
        sign = found[0]
        match sign[0]:
            case "\\":
                return self._escape(found)
            case "`":
                return self._code(found)
            case "!" | "[":
                self.brackets.append(found.span())
            case "]":
                return self._link(found.end())
            case "<":
                return self._address(found)
            case _:
                self._emphasis(found)
        return found.end()

    def _escape(self, found: re.Match[str]) -> int:
        if found.end() == self.end:
            self.end = found.start()
        return found.end() + 1

    def _code(self, found: re.Match[str]) -> int:
        ticks = found[0]
        closing = re.compile(rf"(?<!`){ticks}(?!`)").search(self.text, found.end())
        if closing:
            return closing.end()
        inside = self.text[found.end() : self.end].rstrip("`").rstrip()
        self.end = found.end() + len(inside) if inside else found.start()
        self.code = ticks if inside else ""
        return len(self.text)

    def _link(self, at: int) -> int:
        opening = self.brackets.pop() if self.brackets else None
        if opening is None or self.text[at : at + 1] != "(":
            return at
        address = _ADDRESS.match(self.text, at)
        if address:
            return address.end()
        if _HALF_ADDRESS.match(self.text, at, self.end):
            self.gone.append(opening)
            self.end = at - 1
        return at

    def _address(self, found: re.Match[str]) -> int:
        rest = _AUTO_END.match(self.text, found.end(), self.end)
        if rest is None:
            return found.end()
        if not rest[1] and rest.end() == self.end:
            self.gone.append(found.span())
        return rest.end()

    def _emphasis(self, found: re.Match[str]) -> None:
        sign, count = found[0][0], len(found[0])
        if sign == "~" and count != _STRIKE and found.end() < self.end:
            return
        opens, closes = _flanks(self.text, found, self.end)
        left = self._close(sign, count, both=opens and closes) if closes else count
        if found.end() == self.end:
            self.end -= left
        elif left and opens:
            run = _Opener(sign, found.end() - left, left, closes)
            self.open.append(run)

    def _close(self, sign: str, count: int, *, both: bool) -> int:
        """End what the run can end; how many of its signs are left."""
        whole = count
        while count and (opener := self._opener(sign, whole, both=both)):
            used = min(2, count, opener.count)
            del self.open[self.open.index(opener) + 1 :]
            opener.count -= used
            count -= used
            if not opener.count:
                self.open.pop()
        return count

    def _opener(self, sign: str, count: int, *, both: bool) -> _Opener | None:
        for opener in reversed(self.open[-_DEEPEST:]):
            if opener.sign == sign and not _of_three(opener, count, both=both):
                return opener
        return None

    def _drop_what_holds_nothing(self) -> None:
        while not self.code and self.open and self._is_bare(self.open[-1]):
            self.end = self.open.pop().start

    def _is_bare(self, opener: _Opener) -> bool:
        nothing = _NOTHING.match(self.text, opener.end, self.end)
        return nothing is not None and nothing.end() == self.end


def _of_three(opener: _Opener, count: int, *, both: bool) -> bool:
    """CommonMark's rule 9, which keeps ``*a**b*`` from being read crosswise."""
    thirds = (opener.count % 3, count % 3)
    return (opener.both or both) and sum(thirds) % 3 == 0 and thirds != (0, 0)


def _flanks(text: str, run: re.Match[str], end: int) -> tuple[bool, bool]:
    """Whether a run of signs can begin emphasis, and whether it can end some.

    Source: spec.commonmark.org/0.31.2, left- and right-flanking delimiter runs.
    """
    before = text[run.start() - 1 : run.start()] or " "
    after = text[run.end() : min(run.end() + 1, end)] or " "
    left = not after.isspace() and (not _punct(after) or _apart(before))
    right = not before.isspace() and (not _punct(before) or _apart(after))
    if run[0] == "*" and before.isdigit() and after.isdigit():
        return False, False  # a product, far more often than emphasis
    if run[0][0] == "_":
        within = left and right
        return (
            left and (not within or _punct(before)),
            right and (not within or _punct(after)),
        )
    return left, right


def _apart(character: str) -> bool:
    return character.isspace() or _punct(character)


def _punct(character: str) -> bool:
    return category(character)[0] in "PS"
