"""Commands, presses, shortcuts and forms that come back -> Inbound. Pure."""

from channels.contract import ChannelName, Inbound, Kind, Quoted
from channels.outside import loads
from channels.slack.markup import readable
from channels.slack.places import called, chat_kind, event_id_of, team_of
from channels.slack.wire import Json, items, part, string

SHORTCUT = "shortcut:"
"""Begins ``Inbound.pressed`` where an entry of Slack's own menus was used."""


def interaction(payload: Json) -> Inbound | None:
    """Read what was done; None for what is not served.

    Source: docs.slack.dev/reference/interaction-payloads,
    /interactivity/implementing-slash-commands
    """
    match payload:
        case {"type": "block_actions"}:
            return _press(payload)
        case {"type": "view_submission"}:
            return _form_sent(payload)
        case {"type": "message_action" | "shortcut"}:
            return _shortcut(payload)
        case {"command": str()}:
            return _command(payload)
    return None


def _shortcut(payload: Json) -> Inbound | None:
    """Read a menu's entry, with the message it was chosen on as material.

    One of the global menu has no channel: it is done in the direct conversation.
    """
    user, post = part(payload, "user"), part(payload, "message")
    who, chat = string(user, "id"), string(part(payload, "channel"), "id")
    ts, said = string(post, "ts"), readable(string(post, "text"))
    author = string(post, "username") or string(post, "user")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.PRESS,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat or who,
        sender=who,
        message_id=ts,
        thread=string(post, "thread_ts") or (ts if chat[:1] != "D" else ""),
        pressed=f"{SHORTCUT}{string(payload, 'callback_id')}",
        quoted=(Quoted(said, author, forwarded=True),) if said.strip() else (),
        chat_kind=called(chat, string(part(payload, "channel"), "name")),
        chat_title=string(part(payload, "channel"), "name"),
        sender_name=string(user, "name") or string(user, "username"),
        extra=_ways_back(payload),
    )


def _command(payload: Json) -> Inbound:
    words = f"{string(payload, 'command')} {readable(string(payload, 'text'))}"
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.COMMAND,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=string(payload, "channel_id"),
        sender=string(payload, "user_id"),
        message_id="",
        text=words.strip(),
        chat_kind=called(
            string(payload, "channel_id"), string(payload, "channel_name")
        ),
        chat_title=string(payload, "channel_name"),
        sender_name=string(payload, "user_name"),
        extra={"who": string(payload, "user_id")} | _ways_back(payload),
    )


def _press(payload: Json) -> Inbound | None:
    pressed = next((v for a in items(payload, "actions") if (v := _value(a))), "")
    if not pressed:
        return None
    user, place = part(payload, "user"), part(payload, "container")
    channel, under = part(payload, "channel"), part(payload, "message")
    where = _where(part(payload, "view"))
    chat = (
        string(channel, "id")
        or string(place, "channel_id")
        or string(where, "chat")
        or string(user, "id")
    )
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.PRESS,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=string(user, "id"),
        message_id=string(place, "message_ts") or string(under, "ts"),
        thread=string(under, "thread_ts") or string(place, "thread_ts"),
        pressed=pressed,
        chat_kind=called(chat, string(channel, "name")),
        chat_title=string(channel, "name"),
        sender_name=string(user, "name"),
        extra=_ways_back(payload) | _whispered(place) | _at_home(payload),
    )


def _where(view: Json) -> Json:
    """Where a view belongs, as we wrote it into the view."""
    return loads(string(view, "private_metadata").encode()) or {}


def _at_home(payload: Json) -> dict[str, str]:
    is_home = string(part(payload, "view"), "type") == "home"
    return {"home": "yes"} if is_home else {}


def _whispered(place: Json) -> dict[str, str]:
    return {"whisper": "yes"} if place.get("is_ephemeral") is True else {}


def _form_sent(payload: Json) -> Inbound:
    """Read a modal's answers, each under its block's id."""
    user, view = part(payload, "user"), part(payload, "view")
    blocks = part(part(view, "state"), "values")
    where = _where(view)
    chat = string(where, "chat") or string(user, "id")
    return Inbound(
        channel=ChannelName.SLACK,
        kind=Kind.FORM,
        event_id=event_id_of(payload),
        account=team_of(payload),
        chat=chat,
        sender=string(user, "id"),
        message_id=string(view, "id"),
        thread=string(where, "thread"),
        pressed=string(view, "callback_id"),
        answers={block: _answer(part(blocks, block)) for block in blocks},
        chat_kind=chat_kind(chat),
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
