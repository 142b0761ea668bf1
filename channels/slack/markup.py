"""Slack's angle brackets: read on the way in, made harmless on the way out. Pure."""

import re

JOINER = "\u2060"
"""Word joiner: invisible, without width, and no part of any token of Slack's."""

TOKEN = re.compile(r"<([@#!]?)([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")
PINGS = re.compile(
    r"<(?=[@#]|!(?:here|channel|everyone|group|subteam|date)\b)"
    r"|(?<!\w)@(?=(?:here|channel|everyone|group)\b)",
    re.IGNORECASE,
)
CODE = re.compile(r"(^```.*?^```|^~~~.*?^~~~|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
ANGLE = re.compile(r"<(?!https?://[^\s<>|]+>)")
BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
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
    broken = PINGS.sub(lambda found: found[0] + JOINER, markdown)
    parts = CODE.split(broken)
    parts[::2] = [ANGLE.sub("&lt;", prose) for prose in parts[::2]]
    return "".join(parts)


def unpinged(markdown: str) -> str:
    """Return ``markdown`` for a stream: nothing pings, and no more text changes it.

    Each sign is broken by itself, whatever follows: the text that follows is not known
    yet. So the result of a beginning is the beginning of the whole's.
    """
    return markdown.replace("<", f"<{JOINER}").replace("@", f"@{JOINER}")


def mrkdwn(markdown: str) -> str:
    """Return ``markdown`` for a text field: every character kept, nothing pings.

    Only bold and headings are turned into Slack's dialect; the rest reads well as
    it stands. Source: docs.slack.dev/messaging/formatting-message-text
    """
    broken = PINGS.sub(lambda found: found[0] + JOINER, markdown)
    safe = broken.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return HEADING.sub(_heading, BOLD.sub(r"*\1*", safe))


def _heading(found: re.Match[str]) -> str:
    return f"*{found[1].strip().strip('*')}*"


def _spoken(found: re.Match[str]) -> str:
    sign, target, label = found[1], found[2], found[3] or ""
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    if sign:
        return sign + (label.removeprefix(sign) or target)
    url = target.removeprefix("mailto:")
    return url if not label or label in url else f"{label} ({url})"
