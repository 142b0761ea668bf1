"""What a message of ours shows now: a delivery row -> what its door is given. Pure."""

from dataclasses import dataclass

from agent.mailroom.schemas import Delivery
from channels.contract import Button, Channel, Outgoing
from channels.healing import heal
from channels.rates import PREVIEW, Act


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery, ready for its door but for its file."""

    message: Outgoing
    revision: int
    """The delivery's revision that this is."""
    rest: tuple[str, ...] = ()
    """What does not fit into one message."""


def chat_of(delivery: Delivery) -> str:
    """The chat it goes into, without the thread."""
    return delivery.recipient.rpartition("/")[0]


def act_of(delivery: Delivery) -> Act:
    """What sending it is, as far as limits tell it apart."""
    if not delivery.is_edit:
        return Act.SEND
    return Act.EDIT if delivery.is_whole else Act.STREAM


def is_due_whole(delivery: Delivery) -> bool:
    """Whether it was only shown so far, is whole now, and is to be sent."""
    shown_only = (delivery.external_id or "").startswith(PREVIEW)
    return shown_only and act_of(delivery) is Act.EDIT


def letter(delivery: Delivery, channel: Channel) -> Letter:
    """What the message shows now; the newest, whatever was skipped."""
    chat, _, thread = delivery.recipient.rpartition("/")
    text, revision = _shown(delivery)
    is_partial = not delivery.is_whole
    first, *rest = _pages(delivery, channel, text)
    message = Outgoing(
        account=delivery.account,
        chat=chat,
        thread=thread,
        markdown=first,
        buttons=_buttons(delivery),
        extra=delivery.payload.get("extra", {}),
        partial=is_partial,
        progress=_progress(delivery) if is_partial else "",
    )
    # Of a text that outgrows one message while it grows, the rest comes in the end.
    return Letter(message, revision, () if is_partial else tuple(rest))


def _pages(delivery: Delivery, channel: Channel, text: str) -> list[str]:
    # Under a file stands as much as fits; the file has the rest.
    if delivery.payload.get("files"):
        return [text]
    return channel.pages(text) or [text]


def _shown(delivery: Delivery) -> tuple[str, int]:
    """The text to show, and the revision that it is."""
    payload = delivery.payload
    promise = payload.get("placeholder", "")
    if not delivery.is_edit and promise:
        return _progress(delivery), 0
    if delivery.partial is not None:
        return delivery.partial, delivery.revision
    text, note = payload["text"], payload.get("note", "")
    if promise and text == promise:
        text = _progress(delivery)
    if payload.get("cut"):
        text = heal(text)
    return "\n\n".join(filter(None, (text, note))), delivery.revision


def _progress(delivery: Delivery) -> str:
    said = delivery.payload
    return str(said.get("progress") or said.get("placeholder") or "")


def _buttons(delivery: Delivery) -> tuple[Button, ...]:
    made = (
        Button(button["label"], f"{delivery.id}:{number}", button.get("row", 0))
        for number, button in enumerate(delivery.payload.get("buttons", []))
        if button.get("shown", True)
    )
    return tuple(sorted(made, key=lambda button: button.row))
