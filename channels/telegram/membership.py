"""Let in, put out, blocked, moved: what an update says of our place in a chat.

Source: https://core.telegram.org/bots/api#chatmemberupdated, #message (migrate_*)
"""

from channels.contract import ChannelName, ChatKind, Inbound, Kind
from channels.telegram.updates import Member, MemberChange, Message

INSIDE = frozenset({"creator", "administrator", "member"})


def changed(
    change: MemberChange, event_id: str, account: str, *, reads_all: bool
) -> Inbound | None:
    """We were let in or put out; None where only our rights changed.

    ``reads_all``: the bot's privacy mode is off. An admin reads everything, too.
    """
    was, now = _is_inside(change.before), _is_inside(change.after)
    if was == now:
        return None
    is_admin = change.after.status == "administrator"
    is_private = change.chat.type == "private"
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.MEMBERSHIP,
        event_id=event_id,
        account=account,
        chat=str(change.chat.id),
        sender=str(change.from_.id),
        message_id="",
        pressed="joined" if now else "left",
        chat_kind=_kind(change.chat.type),
        chat_title=change.chat.title or "",
        extra={"reads": "all"} if reads_all or is_admin or is_private else {},
    )


def moved(message: Message, event_id: str, account: str) -> Inbound | None:
    """The group became a supergroup with another id; told in both chats.

    ``chat`` is the old one, ``extra["to"]`` the new.
    """
    here = message.chat.id
    if message.migrate_to_chat_id is not None:
        old, new = here, message.migrate_to_chat_id
    elif message.migrate_from_chat_id is not None:
        old, new = message.migrate_from_chat_id, here
    else:
        return None
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.MEMBERSHIP,
        event_id=event_id,
        account=account,
        chat=str(old),
        sender=str(message.from_.id) if message.from_ else str(here),
        message_id=str(message.message_id),
        pressed="moved",
        chat_kind=ChatKind.GROUP,
        chat_title=message.chat.title or "",
        extra={"to": str(new)},
    )


def _is_inside(member: Member) -> bool:
    restricted = member.status == "restricted" and bool(member.is_member)
    return member.status in INSIDE or restricted


def _kind(type_: str) -> ChatKind:
    if type_ == "private":
        return ChatKind.PRIVATE
    return ChatKind.CHANNEL if type_ == "channel" else ChatKind.GROUP
