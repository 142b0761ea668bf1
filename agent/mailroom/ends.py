"""How messages of ours end, in words: why one did not get through, and what helps.

A door's error begins with its kind and a colon (``channels.ends``); the kinds are the
keys here, and a test compares the two lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

GIVE_UP_AFTER = timedelta(hours=24)
"""A messenger that is down comes back; what is older than a day helps nobody."""
GAVE_UP = "gave_up"
DOORS = {
    "telegram": "Telegram",
    "slack": "Slack",
    "web": "the web chat",
    "terminal": "the terminal",
}


class Reach(StrEnum):
    """What cannot be reached any more, after such an end."""

    MESSAGE = "message"
    """This message alone; others get through."""
    CHAT = "chat"
    ACCOUNT = "account"
    """Nobody of that bot or workspace of theirs."""


@dataclass(frozen=True, slots=True)
class End:
    """An end in words; ``{door}`` is the messenger."""

    said: str
    """What happened, as a clause: ``you blocked me there``."""
    helps: str
    """What can be done, as a sentence."""
    reach: Reach = Reach.MESSAGE


_INVITE = "Invite me there again, then ask me once more."
_ADMIN = "Somebody who runs {door} for you can change that."

ENDS: Mapping[str, End] = {
    "blocked": End(
        "I was blocked there, or the account is closed",
        "Unblock me there and write to me, and I can answer again.",
        Reach.CHAT,
    ),
    "removed": End("I am not a member of that chat any more", _INVITE, Reach.CHAT),
    "chat_gone": End("that chat is not there for me", _INVITE, Reach.CHAT),
    "moved": End(
        "the group became a supergroup and has a new address",
        "Write to me there once, and I know it.",
        Reach.CHAT,
    ),
    "archived": End(
        "the channel is archived", "Unarchive it, or ask me elsewhere.", Reach.CHAT
    ),
    "thread_gone": End(
        "the thread or topic was deleted", "Ask me in another one.", Reach.CHAT
    ),
    "thread_closed": End(
        "the topic is closed", "Open it again, or ask me in another one.", Reach.CHAT
    ),
    "message_gone": End(
        "the message that was to show it is gone", "I can show it in a new one."
    ),
    "forbidden": End(
        "I may not write there",
        "Whoever runs that chat can give me the right to.",
        Reach.CHAT,
    ),
    "suspended": End(
        "the workspace's administrators keep apps from posting", _ADMIN, Reach.ACCOUNT
    ),
    "revoked": End(
        "I am no longer installed there, or my key to it was revoked",
        "Somebody who runs {door} for you has to install me again.",
        Reach.ACCOUNT,
    ),
    "scope": End(
        "I was never given the permission for that",
        "Somebody who runs {door} for you has to install me again, with all of it.",
    ),
    "too_long": End("it is too long for {door}", "I can show it as a file."),
    "too_big": End("the file is too big for {door}", "The web console has it."),
    "unreadable": End(
        "{door} could not read how it is set", "I can show it another way."
    ),
    "empty": End("there was nothing in it to show", "Please ask me once more."),
    "expired": End(
        "the way to answer that command was open for a while only",
        "Invite me to that channel, and I can answer at any time.",
    ),
    "file_lost": End("I no longer have its file", "Please ask me for it once more."),
    "file_late": End("my file store did not hand it over", "It goes on by itself."),
    "refused": End("{door} did not accept it", "I can show it another way."),
    "busy": End("{door} asked me to slow down", "It goes on by itself."),
    "unreachable": End("I could not reach {door}", "It goes on by itself."),
    "unanswered": End(
        "{door} did not say whether it took it", "Look there first; I can repeat it."
    ),
    GAVE_UP: End(
        "I could not reach {door} for a day, and stopped trying",
        "I can show it here, or there once it works again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """Why a message stands where it does, for people."""

    kind: str
    """A key of ``ENDS``."""
    said: str
    helps: str
    reach: Reach
    detail: str
    """The messenger's own words."""


def explained(channel: str, error: str) -> Fate:
    """A delivery's ``last_error`` in words."""
    kind, colon, detail = error.partition(": ")
    if not colon or kind not in ENDS:
        kind, detail = "refused", error
    end, door = ENDS[kind], DOORS.get(channel, channel)
    said, helps = end.said.format(door=door), end.helps.format(door=door)
    return Fate(kind, said, helps, end.reach, detail)


def unreachable(channel: str, account: str, recipient: str, error: str) -> str:
    """The beginning of every place that such an end makes useless to try again."""
    if explained(channel, error).reach is Reach.ACCOUNT:
        return f"{channel}/{account}/"
    return f"{channel}/{account}/{recipient}"
