"""How often Telegram may be written to, which it does not publish exactly.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

from collections.abc import Sequence

from channels.rates import Act, Rate

STREAM_S, GROUP_STREAM_S = 0.72, 3.1
"""Between two edits of a growing text. In a group, 19 of them fit a minute."""

# A little less than is allowed: what leaves evenly does not arrive evenly.
_CHAT = (3, 3 * 1.015)
_GROUP = (20, 60.5)
_OVERALL = (28, 1.0)


def is_group(chat: str) -> bool:
    """Groups and channels have negative ids."""
    return chat.startswith("-")


def stream_interval_s(chat: str) -> float:
    """The time between two edits of one growing text."""
    return GROUP_STREAM_S if is_group(chat) else STREAM_S


def rates(chat: str, act: Act) -> Sequence[Rate]:
    """One a second in a chat, after a short burst; 20 a minute in a group; 30/s."""
    # An edit counts like a message, and a draft may well.
    chats = [Rate(f"chat:{chat}", *_CHAT, refills=True)]
    if is_group(chat):
        chats.append(Rate(f"group:{chat}", *_GROUP))
    elif act is Act.STREAM:
        chats.append(Rate(f"stream:{chat}", 1, STREAM_S))
    return (*chats, Rate("all", *_OVERALL, spare=8))
