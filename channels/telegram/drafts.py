"""Drafts: a text that is being written, shown in a private chat before it is sent.

Nothing of a draft stays: after half a minute it fades, and what is finished is sent as
a message of its own. That sending, unlike an edit, cannot be repeated.

Source: core.telegram.org/bots/api#sendmessagedraft and #messagegenerationstopped (Bot
API 10.3 for its Stop; the library knows 10.0).
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from telegram import Bot
from telegram.error import BadRequest, EndPointNotFound

from channels.contract import ChannelName, Inbound, Kind, MessageGone, Outgoing
from channels.rates import PREVIEW
from channels.telegram.render import Rendered
from channels.telegram.rich import with_marks
from channels.telegram.updates import Stopped

UPDATE = "stopped_message_generation"
"""The kind of update that its Stop button sends; it must be asked for."""

_IDS = 2**52


@dataclass(slots=True)
class Drafts:
    """One bot's drafts, while its server knows them and they are wanted."""

    bot: Bot
    on: bool = False

    def fit(self, message: Outgoing) -> bool:
        """Whether the message can grow as a draft."""
        is_private = message.chat.isdecimal()
        return self.on and message.partial and is_private and message.file is None

    async def begin(self, message: Outgoing, topic: int | None) -> str | None:
        """The name of the draft shown; None when it shall be a message after all.

        Raises:
            TelegramError: Anything but that the server knows no drafts.
        """
        if not self.fit(message):
            return None
        name = f"{PREVIEW}{_id_of(message)}"
        try:
            await self._show(message, name, topic)
        except EndPointNotFound:
            self.on = False
            return None
        except BadRequest:
            return None  # if it is the chat, the usual way will tell
        return name

    async def go_on(self, message: Outgoing, name: str, topic: int | None) -> None:
        """Let the draft show this.

        Raises:
            MessageGone: It is finished, or can grow no more: it is to be sent now.
            TelegramError: Anything else that failed.
        """
        if not message.partial:
            raise MessageGone("a draft stays nowhere: the whole is sent")
        try:
            await self._show(message, name, topic)
        except (EndPointNotFound, BadRequest) as error:
            raise MessageGone(f"the draft cannot be shown: {error.message}") from error

    async def _show(self, message: Outgoing, name: str, topic: int | None) -> None:
        draft_id = int(name.removeprefix(PREVIEW))

        async def call(shown: Rendered) -> Any:
            return await self.bot.send_message_draft(
                int(message.chat),
                draft_id,
                shown.text,
                entities=shown.entities,
                message_thread_id=topic,
                api_kwargs={"can_stop": True, "keep_on_stop": True},
            )

        await with_marks(call, message)


def stopped(told: Stopped, event_id: str, account: str) -> Inbound:
    """The press of a draft's Stop."""
    return Inbound(
        channel=ChannelName.TELEGRAM,
        kind=Kind.STOP,
        event_id=event_id,
        account=account,
        chat=str(told.chat.id),
        sender=str(told.chat.id),  # drafts are private, so the chat is the person
        message_id=f"{PREVIEW}{told.draft_id}",
        thread=str(told.message_thread_id or ""),
    )


def _id_of(message: Outgoing) -> int:
    # The same each time: should its fate be unknown, it is shown again, not twice.
    seed = message.buttons[0].payload if message.buttons else message.markdown
    return 1 + int.from_bytes(sha256(seed.encode()).digest()[:8]) % _IDS
