"""A piece that comes back changed: whether a text is that, and what was changed. Pure.

Words are compared, not marks: a messenger loses headings and bold on the way.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LEAST, MOST = 12, 2500
"""Words of a text that is compared; a shorter one is a wish or a quotation."""
SHARE = 0.5
"""Of its runs of three words, so many must stand in the piece."""
WHOLE = 0.6
"""Of the piece's words, so many make a text the whole of it."""

_MARKS = re.compile(r"^[\W_]+|[\W_]+$")

Op = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Changed:
    """One passage, before and after; one of them may be empty."""

    before: str
    after: str


def changes(piece: str, text: str) -> list[Changed]:
    """What somebody changed who sent ``text`` for ``piece``; empty: it is no edit.

    A part of the piece sent back is compared with that part. Words that only stand
    before or after it are what somebody says about it, and no change.
    """
    old, new = _words(piece), _words(text)
    if not LEAST <= len(new) <= MOST or len(old) > MOST or not _is_of(old, new):
        return []
    keys = [_key(one) for one in old], [_key(one) for one in new]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    ops = _trimmed(matcher.get_opcodes())
    is_whole = len(new) >= WHOLE * len(old)
    return [
        Changed(" ".join(old[a:b]), " ".join(new[c:d]))
        for n, (kind, a, b, c, d) in enumerate(ops)
        if kind != "equal"
        and (0 < n < len(ops) - 1 or (is_whole and _swaps(b - a, d - c)))
    ]


def told(found: Sequence[Changed]) -> str:
    """The changes as lines: ``-`` went, ``+`` came."""
    return "\n".join(line for one in found for line in _lines(one))


def _lines(one: Changed) -> Iterator[str]:
    if one.before:
        yield f"- {one.before}"
    if one.after:
        yield f"+ {one.after}"


def _words(text: str) -> list[str]:
    return [word for word in text.split() if _key(word)]


def _key(word: str) -> str:
    return _MARKS.sub("", word).casefold()


def _is_of(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether much of the text stands in the piece, word for word."""
    there, here = _runs(old), _runs(new)
    return len(there & here) >= SHARE * len(here)


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    keys = [_key(word) for word in words]
    return {tuple(keys[n : n + 3]) for n in range(len(keys) - 2)}


def _trimmed(ops: Sequence[Op]) -> Sequence[Op]:
    """Without what was left out of the piece before and after the text."""
    start = 1 if ops and ops[0][0] == "delete" else 0
    end = len(ops) - 1 if len(ops) > start and ops[-1][0] == "delete" else len(ops)
    return ops[start:end]


def _swaps(gone: int, came: int) -> bool:
    """Whether words at an edge took the place of others, rather than joined them."""
    return bool(gone) and came <= 2 * gone  # a title may grow, a remark is longer
