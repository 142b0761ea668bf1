"""Slack's way out: posts, edits, files, and the proof that it all works."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from channels.contract import (
    ChannelName,
    Health,
    Inbound,
    Kind,
    MessageGone,
    NotSent,
    OutFile,
    Outgoing,
    Refused,
    SendError,
)
from channels.ends import End
from channels.rates import Act, Rate
from channels.slack import rates as limits
from channels.slack import render
from channels.slack.clients import Clients
from channels.slack.edits import Edits
from channels.slack.failures import (
    Outside,
    Streaming,
    Unrendered,
    explained,
)
from channels.slack.manifest import SCOPES
from channels.slack.markup import mrkdwn
from channels.slack.sessions import Sessions, Thread
from channels.slack.sharing import FILE, Sharing
from channels.slack.streams import Streams
from channels.slack.surfaces import Surfaces
from channels.slack.whispers import ONLY, WHISPER, WHO, Whispers

log = structlog.get_logger()

TRY = (
    "Check the network, and the bot token under OAuth & Permissions at "
    "api.slack.com/apps."
)


class SlackDoor(Surfaces, Sharing, Whispers):
    """The ``Channel`` that speaks to every workspace we are installed in."""

    name = ChannelName.SLACK

    def __init__(self, clients: Clients, streams: Streams | None = None) -> None:
        """Speak through the clients of the workspaces we are installed in."""
        self._clients = clients
        self._streams = streams or Streams(clients)
        self._edits = Edits()
        self._sessions = Sessions(clients)

    def pages(self, markdown: str) -> list[str]:
        """Split into texts that each fit one message, losing nothing. Pure."""
        return render.pages(markdown)

    def interval_s(self, chat: str) -> float:
        """The time between two looks of one growing text, in seconds."""
        streams = self._streams.open_beside(chat)
        if streams:
            return limits.append_interval_s(streams)
        return self._edits.interval_s(chat)

    def rates(self, chat: str, act: Act) -> Sequence[Rate]:
        """What a write counts against; see ``channels.slack.rates``."""
        streams = act is Act.STREAM and self._streams.open_beside(chat)
        return limits.APPENDS if streams else limits.rates(chat, act)

    async def send(self, message: Outgoing) -> str:
        """Deliver and return the message's timestamp.

        A channel we are not in is answered through the command's response URL, where
        there is one: visible to that person alone, and never to be edited. What more is
        to come of grows by a stream, where there can be one.

        Raises:
            NotSent, MaybeSent, Refused: See each.
        """
        if message.file is not None:
            return await self._hand_over(message, message.file)
        _must_say_something(message)
        if not message.partial or ONLY in message.extra:
            return await self._say(message)
        ts = await self._streams.start(message) or await self._say(message)
        await self._sessions.working(_thread(message), message.markdown, anew=True)
        return ts

    async def _hand_over(self, message: Outgoing, file: OutFile) -> str:
        """Send the file; where it is for one person alone, to them directly."""
        if not (only := message.extra.get(ONLY, "")):
            return await self._send_file(message, file)
        chat = await self.direct(message.account, only)
        if not chat:
            raise NotSent(End.UNREACHABLE.because("our conversation did not open"))
        there = replace(message, chat=chat, thread="")
        return WHISPER + await self._send_file(there, file)

    async def _say(self, message: Outgoing) -> str:
        if only := message.extra.get(ONLY, ""):
            return await self._tell(message, only)
        try:
            return await self._post(message)
        except Outside as failure:
            who = message.extra.get(WHO, "")
            return await self._otherwise(message, who, failure)

    async def edit(self, message: Outgoing, external_id: str) -> None:
        """Make the message show this instead; unchanged content is success.

        Raises:
            NotSent, MaybeSent, Refused, MessageGone: See each.
        """
        if external_id.startswith((WHISPER, FILE)):
            raise MessageGone(
                End.MESSAGE_GONE.because("Slack lets nobody edit this kind of message")
            )
        _must_say_something(message)
        if message.partial:
            await self._sessions.working(_thread(message), message.markdown)
            if await self._streams.grow(message, external_id):
                return
        await self._streams.end(message, external_id)
        try:
            await self._rewrite(message, external_id)
        except Streaming:  # begun by a process that is no more
            await self._streams.stop(message, external_id)
            await self._rewrite(message, external_id)
        self._edits.made(message)
        if not message.partial:
            await self._sessions.resting(_thread(message))

    async def acknowledge(self, inbound: Inbound, notice: str = "") -> None:
        """Show ``notice`` to the one who pressed; the press itself needs no answer.

        Slack was answered when the press was kept. Best effort: it never raises.
        """
        if inbound.kind is Kind.STOP:
            where = Thread(inbound.account, inbound.chat, inbound.thread)
            await self._sessions.resting(where, surely=True)
        url = inbound.extra.get("response_url", "")
        if not notice or inbound.kind is not Kind.PRESS or not self._is_slacks(url):
            return
        try:
            await self._respond(inbound.account, url, {"text": mrkdwn(notice)})
        except SendError as failure:
            log.info("slack.notice_not_shown", reason=str(failure))

    async def ping(self) -> Health:
        """Prove the token with one round trip; never raises."""
        try:
            with explained():
                answer = await (await self._clients.of("")).auth_test()
        except SendError as failure:
            return Health(ok=False, detail=str(failure), hint=TRY)
        detail = f"Slack: @{answer.get('user')} in {answer.get('team')}"
        missing = _missing(answer.headers)
        if not missing:
            return Health(ok=True, detail=detail)
        hint = f"install the app again; it lacks {', '.join(missing)}"
        return Health(ok=False, detail=detail, hint=hint)

    async def _post(self, message: Outgoing) -> str:
        *better, last = render.versions(message)
        for blocks in better:
            with suppress(Unrendered):
                return await self._post_blocks(message, blocks)
        return await self._post_blocks(message, last)

    async def _post_blocks(self, message: Outgoing, blocks: list[render.Block]) -> str:
        client = await self._clients.of(message.account)
        with explained():
            answer = await client.chat_postMessage(
                channel=message.chat,
                thread_ts=message.thread or None,
                text=render.text(message),
                blocks=blocks,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["ts"])

    async def _rewrite(self, message: Outgoing, ts: str) -> None:
        *better, last = render.versions(message)
        for blocks in better:
            with suppress(Unrendered):
                return await self._update(message, ts, blocks)
        return await self._update(message, ts, last)

    async def _update(
        self, message: Outgoing, ts: str, blocks: list[render.Block]
    ) -> None:
        client = await self._clients.of(message.account)
        with explained():
            await client.chat_update(
                channel=message.chat,
                ts=ts,
                text=render.text(message),
                blocks=blocks,
                parse="none",
                link_names=False,
            )


def _thread(message: Outgoing) -> Thread:
    return Thread(message.account, message.chat, message.thread)


def _must_say_something(message: Outgoing) -> None:
    if not message.markdown.strip():
        raise Refused(End.EMPTY.because("there is nothing to show"))


def _missing(headers: Mapping[str, str]) -> list[str]:
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")}
    return [scope for scope in SCOPES if scope not in granted]
