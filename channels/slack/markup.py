"""Slack's angle brackets: read on the way in, made harmless on the way out. Pure."""

import re
from collections.abc import Iterator

from channels.markdown import legible
from channels.tables import fenced, without_tables

JOINER = "\u2060"
"""Word joiner: invisible, without width, and no part of any token of Slack's."""

TOKEN = re.compile(r"<([@#!]?)([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")
PINGS = re.compile(
    r"<(?=[@#]|!(?:here|channel|everyone|group|subteam|date)\b)"
    r"|(?<!\w)@(?=(?:here|channel|everyone|group)\b)",
    re.IGNORECASE,
)
CODE = re.compile(
    r"(^[ >]*```.*?^[ >]*```|^[ >]*~~~.*?^[ >]*~~~|`[^`\n]+`)",
    re.DOTALL | re.MULTILINE,
)
ANGLE = re.compile(r"<(?!https?://[^\s<>|]+>)")
LINK = re.compile(
    r"!?\[(?P<label>(?:[^\[\]\\\n]|\\.){0,600}+)\]"
    r"\((?P<url>(?:https?://|mailto:)[^\s()<>|]{1,2000}+(?:\([^\s()<>|]*\)[^\s()<>|]*)?)"
    r"(?:\s+\"[^\"\n]*\")?\)"
    r"|<(?P<bare>(?:https?://|mailto:)[^\s<>|]+)>"
)
BOLD = re.compile(r"(?<![*\\])\*\*(?=[^\s*])([^*\n]+?)(?<=[^\s*\\])\*\*(?!\*)")
BOTH = re.compile(r"(?<![*\\])\*\*\*(?=[^\s*])([^*\n]+?)(?<=[^\s*\\])\*\*\*(?!\*)")
ITALIC = re.compile(r"(?<![*\w\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*\\])\*(?![*\w])")
STRUCK = re.compile(r"~~(?=\S)([^~\n]+?)(?<=\S)~~")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
HEADING = re.compile(r"^#{1,6} +([^\n]+)$", re.MULTILINE)


def readable(text: str) -> str:
    """Return a message as a person sees it: mentions and links as words, no entities.

    Source: docs.slack.dev/messaging/formatting-message-text
    """
    spoken = TOKEN.sub(_spoken, text)
    return spoken.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mention(user: str) -> re.Pattern[str]:
    """Return what a mention of ``user`` looks like on the wire."""
    return re.compile(rf"<@{re.escape(user)}(?:\|[^<>]*)?>")


def without_address(text: str, user: str) -> str:
    """Return ``text`` without the mentions of ``user`` it opens with."""
    opening = rf"\A(?:\s*{mention(user).pattern}[\s:,]*)+"
    return re.sub(opening, "", text)


def harmless(markdown: str) -> str:
    """Return ``markdown`` for a markdown block, in which nothing pings anybody.

    Slack reads its own tokens inside a markdown block too. Each is broken wherever it
    stands, in code as well, so that safety rests on no guess of ours about what is
    code. Then other angle brackets become entities outside code, where Slack shows
    them as typed; ``&`` and ``>`` stay, for they mean links and quotes.
    """
    parts = CODE.split(quiet(legible(markdown)))
    parts[::2] = [ANGLE.sub("&lt;", prose) for prose in parts[::2]]
    return "".join(parts)


def unpinged(markdown: str) -> str:
    """Return ``markdown`` for a stream: nothing pings, and no more text changes it.

    Each sign is broken by itself, whatever follows: the text that follows is not known
    yet. So the result of a beginning is the beginning of the whole's.
    """
    return markdown.replace("<", f"<{JOINER}").replace("@", f"@{JOINER}")


def quiet(text: str) -> str:
    """Return ``text`` with each of Slack's tokens broken, and nothing else changed."""
    return PINGS.sub(lambda found: found[0] + JOINER, text)


def mrkdwn(markdown: str) -> str:
    """Return ``markdown`` for a text field: every word kept, nothing pings.

    Emphasis, headings and links are turned into Slack's dialect, tables into columns;
    the rest reads well as it stands.
    Source: docs.slack.dev/messaging/formatting-message-text
    """
    written = without_tables(legible(markdown), fenced)
    parts = CODE.split(quiet(written))
    parts[::2] = map(_prose, parts[::2])
    parts[1::2] = map(_escaped, parts[1::2])
    return "".join(parts).strip("\n")


def _prose(markdown: str) -> str:
    linked = "".join(_linked(markdown))
    headed = HEADING.sub(_heading, linked)
    bold = BOLD.sub(r"*\1*", ITALIC.sub(r"_\1_", BOTH.sub(r"**_\1_**", headed)))
    # Slack's dialect has no escapes: a backslash would be seen.
    return ESCAPED.sub(r"\1", STRUCK.sub(r"~\1~", bold))


def _linked(markdown: str) -> Iterator[str]:
    at = 0
    for found in LINK.finditer(markdown):
        yield _escaped(markdown[at : found.start()])
        url = _escaped(found["url"] or found["bare"]).replace("*", "%2A")
        label = _escaped(found["label"] or "").strip()
        yield f"<{url}|{label}>" if label and "|" not in label else f"{label}<{url}>"
        at = found.end()
    yield _escaped(markdown[at:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _heading(found: re.Match[str]) -> str:
    return f"**{found[1].replace('**', '').strip().strip('*')}**"


def _spoken(found: re.Match[str]) -> str:
    sign, target, label = found[1], found[2], found[3] or ""
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    if sign:
        return sign + (label.removeprefix(sign) or target)
    url = target.removeprefix("mailto:")
    return url if not label or label in url else f"{label} ({url})"
