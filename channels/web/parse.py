"""The page's JSON -> `Inbound`. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.contract import (
    Attachment,
    ChannelName,
    Inbound,
    Kind,
    Received,
)
from channels.outside import loads

MAX_CHARACTERS = 40_000
MAX_BODY_BYTES = 12 * MAX_CHARACTERS + 4096
"""A character outside the BMP takes twelve bytes as JSON escapes."""
MAX_PAYLOAD_BYTES = 64
MAX_FIELDS = 100
MAX_FILES = 20
MAX_NAME = 300


class Unusable(Exception):
    """What the page sent cannot be worked; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who is signed in at the page."""

    user_id: str
    name: str = ""


def message(body: bytes, *, sender: Sender, at: datetime) -> Received:
    """Read ``{"text", "client_id", "files"}``; the page's id makes a repeat harmless.

    ``files``: ``{"id", "name"}`` of each that was handed over before.

    Raises:
        Unusable: The body is no such object, or the text is too long, or empty where
            no file comes along.
    """
    sent = _object(body)
    attachments = tuple(map(_attachment, _files(sent)))
    text = _text(sent, may_be_empty=bool(attachments))
    written = text.strip()
    kind = Kind.COMMAND if written.startswith("/") else Kind.MESSAGE
    client_id = _client_id(sent)
    return _received(
        body,
        Inbound(
            channel=ChannelName.WEB,
            kind=kind,
            event_id=f"{sender.user_id}:{client_id}",
            account="",
            chat=sender.user_id,
            sender=sender.user_id,
            message_id=client_id,
            text=written,
            attachments=attachments,
            sent_at=at,
            sender_name=sender.name,
        ),
    )


def press(body: bytes, *, sender: Sender, at: datetime) -> Received:
    """Read ``{"payload", "message_id", "client_id"}``: a button was pressed.

    Raises:
        Unusable: The body is no such object.
    """
    sent = _object(body)
    payload, under = sent.get("payload"), sent.get("message_id")
    if not _is_token(payload) or not _is_token(under):
        raise Unusable("That button is not one of ours. Reload the page and try again.")
    return _received(
        body,
        Inbound(
            channel=ChannelName.WEB,
            kind=Kind.PRESS,
            event_id=f"{sender.user_id}:{_client_id(sent)}",
            account="",
            chat=sender.user_id,
            sender=sender.user_id,
            message_id=str(under),
            pressed=str(payload),
            sent_at=at,
            sender_name=sender.name,
        ),
    )


def form(body: bytes, *, sender: Sender, at: datetime) -> Received:
    """Read ``{"payload", "answers", "client_id"}``: a form was filled in.

    Raises:
        Unusable: The body is no such object, or an answer is no text or too long.
    """
    sent = _object(body)
    payload, answers = sent.get("payload"), sent.get("answers")
    if not _is_token(payload) or not _are_answers(answers):
        raise Unusable("That form is not one of ours. Reload the page and try again.")
    assert isinstance(answers, dict)  # noqa: S101 - just checked
    client_id = _client_id(sent)
    return _received(
        body,
        Inbound(
            channel=ChannelName.WEB,
            kind=Kind.FORM,
            event_id=f"{sender.user_id}:{client_id}",
            account="",
            chat=sender.user_id,
            sender=sender.user_id,
            message_id=client_id,
            pressed=str(payload),
            answers=answers,
            sent_at=at,
            sender_name=sender.name,
        ),
    )


def _are_answers(given: object) -> bool:
    if not isinstance(given, dict) or len(given) > MAX_FIELDS:
        return False
    texts = [*given.keys(), *given.values()]
    whole = all(isinstance(one, str) for one in texts)
    return whole and sum(map(len, texts)) <= MAX_CHARACTERS


def _received(body: bytes, inbound: Inbound) -> Received:
    return Received(
        channel=inbound.channel,
        account=inbound.account,
        event_id=inbound.event_id,
        body=body,
        inbound=inbound,
    )


def _object(body: bytes) -> dict[str, Any]:
    sent = loads(body)
    if sent is None:
        raise Unusable("That did not arrive whole. Reload the page and try again.")
    return sent


def _files(sent: dict[str, Any]) -> list[dict[str, Any]]:
    files = sent.get("files") or []
    is_list = isinstance(files, list) and len(files) <= MAX_FILES
    if not is_list or not all(isinstance(file, dict) for file in files):
        raise Unusable(
            "Those files are not ours. Reload the page and attach them anew."
        )
    return files


def _attachment(file: dict[str, Any]) -> Attachment:
    try:
        file_id = str(UUID(str(file.get("id"))))
    except ValueError:
        raise Unusable("That file is gone. Attach it again.") from None
    return Attachment(file_id, name=str(file.get("name") or "")[:MAX_NAME])


def _text(sent: dict[str, Any], *, may_be_empty: bool) -> str:
    text = sent.get("text")
    if may_be_empty and text == "":
        return ""
    if not isinstance(text, str) or not text.strip():
        raise Unusable("There is nothing in that message yet. Write a few words first.")
    if len(text) > MAX_CHARACTERS:
        raise Unusable(
            f"That is {len(text):,} characters, and one message holds"
            f" {MAX_CHARACTERS:,}. Send it in two or more parts."
        )
    return text


def _client_id(sent: dict[str, Any]) -> str:
    try:
        return str(UUID(str(sent.get("client_id"))))
    except ValueError:
        raise Unusable("The page is out of date. Reload it and try again.") from None


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) <= MAX_PAYLOAD_BYTES
