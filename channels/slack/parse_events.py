"""Events of the Events API -> Inbound: what was written, opened, looked at. Pure."""

import re
from datetime import UTC, datetime

from channels.contract import (
    Attachment,
    ChannelName,
    ChatKind,
    Inbound,
    Kind,
    Quoted,
)
from channels.slack import memberships
from channels.slack.markup import mention, readable, without_address
from channels.slack.places import chat_kind, event_id_of, team_of
from channels.slack.seats import happened_in
from channels.slack.wire import Json, items, part, string

WRITTEN = {"", "file_share", "me_message", "thread_broadcast"}
"""The subtypes under which people write; the others are Slack's own notices."""
TIMESTAMP = re.compile(r"\d{1,10}(?:\.\d{1,9})?", re.ASCII)
CHANNEL = "slack#/types/channel_id"
TABS = {"home": "home", "messages": "chat"}
CLIPS = {"slack_audio": "voice", "slack_video": "video"}
"""What people record in Slack itself."""


def event(payload: Json, bot: str) -> Inbound | None:
    """Read what happened; None for what is not served.

    Source: docs.slack.dev/reference/events, /ai/migrating-to-agent-messaging
    """
    happened = part(payload, "event")
    match string(happened, "type"):
        case "message" | "app_mention":
            post = _post_in(happened)
            return _written(payload, post, bot) if post else None
        case kind if kind in memberships.SERVED:
            return memberships.membership(payload, bot)
        case "agent_session_stopped":
            return _stopped(payload)
        case "app_home_opened" | "app_context_changed":
            return _opened(payload)
        case "assistant_thread_started" | "assistant_thread_context_changed":
            return _assistant(payload)
    return None


def _post_in(event: Json) -> Json:
    """The post an event tells of, new or changed; empty for Slack's own notices."""
    subtype = string(event, "subtype")
    if string(event, "type") == "app_mention" or subtype in WRITTEN:
        return event
    changed = subtype == "message_changed" and _is_edit(event)
    return part(event, "message") if changed else {}


def _stopped(payload: Json) -> Inbound:
    """Slack's own Stop, pressed; where our answers streamed, Slack has ended them."""
    event = part(payload, "event")
    told = event.get("streaming_message_ts")
    ended = [string({"": ts}, "") for ts in told] if type(told) is list else []
    chat = string(event, "channel")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.STOP,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=string(event, "user"),
        message_id=max(ended, default=""),
        thread=string(event, "thread_ts"),
        chat_kind=chat_kind(chat),
    )


def _opened(payload: Json) -> Inbound | None:
    """Our home or our conversation, opened; or what lies beside it has changed."""
    event = part(payload, "event")
    changed = string(event, "type") == "app_context_changed"
    tab = "chat" if changed else TABS.get(string(event, "tab"), "")
    chat, who = string(event, "channel"), string(event, "user")
    return _opening(payload, chat, who, pressed=tab) if tab else None


def _assistant(payload: Json) -> Inbound | None:
    """The same of an app whose manifest still has ``assistant_view``: in a thread."""
    thread = part(part(payload, "event"), "assistant_thread")
    chat, who = string(thread, "channel_id"), string(thread, "user_id")
    under = string(thread, "thread_ts")
    return _opening(payload, chat, who, thread=under) if under else None


def _opening(
    payload: Json, chat: str, who: str, *, pressed: str = "chat", thread: str = ""
) -> Inbound:
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.OPENED,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=who,
        message_id="",
        thread=thread,
        pressed=pressed,
        extra=_beside(part(payload, "event")),
    )


def _beside(event: Json) -> dict[str, str]:
    """Which channel a person has open beside our conversation, where Slack tells."""
    told = part(event, "context") or part(event, "app_context")
    old = part(part(event, "assistant_thread"), "context")
    named = (
        string(one, "value")
        for one in items(told, "entities")
        if string(one, "type") == CHANNEL
    )
    channel = next((value for value in named if value), string(old, "channel_id"))
    return {"beside": channel} if channel else {}


def _is_edit(event: Json) -> bool:
    """Tell a person's edit from Slack's own touch, such as an unfurled link."""
    now, before = part(event, "message"), part(event, "previous_message")
    return bool(part(now, "edited")) and string(now, "text") != string(before, "text")


def _written(payload: Json, post: Json, bot: str) -> Inbound | None:
    """Read ``post``, which is the event itself or the message it changed."""
    author, ts = string(post, "user"), string(post, "ts")
    if (
        string(post, "bot_id")
        or author == bot
        or string(post, "subtype") not in WRITTEN
    ):
        return None
    event = part(payload, "event")
    chat = string(event, "channel")
    kind = chat_kind(chat, string(event, "channel_type"))
    said = string(post, "text")
    addressed = kind is ChatKind.PRIVATE or _is_for(bot, event, post)
    under = ts if addressed and kind is not ChatKind.PRIVATE else ""
    edited = part(post, "edited")
    root = string(post, "thread_ts")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.EDIT if edited else Kind.MESSAGE,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=author,
        message_id=ts,
        text=readable(without_address(said, bot) if bot else said).strip(),
        thread=root or under,
        reply_to=root if root != ts else "",
        attachments=_attachments(post),
        quoted=_quoted(post),
        sent_at=_instant(ts),
        edited_at=_instant(string(edited, "ts")),
        chat_kind=kind,
        addressed=addressed,
        extra=_home_team(payload, post) | _beside(event),
    )


def _is_for(bot: str, event: Json, post: Json) -> bool:
    if string(event, "type") == "app_mention":
        return True
    named = mention(bot).search(string(post, "text"))
    return bool(bot) and bool(named or string(post, "parent_user_id") == bot)


def _home_team(payload: Json, post: Json) -> dict[str, str]:
    """Name the sender's own team where a shared channel brings in strangers."""
    named = string(post, "user_team") or string(post, "team")
    team = named or happened_in(payload)
    return {"team": team} if team and team != team_of(payload) else {}


def _attachments(post: Json) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            file_id=string(file, "id"),
            name=string(file, "name"),
            media_type=string(file, "mimetype"),
            size_bytes=size if type(size := file.get("size")) is int else None,
            sent_as=_recorded(file, string(post, "user")),
        )
        for file in items(post, "files")
        if string(file, "id")
    )


def _recorded(file: Json, author: str) -> str:
    """What the author recorded for this; a clip of somebody else's is just a file."""
    is_theirs = string(file, "user") in {"", author}
    return CLIPS.get(string(file, "subtype"), "") if is_theirs else ""


def _quoted(post: Json) -> tuple[Quoted, ...]:
    """Messages that were shared: Slack puts them under the sharer's own words."""
    return tuple(
        Quoted(readable(said), string(shared, "author_name"), forwarded=True)
        for shared in items(post, "attachments")
        if (shared.get("is_share") is True or shared.get("is_msg_unfurl") is True)
        and (said := string(shared, "text"))
    )


def _instant(ts: str) -> datetime | None:
    if not TIMESTAMP.fullmatch(ts):
        return None
    return datetime.fromtimestamp(float(ts), tz=UTC)
