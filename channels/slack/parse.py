"""Slack body -> Received. Pure and total: whatever the bytes, it answers."""

from dataclasses import replace

from channels.contract import ChannelName, ChatKind, Inbound, Kind, Received
from channels.outside import digest_id
from channels.slack.parse_events import event
from channels.slack.parse_interactions import interaction
from channels.slack.places import ASKER, event_id_of, team_of
from channels.slack.seats import bot_of
from channels.slack.wire import Json, payload_of


def parse(body: bytes, *, bot: str = "") -> Received:
    """Normalise one event, command or interaction, posted or out of Socket Mode.

    ``bot`` is our own user id, for events that do not name it themselves. What is not
    served (other bots, joins, unfurls, unknown types) or cannot be read comes back
    without an ``Inbound``, to be kept all the same.

    Source: docs.slack.dev/apis/events-api, /apis/events-api/using-socket-mode
    """
    payload = payload_of(body)
    return Received(
        channel=ChannelName.SLACK,
        account=team_of(payload),
        event_id=event_id_of(payload) or digest_id(body),
        body=body,
        inbound=_inbound(payload, bot),
    )


def _inbound(payload: Json, bot: str) -> Inbound | None:
    match payload:
        case {"type": "event_callback", "event": dict()}:
            found = event(payload, bot_of(payload) or bot)
        case _:
            found = interaction(payload)
    return _answerable(found) if found and found.chat and found.sender else None


def _answerable(inbound: Inbound) -> Inbound:
    """In a thread an answer may be streamed, and Slack wants to know for whom.

    What is written to us directly may yet become the beginning of one.
    """
    may_stream = inbound.thread or inbound.chat_kind is ChatKind.PRIVATE
    if not may_stream or inbound.kind is Kind.OPENED:
        return inbound
    return replace(inbound, extra={**inbound.extra, ASKER: inbound.sender})
