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
PREFIXES = {"D": "im", "G": "group", "C": "channel"}


def chat_kind(chat: str, named: str = "") -> ChatKind:
    """The kind that an event names, else the one that the id begins like."""
    by_prefix = PREFIXES.get(chat[:1], "im")
    return CHAT_KINDS[named if named in CHAT_KINDS else by_prefix]


def commanded_in(payload: Json) -> ChatKind:
    """Read the kind off a command's channel name, as a private channel's id tells."""
    name = string(payload, "channel_name")
    if name == "privategroup" or name.startswith("mpdm-"):
        return ChatKind.GROUP
    return chat_kind(string(payload, "channel_id"))


def team_of(payload: Json) -> str:
    """The team, or the whole organisation, that installed us: see ``seats``."""
    return account_of(payload)


def event_id_of(payload: Json) -> str:
    """What Slack knows the event by: events have an id, interactions a trigger."""
    return string(payload, "event_id") or string(payload, "trigger_id")
