"""The way out: messages, edits, files, and the few calls about the bot itself."""

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from telegram import Bot, BotCommand, InputFile, LinkPreviewOptions
from telegram.error import InvalidToken, TelegramError

from channels.contract import (
    Attachment,
    ChannelName,
    Health,
    Inbound,
    OutFile,
    Outgoing,
)
from channels.rates import PREVIEW, Act, Rate
from channels.telegram import rates as limits
from channels.telegram.drafts import UPDATE, Drafts
from channels.telegram.files import download
from channels.telegram.parse import ALLOWED_UPDATES, Me
from channels.telegram.render import Rendered, captioned, keyboard, pages
from channels.telegram.rich import Rich, with_marks
from channels.telegram.wire import (
    Request,
    has_no_text,
    hide_token,
    is_unchanged,
    tried,
)
from channels.text import split, utf16_units

DOWNLOAD_BYTES = 20_000_000
_NOTICE_UNITS = 200
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramChannel:
    """One bot. Every call is tried once; who calls decides whether it is repeated."""

    name = ChannelName.TELEGRAM

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://api.telegram.org",
        timeout_s: float = 20.0,
        rich: bool = False,
        drafts: bool = False,
    ) -> None:
        """Connect nothing yet.

        Args:
            token: The bot's token from @BotFather.
            base_url: The Bot API server, without a path.
            timeout_s: How long to wait for an answer, once a request is out.
            rich: Whether a finished text goes out as a rich message where it gains.
            drafts: Whether a text grows as a draft in private chats.
        """
        hide_token()
        base = base_url.rstrip("/")
        self._request = Request(
            connection_pool_size=32,
            connect_timeout=min(5.0, timeout_s),
            read_timeout=timeout_s,
            write_timeout=timeout_s,
            pool_timeout=timeout_s,
            media_write_timeout=max(60.0, timeout_s),
        )
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._rich = Rich(self._bot, on=rich)
        self._drafts = Drafts(self._bot, on=drafts)
        self.updates = (*ALLOWED_UPDATES, UPDATE) if drafts else ALLOWED_UPDATES
        """The kinds of updates that this bot asks for."""
        self._timeout_s = timeout_s
        self._me: Me | None = None

    async def __aenter__(self) -> Self:
        """The channel, ready."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    def pages(self, markdown: str) -> list[str]:
        """Texts of at most 4096 UTF-16 units and 100 entities; see ``text.split``."""
        return pages(markdown)

    def interval_s(self, chat: str) -> float:
        """The time between two edits of one growing text."""
        return limits.stream_interval_s(chat)

    def rates(self, chat: str, act: Act) -> Sequence[Rate]:
        """What a write counts against; see ``channels.telegram.rates``."""
        return limits.rates(chat, act)

    async def me(self) -> Me:
        """Which bot the token belongs to; asked once.

        Raises:
            NotSent, MaybeSent, Refused: Refused is a token that is not valid.
        """
        if self._me is None:
            user = await tried(self._bot.get_me())
            self._me = Me(
                str(user.id),
                user.username or "",
                reads_all=bool(user.can_read_all_group_messages),
            )
        return self._me

    async def ping(self) -> Health:
        """Prove that the token works."""
        try:
            user = await self._bot.get_me()
        except InvalidToken:
            return Health(
                ok=False,
                detail="Telegram does not know this token.",
                hint="Ask @BotFather for the bot's token and set TELEGRAM_TOKEN to it.",
            )
        except TelegramError as error:
            return Health(
                ok=False,
                detail=f"Telegram did not answer: {error.message}",
                hint="Check the network, and TELEGRAM_BASE_URL if you set it.",
            )
        return Health(ok=True, detail=f"@{user.username} ({user.id})")

    async def send(self, message: Outgoing) -> str:
        """Deliver one message; its formatting is given up rather than its text.

        Raises:
            NotSent, MaybeSent, Refused: See each.
        """
        if message.file:
            return await self._send_file(message, message.file)

        async def call(shown: Rendered) -> Any:
            return await self._bot.send_message(
                message.chat,
                shown.text,
                entities=shown.entities,
                link_preview_options=_NO_PREVIEW,
                message_thread_id=_topic(message),
                reply_markup=keyboard(message.buttons),
            )

        topic = _topic(message)
        if draft := await tried(self._drafts.begin(message, topic)):
            return draft
        rich = await tried(self._rich.send(message, topic))
        return rich or str((await tried(with_marks(call, message))).message_id)

    async def edit(self, message: Outgoing, external_id: str) -> None:
        """Make a message show this text and these buttons; a file in it stays.

        Raises:
            NotSent, MaybeSent, Refused, MessageGone: See each.
        """
        if external_id.startswith(PREVIEW):
            await tried(self._drafts.go_on(message, external_id, _topic(message)))
        else:
            await tried(self._edit(message, int(external_id)))

    async def _edit(self, message: Outgoing, message_id: int) -> None:
        try:
            await (self._edit_caption if message.file else self._edit_text)(
                message, message_id
            )
        except TelegramError as error:
            if has_no_text(error):
                await self._edit_caption(message, message_id)
            elif not is_unchanged(error):
                raise

    async def _edit_text(self, message: Outgoing, message_id: int) -> None:
        async def call(shown: Rendered) -> Any:
            return await self._bot.edit_message_text(
                shown.text,
                message.chat,
                message_id,
                entities=shown.entities,
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard(message.buttons),
            )

        if not await self._rich.edit(message, message_id):
            await with_marks(call, message)

    async def _edit_caption(self, message: Outgoing, message_id: int) -> None:
        async def call(shown: Rendered) -> Any:
            return await self._bot.edit_message_caption(
                message.chat,
                message_id,
                caption=shown.text,
                caption_entities=shown.entities,
                reply_markup=keyboard(message.buttons),
            )

        await with_marks(call, captioned(message))

    async def acknowledge(self, inbound: Inbound, notice: str = "") -> None:
        """End the press's waiting sign, with a notice of at most 200 units."""
        callback_id = inbound.extra.get("callback_id")
        if not callback_id:
            return
        short = split(notice, _NOTICE_UNITS, utf16_units)[:1]
        try:
            await self._bot.answer_callback_query(callback_id, "".join(short) or None)
        except TelegramError as error:
            logging.getLogger(__name__).info(
                "telegram.press_not_acknowledged: %s", error.message
            )

    async def withdraw(self, chat: str, message_id: str) -> bool:
        """Delete what a person wrote; in a group that needs an admin's rights."""
        try:
            return await self._bot.delete_message(chat, int(message_id))
        except TelegramError as error:
            # Gone is gone, whoever did it.
            return "not found" in error.message.casefold()

    async def set_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Show these (name, description) pairs in the menu; ``-`` becomes ``_``.

        Raises:
            NotSent, MaybeSent, Refused: See each.
        """
        menu = [BotCommand(_menu_name(name), about[:256]) for name, about in commands]
        await tried(self._bot.set_my_commands(menu[:100]))

    async def set_webhook(self, url: str, secret: str, kinds: Sequence[str]) -> None:
        """Have updates of these kinds posted to ``url``; those pending are kept.

        Raises:
            NotSent, MaybeSent, Refused: See each.
        """
        await tried(
            self._bot.set_webhook(url, secret_token=secret, allowed_updates=kinds)
        )

    async def fetch(
        self,
        account: str,  # noqa: ARG002 - there is one bot
        file: Attachment,
        *,
        at_most: int = DOWNLOAD_BYTES,
    ) -> bytes:
        """The bytes of a file that came with a message.

        Raises:
            NotFetched: It is larger than ``at_most`` bytes, gone, or out of reach.
        """
        return await download(self._bot, file.file_id, at_most, self._timeout_s)

    async def _send_file(self, message: Outgoing, file: OutFile) -> str:
        async def call(shown: Rendered) -> Any:
            return await self._bot.send_document(
                message.chat,
                InputFile(file.body, filename=file.name),
                caption=shown.text,
                caption_entities=shown.entities,
                message_thread_id=_topic(message),
                reply_markup=keyboard(message.buttons),
            )

        sent = await tried(with_marks(call, captioned(message)))
        return str(sent.message_id)


def _topic(message: Outgoing) -> int | None:
    return int(message.thread) if message.thread else None


def _menu_name(name: str) -> str:
    return name.replace("-", "_").lower()[:32]
