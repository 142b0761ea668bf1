"""How often Slack may be called: by channel, and by method and workspace.

Source: https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Sequence

from channels.rates import Act, Rate

INTERVAL_S = 1.1
"""Between two looks of one text that grows alone."""
# A little less than is allowed: what leaves evenly does not arrive evenly.
_MINUTE_S = 60.5
_UPDATES = Rate("chat.update", 14, 24.2, refills=True, spare=4)
"""Fifty a minute (tier 3): a few at once, and then evenly, or a text that grows for
longer would stand still for the rest of each minute."""
APPENDS = (Rate("chat.appendStream", 98, _MINUTE_S),)
"""A hundred additions a minute in a workspace (tier 4), from all streams together. A
channel's own pace is about messages."""
APPEND_S = 0.62


def append_interval_s(streams: int) -> float:
    """Between two additions to one of so many streams: all get on alike."""
    return APPEND_S * max(1, streams)


def edit_interval_s(texts: int) -> float:
    """Between two edits of one of so many texts that grow: all get on alike."""
    even_s = _UPDATES.per_s / _UPDATES.most
    return INTERVAL_S if texts <= 1 else max(INTERVAL_S, even_s * texts)


def rates(chat: str, act: Act) -> Sequence[Rate]:
    """A write a second in a channel; 50 edits a minute in a workspace (tier 3)."""
    channel = Rate(f"chat:{chat}", 1, 1.05)
    return (channel,) if act is Act.SEND else (channel, _UPDATES)
