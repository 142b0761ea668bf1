"""Slack body -> Received. Pure and total: whatever the bytes, it answers."""

import re
from datetime import UTC, datetime

from channels.contract import (
    Attachment,
    ChannelName,
    ChatKind,
    Inbound,
    Kind,
    Quoted,
    Received,
)
from channels.outside import digest_id, loads
from channels.slack.markup import mention, readable, without_address
from channels.slack.wire import Json, items, part, payload_of, string

WRITTEN = {"", "file_share", "me_message", "thread_broadcast"}
"""The subtypes under which people write; the others are Slack's own notices."""
CHAT_KINDS = {
    "im": ChatKind.PRIVATE,
    "mpim": ChatKind.GROUP,
    "group": ChatKind.GROUP,
    "channel": ChatKind.CHANNEL,
}
PREFIXES = {"D": "im", "G": "group", "C": "channel"}
TIMESTAMP = re.compile(r"\d{1,10}(?:\.\d{1,9})?", re.ASCII)


def parse(body: bytes, *, bot: str = "") -> Received:
    """Normalise one event, command or interaction, posted or out of Socket Mode.

    ``bot`` is our own user id, for events that do not name it themselves. What is not
    served (other bots, joins, unfurls, unknown types) or cannot be read comes back
    without an ``Inbound``, to be kept all the same.

    Source: docs.slack.dev/apis/events-api, /interactivity/implementing-slash-commands,
    /reference/interaction-payloads, /apis/events-api/using-socket-mode
    """
    payload = payload_of(body)
    return Received(
        channel=ChannelName.SLACK,
        account=_account(payload),
        event_id=_event_id(payload) or digest_id(body),
        body=body,
        inbound=_inbound(payload, bot),
    )


def _account(payload: Json) -> str:
    """Return the team the app was reached in; an org-wide press may name no team."""
    return (
        string(payload, "team_id")
        or string(part(payload, "team"), "id")
        or string(part(payload, "user"), "team_id")
        or string(part(payload, "enterprise"), "id")
    )


def _event_id(payload: Json) -> str:
    return string(payload, "event_id") or string(payload, "trigger_id")


def _inbound(payload: Json, bot: str) -> Inbound | None:
    match payload:
        case {"type": "event_callback", "event": dict()}:
            found = _event(payload, _bot(payload) or bot)
        case {"type": "block_actions"}:
            found = _press(payload)
        case {"type": "view_submission"}:
            found = _form_sent(payload)
        case {"command": str()}:
            found = _command(payload)
        case _:
            return None
    return found if found and found.chat and found.sender else None


def _bot(payload: Json) -> str:
    for seat in items(payload, "authorizations"):
        if seat.get("is_bot") is True:
            return string(seat, "user_id")
    return ""


def _event(payload: Json, bot: str) -> Inbound | None:
    event = part(payload, "event")
    match string(event, "type"), string(event, "subtype"):
        case "app_mention", _:
            return _written(payload, event, bot)
        case "message", "message_changed" if _is_edit(event):
            return _written(payload, part(event, "message"), bot)
        case "message", subtype if subtype in WRITTEN:
            return _written(payload, event, bot)
    return None


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
    kind, said = _chat_kind(event), string(post, "text")
    addressed = kind is ChatKind.PRIVATE or _is_for(bot, event, post)
    under = ts if addressed and kind is not ChatKind.PRIVATE else ""
    edited = part(post, "edited")
    root = string(post, "thread_ts")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.EDIT if edited else Kind.MESSAGE,
        event_id=_event_id(payload),
        account=_account(payload),
        chat=string(event, "channel"),
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
        extra=_home_team(payload, post),
    )


def _is_for(bot: str, event: Json, post: Json) -> bool:
    if string(event, "type") == "app_mention":
        return True
    named = mention(bot).search(string(post, "text"))
    return bool(bot) and bool(named or string(post, "parent_user_id") == bot)


def _home_team(payload: Json, post: Json) -> dict[str, str]:
    """Name the sender's own team where a shared channel brings in strangers."""
    team = string(post, "user_team") or string(post, "team")
    return {"team": team} if team and team != _account(payload) else {}


def _command(payload: Json) -> Inbound:
    words = f"{string(payload, 'command')} {readable(string(payload, 'text'))}"
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.COMMAND,
        event_id=_event_id(payload),
        account=_account(payload),
        chat=string(payload, "channel_id"),
        sender=string(payload, "user_id"),
        message_id="",
        text=words.strip(),
        chat_kind=_named_kind(payload),
        chat_title=string(payload, "channel_name"),
        sender_name=string(payload, "user_name"),
        extra=_ways_back(payload),
    )


def _press(payload: Json) -> Inbound | None:
    pressed = next((v for a in items(payload, "actions") if (v := _value(a))), "")
    if not pressed:
        return None
    user, place = part(payload, "user"), part(payload, "container")
    channel, under = part(payload, "channel"), part(payload, "message")
    chat = string(channel, "id") or string(place, "channel_id")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.PRESS,
        event_id=_event_id(payload),
        account=_account(payload),
        chat=chat,
        sender=string(user, "id"),
        message_id=string(place, "message_ts") or string(under, "ts"),
        thread=string(under, "thread_ts") or string(place, "thread_ts"),
        pressed=pressed,
        chat_kind=_chat_kind({"channel": chat}),
        chat_title=string(channel, "name"),
        sender_name=string(user, "name"),
        extra=_ways_back(payload),
    )


def _form_sent(payload: Json) -> Inbound:
    """Read a modal's answers, each under its block's id."""
    user, view = part(payload, "user"), part(payload, "view")
    blocks = part(part(view, "state"), "values")
    where = loads(string(view, "private_metadata").encode()) or {}
    chat = string(where, "chat") or string(user, "id")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.FORM,
        event_id=_event_id(payload),
        account=_account(payload),
        chat=chat,
        sender=string(user, "id"),
        message_id=string(view, "id"),
        thread=string(where, "thread"),
        pressed=string(view, "callback_id"),
        answers={block: _answer(part(blocks, block)) for block in blocks},
        chat_kind=_chat_kind({"channel": chat}),
        sender_name=string(user, "name"),
        extra=_ways_back(payload) | _given(where),
    )


def _given(where: Json) -> dict[str, str]:
    given = string(where, "given")
    return {"given": given} if given else {}


def _answer(elements: Json) -> str:
    return next((v for name in elements if (v := _value(part(elements, name)))), "")


def _value(element: Json) -> str:
    """Return what was entered, chosen or pressed, whatever the element is called."""
    picked = [string(option, "value") for option in items(element, "selected_options")]
    dated = string(element, "selected_date") or string(element, "selected_time")
    one = string(element, "value") or string(part(element, "selected_option"), "value")
    return one or dated or ",".join(filter(None, picked))


def _ways_back(payload: Json) -> dict[str, str]:
    names = ("response_url", "trigger_id")
    return {name: way for name in names if (way := string(payload, name))}


def _chat_kind(event: Json) -> ChatKind:
    by_prefix = PREFIXES.get(string(event, "channel")[:1], "im")
    named = string(event, "channel_type")
    return CHAT_KINDS[named if named in CHAT_KINDS else by_prefix]


def _named_kind(payload: Json) -> ChatKind:
    """Read the kind off a command's channel name, as a private channel's id tells."""
    name = string(payload, "channel_name")
    if name == "privategroup" or name.startswith("mpdm-"):
        return ChatKind.GROUP
    return _chat_kind({"channel": string(payload, "channel_id")})


def _attachments(post: Json) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            file_id=string(file, "id"),
            name=string(file, "name"),
            media_type=string(file, "mimetype"),
            size_bytes=size if type(size := file.get("size")) is int else None,
        )
        for file in items(post, "files")
        if string(file, "id")
    )


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
