"""How often Slack may be called: by channel, and by method and workspace.

Source: https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Sequence

from channels.rates import Act, Rate

INTERVAL_S = 1.1
"""Between two looks of one growing text."""
# A little less than is allowed: what leaves evenly does not arrive evenly.
_MINUTE_S = 60.5
_UPDATES = Rate("chat.update", 48, _MINUTE_S, spare=12)
APPENDS = (Rate("chat.appendStream", 98, _MINUTE_S),)
"""A hundred additions a minute in a workspace (tier 4), from all streams together. A
channel's own pace is about messages."""
APPEND_S = 0.62


def append_interval_s(streams: int) -> float:
    """Between two additions to one of so many streams: all get on alike."""
    return APPEND_S * max(1, streams)


def rates(chat: str, act: Act) -> Sequence[Rate]:
    """A write a second in a channel; 50 edits a minute in a workspace (tier 3)."""
    channel = Rate(f"chat:{chat}", 1, 1.05)
    return (channel,) if act is Act.SEND else (channel, _UPDATES)
