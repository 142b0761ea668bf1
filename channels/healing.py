"""Markdown that is still being written, made whole for as long as it is shown. Pure."""

import re

from markdown_it.token import Token

from channels.markdown import reader
from channels.unfinished import finished

WAITING = "\u2026"
"""Shown while nothing can be shown yet."""
_BLOCKS = reader(inline=False)
_LINE = re.compile(r"\n")
_MARKS = re.compile(
    r"""
      [ \t>]*
      (?: [-+*_=`~|>]{1,2}             # a rule, a title's line, a fence, bold
        | \#{1,6}                      # a heading
        | \*{3}
        | \d{1,2}                      # an item's number, without its dot so far
        | (?:[-+*]|\d{1,9}[.)])        # an item, perhaps with a box to tick
          (?:[ \t]+\[[ xX]?\]?)?
      )?
      [ \t]*\Z
    """,
    re.VERBOSE,
)
_CLOSING = re.compile(r"[ \t>]*(?:`+|~+)\Z")
_RULE = re.compile(r"[ \t]*\|?[ \t:|-]+\Z")
_PIPE = re.compile(r"(?<!\\)\|")
_LEAVES = frozenset({"fence", "code_block", "hr", "inline", "table_open"})


def heal(markdown: str) -> str:
    """The beginning of a text as it will look when the rest has come.

    What is open is closed: fences, code, emphasis. A half link shows its label. What
    cannot be told yet waits: marks at the very end, a half row of a table, a table's
    head without its rule. So no mark shows that the next moment would take away. A
    text that is whole stays as it is. Linear in its length.
    """
    if not markdown.strip():
        return markdown
    healed = _healed(markdown)
    return healed if healed.strip() else WAITING


def _healed(text: str) -> str:
    last, start = _last_block(text)
    kind = last.type if last else ""
    if last and kind == "fence":
        return _with_its_fence(text, start, last)
    if kind == "table_open":
        return _without_half_a_row(text, start)
    if last is None or kind != "inline" or _is_over(text, last):
        return _without_marks(text)
    text = _without_marks(_without_a_head(text, start))
    return _without_marks(text[:start] + finished(text[start:]))


def _is_over(text: str, block: Token) -> bool:
    """Whether an empty line ended the block, or a line the heading."""
    lines, (_, end) = text.count("\n"), block.map or (0, 0)
    return lines > end or (lines == end and block.meta.get("heading", False))


def _last_block(text: str) -> tuple[Token | None, int]:
    """The block that may go on, and where its first line begins."""
    found, after, heading = None, 0, False
    for token in _BLOCKS.parse(text):
        token.meta["heading"] = heading
        heading = token.type == "heading_open" and token.markup.startswith("#")
        if token.type in _LEAVES and token.map and token.map[0] >= after:
            found = token
            after = token.map[1] if token.type == "table_open" else after
    if found is None or found.map is None:
        return None, 0
    lines = [0, *(line.end() for line in _LINE.finditer(text))]
    return found, lines[min(found.map[0], len(lines) - 1)]


def _cut_last_line(text: str) -> tuple[str, str]:
    before, line_end, last = text.rpartition("\n")
    return before + line_end, last


def _without_marks(text: str) -> str:
    before, last = _cut_last_line(text)
    return before if last.strip() and _MARKS.match(last) else text


def _with_its_fence(text: str, start: int, fence: Token) -> str:
    first, end = fence.map or (0, 0)
    lines = len(fence.content.removesuffix("\n").split("\n")) if fence.content else 0
    if end - first > lines + 1 or text.count("\n") > end:
        return _without_marks(text)  # closed, or its quote has ended
    before, last = _cut_last_line(text)
    if len(before) > start and _CLOSING.match(last):
        text = before
    opening, _, body = text[start:].partition("\n")
    if not body.strip():
        return text[:start]
    prefix = re.sub(r"[^>\s]", " ", opening.partition(fence.markup)[0])
    line_end = "" if text.endswith("\n") else "\n"
    return f"{text}{line_end}{prefix}{fence.markup}"


def _without_half_a_row(text: str, start: int) -> str:
    before, last = _cut_last_line(text)
    head = text[start:].partition("\n")[0].strip()
    if len(before) <= start or not last.strip() or ("-" in last and _RULE.match(last)):
        return text
    ended = last.rstrip().endswith("|") or not head.endswith("|")
    whole = len(_PIPE.findall(last)) >= len(_PIPE.findall(head))
    return text if ended and whole else before


def _without_a_head(text: str, start: int) -> str:
    """Hold a line back that begins like a table, and the start of the rule below."""
    before, last = _cut_last_line(text.removesuffix("\n"))
    if not last.lstrip().startswith("|"):
        return text
    above, head = _cut_last_line(before.removesuffix("\n"))
    if _RULE.match(last) and head.lstrip().startswith("|"):
        before = above
    return before if len(before) >= start else text[:start]
