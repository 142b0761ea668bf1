"""Words used in several places, and cutting them to fit."""

import re

STATUS_WORDS = {
    "queued": "waiting its turn",
    "running": "being written",
    "waiting_approval": "waiting for approval",
    "waiting_input": "waiting for your answer",
    "completed": "done",
    "failed": "failed",
    "timeout": "timed out",
    "cancelled": "stopped",
}


_MARKS = re.compile(r"^[ \t]*(?:#{1,6}|>|[-*]|\d+\.)[ \t]+", re.MULTILINE)


def glance(markdown: str, longest: int) -> str:
    """How a piece begins, in one line: without the marks of headings and lists."""
    return brief(_MARKS.sub("", markdown), longest)


def brief(text: str, longest: int) -> str:
    """``text`` in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


_ACTIVE = re.compile(r"[\\`*_\[\]()#~|!]")
"""What acts in Markdown. Angle brackets are each door's own to make harmless."""


def name(text: str, longest: int = 80) -> str:
    """What somebody called something, so that Markdown shows it and does not act."""
    return _ACTIVE.sub(r"\\\g<0>", brief(text, longest))
