"""What sort of place a Slack id means. Pure."""

from channels.contract import ChatKind
from channels.slack.seats import account_of
from channels.slack.wire import Json, string

CHAT_KINDS = {
    "im": ChatKind.PRIVATE,
    "mpim": ChatKind.GROUP,
    "group": ChatKind.GROUP,
    "channel": ChatKind.CHANNEL,
}
ASKER = "asker"
"""Who is answered, in the ``extra`` of what is written in a thread."""
PREFIXES = {"D": "im", "G": "group", "C": "group"}
"""A private channel's id begins like a public one's: what nobody calls public is not,
for all members may read what is said in public."""


def chat_kind(chat: str, named: str = "") -> ChatKind:
    """The kind that an event names, else the narrowest that the id allows.

    A mention's event names none; the same post's other event does.
    """
    by_prefix = PREFIXES.get(chat[:1], "im")
    return CHAT_KINDS[named if named in CHAT_KINDS else by_prefix]


def called(chat: str, name: str) -> ChatKind:
    """The kind that a channel's name tells, in what people do beside writing."""
    is_open = bool(name) and name != "privategroup" and not name.startswith("mpdm-")
    by_id = chat_kind(chat)
    return ChatKind.CHANNEL if is_open and by_id is ChatKind.GROUP else by_id


def team_of(payload: Json) -> str:
    """The team, or the whole organisation, that installed us: see ``seats``."""
    return account_of(payload)


def event_id_of(payload: Json) -> str:
    """What Slack knows the event by: events have an id, interactions a trigger."""
    return string(payload, "event_id") or string(payload, "trigger_id")
