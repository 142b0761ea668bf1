"""A typed line -> `Received`. Pure: no I/O, no clock."""

import json
from dataclasses import dataclass
from datetime import datetime

from channels.contract import (
    ChannelName,
    Inbound,
    Kind,
    Received,
)
from channels.outside import clean

LEAVING = frozenset({"exit", "quit", "/exit", "/quit", ":q"})


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at the terminal."""

    chat: str
    """Also the sender's id: one seat, one private chat."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """One thing a person entered: a text, or a press of ``payload``."""

    event_id: str
    at: datetime
    text: str = ""
    payload: str = ""
    message_id: str = ""
    """The message whose button was pressed."""


def leaves(line: str) -> bool:
    """Whether the line ends the talk."""
    return line.strip().casefold() in LEAVING


def received(typed: Typed, seat: Seat) -> Received:
    """The same as an event of this door."""
    inbound = Inbound(
        channel=ChannelName.TERMINAL,
        kind=_kind(typed),
        event_id=typed.event_id,
        account="",
        chat=seat.chat,
        sender=seat.chat,
        message_id=typed.message_id or typed.event_id,
        text=clean(typed.text).strip(),
        pressed=typed.payload,
        sent_at=typed.at,
        sender_name=seat.name,
    )
    return Received(
        channel=inbound.channel,
        account=inbound.account,
        event_id=inbound.event_id,
        body=json.dumps(inbound.to_payload()).encode(),
        inbound=inbound,
    )


def _kind(typed: Typed) -> Kind:
    if typed.payload:
        return Kind.PRESS
    return Kind.COMMAND if typed.text.lstrip().startswith("/") else Kind.MESSAGE
