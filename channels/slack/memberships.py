"""Let into a channel, put out of it, archived, renumbered: our place in it. Pure.

Source: docs.slack.dev/reference/events (member_joined_channel, channel_left, ...)
"""

from channels.contract import ChannelName, ChatKind, Inbound, Kind
from channels.slack.places import chat_kind, event_id_of, team_of
from channels.slack.wire import Json, part, string

OUT = {
    "channel_left": "removed",
    "group_left": "removed",
    "channel_archive": "archived",
    "group_archive": "archived",
    "channel_deleted": "chat_gone",
    "group_deleted": "chat_gone",
}
"""Event -> how what is still to be said there ends; see ``channels.ends``."""
BACK = frozenset({"channel_unarchive", "group_unarchive"})
MEMBERS = frozenset({"member_joined_channel", "member_left_channel"})
SERVED = MEMBERS | BACK | OUT.keys() | {"channel_id_changed"}


def membership(payload: Json, bot: str) -> Inbound | None:
    """What became of our place in a channel; None where it is somebody else's."""
    event = part(payload, "event")
    kind, chat = string(event, "type"), string(event, "channel")
    if kind in MEMBERS and string(event, "user") != bot:
        return None
    if kind == "channel_id_changed":
        to = {"to": string(event, "new_channel_id")}
        return _told(payload, bot, string(event, "old_channel_id"), "moved", to)
    if kind == "member_joined_channel":
        return _told(payload, bot, chat, "joined", {})
    if kind in BACK:
        return _told(payload, bot, chat, "joined", {"quiet": "yes"})
    return _told(payload, bot, chat, "left", {"end": OUT.get(kind, "removed")})


def _told(
    payload: Json, bot: str, chat: str, what: str, extra: dict[str, str]
) -> Inbound:
    event = part(payload, "event")
    who = string(event, "inviter") or string(event, "actor_id") or string(event, "user")
    kind = chat_kind(chat)
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.MEMBERSHIP,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=who or bot or chat,
        message_id="",
        pressed=what,
        chat_kind=kind if kind is not ChatKind.PRIVATE else ChatKind.CHANNEL,
        extra=extra,
    )
