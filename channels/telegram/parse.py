"""A Bot API update, as bytes, into what was received. Pure: no I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from channels.contract import (
    Attachment,
    ChannelName,
    ChatKind,
    Inbound,
    Kind,
    Received,
)
from channels.outside import digest_id, loads
from channels.telegram import drafts, membership
from channels.telegram.quoting import name, quoted
from channels.telegram.updates import (
    Answered,
    File,
    Message,
    Place,
    Press,
    Update,
)
from channels.text import utf16_units

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds we serve; Telegram need not send others."""

FULL_UNITS = 4000
"""Of 4096 at most: people's apps cut what is longer near a blank, and send the rest."""

GENERAL = 1
"""The topic that a forum's own messages stand in."""

_CHAT_KINDS = {
    "private": ChatKind.PRIVATE,
    "group": ChatKind.GROUP,
    "supergroup": ChatKind.GROUP,
    "channel": ChatKind.CHANNEL,
}
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?=\s|\Z)")
_CONTENT = frozenset(
    {"text", "caption", "photo", "document", "voice", "audio", "video", "animation"}
    | {"sticker", "video_note", "location", "venue", "contact", "poll", "dice", "game"}
    | {"checklist", "paid_media", "story", "rich_message", "migrate_to_chat_id"}
    | {"migrate_from_chat_id"}
)
"""What a person sends. Without any of it, it is the chat's news: a pin, a join."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot that was reached, as ``getMe`` names it."""

    id: str
    username: str
    reads_all: bool = False
    """Whether groups show it all messages, not only those for it."""


def parse(body: bytes, me: Me) -> Received:
    """What to keep of one update. Never raises.

    ``inbound`` is None for kinds we do not serve and for what is malformed, so that
    neither is retried for ever.
    """
    found = loads(body)
    return Received(
        channel=ChannelName.TELEGRAM,
        account=me.id,
        event_id=_event_id(found, body),
        body=body,
        inbound=_inbound(found, me) if found else None,
    )


def _event_id(found: dict[str, Any] | None, body: bytes) -> str:
    number = (found or {}).get("update_id")
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return str(number) if is_number else digest_id(body)


def _inbound(found: dict[str, Any], me: Me) -> Inbound | None:
    event_id = _event_id(found, b"")
    try:
        update = Update.model_validate(found)
    except ValidationError:
        return None
    if (done := _wordless(update, event_id, me)) is not None:
        return done
    written = found.get("message") or found.get("edited_message") or {}
    message = update.message or update.edited_message
    if message is None or not _CONTENT & written.keys():
        return None
    if (moved := membership.moved(message, event_id, me.id)) is not None:
        return moved
    return _written(message, event_id, me, edited=update.message is None)


def _wordless(update: Update, event_id: str, me: Me) -> Inbound | None:
    if update.callback_query:
        return _press(update.callback_query, event_id, me)
    if update.stopped_message_generation:
        return drafts.stopped(update.stopped_message_generation, event_id, me.id)
    if change := update.my_chat_member:
        return membership.changed(change, event_id, me.id, reads_all=me.reads_all)
    return None


def _press(press: Press, event_id: str, me: Me) -> Inbound:
    under = press.message
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.PRESS,
        event_id=event_id,
        account=me.id,
        chat=str(under.chat.id),
        sender=str(press.from_.id),
        message_id=str(under.message_id),
        thread=_thread(under),
        pressed=press.data,
        chat_kind=_CHAT_KINDS[under.chat.type],
        chat_title=under.chat.title or "",
        sender_name=name(press.from_.first_name, press.from_.last_name),
        extra={"callback_id": press.id},
    )


def _written(
    message: Message, event_id: str, me: Me, *, edited: bool
) -> Inbound | None:
    who = _sender(message)
    if who is None:
        return None
    sender, sender_name = who
    forwarded = message.forward_origin is not None
    command = None if forwarded else _COMMAND.match(message.text)
    answered = _answered(message)
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.EDIT if edited else Kind.COMMAND if command else Kind.MESSAGE,
        event_id=event_id,
        account=me.id,
        chat=str(message.chat.id),
        sender=sender,
        message_id=str(message.message_id),
        text="" if forwarded else _without_our_name(message.text, me),
        thread=_thread(message),
        reply_to=str(answered.message_id) if answered else "",
        attachments=_attachments(message),
        quoted=quoted(message, answered, me.id),
        sent_at=_instant(message.date),
        edited_at=_instant(message.edit_date),
        chat_kind=_CHAT_KINDS[message.chat.type],
        chat_title=message.chat.title or "",
        sender_name=sender_name,
        addressed=_addressed(message, answered, me),
        extra=_extra(message),
    )


def _sender(message: Message) -> tuple[str, str] | None:
    """Who speaks: a person, or a chat in whose name an admin or a channel speaks.

    All such admins share one user id, which must not pass for a person. Other bots
    are not listened to: two that answer each other never stop.
    """
    if message.sender_chat:
        return str(message.sender_chat.id), message.sender_chat.title or ""
    user = message.from_
    if user and not user.is_bot:
        return str(user.id), name(user.first_name, user.last_name)
    return None


def _thread(message: Message | Place) -> str:
    # Plain replies carry a message_thread_id too; only a topic is a thread.
    topic = message.message_thread_id if message.is_topic_message else None
    # Nothing can be sent to the General topic by its number.
    return "" if topic in {None, GENERAL} else str(topic)


def _answered(message: Message) -> Answered | None:
    """The message answered; in a topic every message points to the topic's first."""
    answered = message.reply_to_message
    return None if answered and answered.forum_topic_created else answered


def _addressed(message: Message, answered: Answered | None, me: Me) -> bool:
    if message.chat.type == "private":
        return True
    if message.is_automatic_forward:
        return False  # a post of the channel that the group belongs to
    command = _COMMAND.match(message.text)
    if command:
        named = command["bot"] or me.username
        return named.casefold() == me.username.casefold()
    to_us = answered is not None and _is_me(answered.from_, me)
    return to_us or _mentions(message, me)


def _mentions(message: Message, me: Me) -> bool:
    named = any(entity and _is_me(entity.user, me) for entity in message.entities or ())
    return named or bool(_mention(me).search(message.text))


def _is_me(user: Any, me: Me) -> bool:
    return user is not None and str(user.id) == me.id


def _mention(me: Me) -> re.Pattern[str]:
    # Not inside a mail address, and not a longer name that begins like ours.
    return re.compile(rf"(?<![\w@.])@{re.escape(me.username)}(?!\w)", re.IGNORECASE)


def _without_our_name(text: str, me: Me) -> str:
    """The text as typed, without the part that only says who is meant."""
    command = _COMMAND.match(text)
    if command and (command["bot"] or "").casefold() == me.username.casefold():
        return f"/{command['name']}{text[command.end() :]}"
    leading = _mention(me).match(text)
    return text[leading.end() :].lstrip(" \t,:") if leading else text


def _attachments(message: Message) -> tuple[Attachment, ...]:
    sizes = [size for size in message.photo or () if size]
    files = {
        "": message.document,
        "voice": message.voice,
        "audio": message.audio,
        "video": message.video,
        "photo": max(
            sizes, key=lambda size: (size.width or 0) * (size.height or 0), default=None
        ),
    }
    return tuple(_attachment(file, how) for how, file in files.items() if file)


def _attachment(file: File, how: str) -> Attachment:
    return Attachment(
        file_id=file.file_id,
        name=file.file_name or "",
        media_type=file.mime_type or "",
        size_bytes=file.file_size,
        sent_as=how,
        duration_s=file.duration,
    )


def _extra(message: Message) -> dict[str, str]:
    """What it may be a part of: an album, a long paste, a comment and its forwards."""
    told = {
        "album": message.media_group_id,
        "long": "yes" if utf16_units(message.text) >= FULL_UNITS else None,
        "forwarded": "yes" if message.forward_origin is not None else None,
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
