"""Answers that grow where they stand, and the one message each of them ends as.

A stream only ever adds. So what may still change waits (see ``growing``), and what has
changed all the same ends the stream: the message then goes on by edits, as it does
where there is no stream. How far a stream has got is known to this process alone; any
other finds the message streaming, ends that, and goes on by edits, too.

Source: docs.slack.dev/reference/methods/chat.startStream, chat.appendStream and
chat.stopStream; that a stream dies after five minutes whatever is added to it is not in
them: github.com/slackapi/python-slack-sdk/issues/1859
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from slack_sdk.models.messages.chunk import (
    BlocksChunk,
    Chunk,
    MarkdownTextChunk,
    TaskUpdateChunk,
)

from channels.contract import MaybeSent, MessageGone, NotSent, Outgoing, Refused
from channels.markdown import legible
from channels.slack import render
from channels.slack.clients import Clients
from channels.slack.failures import NotStreaming, Unrendered, explained
from channels.slack.growing import settled
from channels.slack.markup import unpinged
from channels.slack.places import ASKER

LIFE_S = 270.0
"""When a stream is ended by us: Slack does it after some 300 s, and drops the text."""
PIECE = 12_000
TITLE = 256
REMEMBERED = 1_000
"""Streams of this process; the oldest is forgotten first, and then ends by an edit."""
BARRED_S = 600.0
"""How long a chat that refused a stream is not asked for one again."""
TASK = "work"

Key = tuple[str, str, str]
log = structlog.get_logger()


@dataclass(slots=True)
class _Stream:
    """What stands in one message so far."""

    began: float
    title: str
    shown: str = ""


class Streams:
    """The streams that this process has begun."""

    def __init__(
        self,
        clients: Clients,
        *,
        now: Callable[[], float] = time.monotonic,
        most: int = REMEMBERED,
    ) -> None:
        """Stream through ``clients``; ``now`` counts seconds from anywhere."""
        self._clients = clients
        self._now = now
        self._most = most
        self._open: OrderedDict[Key, _Stream] = OrderedDict()
        self._barred: OrderedDict[tuple[str, str], float] = OrderedDict()

    def open_beside(self, chat: str) -> int:
        """How many streams its workspace has, where something streams in that chat."""
        since = self._now() - LIFE_S
        young = [key for key, stream in self._open.items() if stream.began > since]
        accounts = {key[0] for key in young if key[1] == chat}
        return sum(key[0] in accounts for key in young)

    async def start(self, message: Outgoing) -> str:
        """Begin a stream and return its timestamp; empty where there can be none.

        Raises:
            MaybeSent: It may have begun.
        """
        if not self._is_possible(message):
            return ""
        title = _title(message)
        try:
            ts = await self._start(message, _task(title))
        except NotSent as failure:
            self._bar((message.account, ""), failure.retry_after_s or 0.0)
            return ""
        except Refused as failure:
            log.info("slack.no_stream", reason=str(failure))
            self._bar((message.account, message.chat), BARRED_S)
            return ""
        key = (message.account, message.chat, ts)
        self._keep(self._open, key, _Stream(self._now(), title))
        return ts

    async def grow(self, message: Outgoing, ts: str) -> bool:
        """Add what is new; False when this can only be shown by an edit.

        Raises:
            NotSent, MessageGone: See each.
        """
        key = (message.account, message.chat, ts)
        stream = self._open.get(key)
        if stream is None or self._now() - stream.began >= LIFE_S:
            return False
        tail = _tail(stream, message)
        if tail is None:
            return False
        chunks: list[Chunk] = [MarkdownTextChunk(text=tail)] if tail else []
        if (title := _title(message)) != stream.title:
            chunks.insert(0, _task(title))
        try:
            await self._append(key, chunks)
        except MessageGone:
            self._open.pop(key, None)
            raise
        except (MaybeSent, Refused) as failure:
            log.info("slack.stream_broke", reason=str(failure))
            return False
        stream.shown, stream.title = stream.shown + tail, title
        return True

    async def end(self, message: Outgoing, ts: str) -> None:
        """End the stream, if this process has one there; then it can be edited.

        Raises:
            NotSent, MaybeSent, Refused, MessageGone: See each. May be repeated.
        """
        key = (message.account, message.chat, ts)
        if (stream := self._open.pop(key, None)) is not None:
            await self.stop(message, ts, title=stream.title)

    async def stop(self, message: Outgoing, ts: str, *, title: str = "") -> None:
        """End a stream, whoever began it; one that has ended is as good.

        Raises:
            NotSent, MaybeSent, Refused, MessageGone: See each. May be repeated.
        """
        client = await self._clients.of(message.account)
        try:
            with explained():
                await client.chat_stopStream(
                    channel=message.chat,
                    ts=ts,
                    chunks=[_task(title, "complete")] if title else None,
                    session_status="processing" if message.partial else "active",
                )
        except NotStreaming:
            return

    def _is_possible(self, message: Outgoing) -> bool:
        places = (message.account, ""), (message.account, message.chat)
        is_open = all(self._barred.get(place, 0.0) <= self._now() for place in places)
        return bool(message.partial and message.thread and _whom(message) and is_open)

    async def _start(self, message: Outgoing, task: Chunk) -> str:
        buttons = list(render.actions(message.buttons))
        try:
            return await self._call_start(message, [task, *_blocks(buttons)])
        except Unrendered:
            # Without its buttons it can still be stopped by Slack's own.
            return await self._call_start(message, [task])

    async def _call_start(self, message: Outgoing, chunks: list[Chunk]) -> str:
        client = await self._clients.of(message.account)
        with explained():
            answer = await client.chat_startStream(
                channel=message.chat,
                thread_ts=message.thread,
                chunks=chunks,
                **_whom(message),
            )
        return str(answer["ts"])

    async def _append(self, key: Key, chunks: list[Chunk]) -> None:
        if not chunks:
            return
        account, chat, ts = key
        client = await self._clients.of(account)
        with explained():
            await client.chat_appendStream(channel=chat, ts=ts, chunks=chunks)

    def _bar(self, place: tuple[str, str], for_s: float) -> None:
        self._keep(self._barred, place, self._now() + for_s)

    def _keep(self, kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
        kept[key] = value
        while len(kept) > self._most:
            kept.popitem(last=False)


def _whom(message: Outgoing) -> dict[str, str]:
    """Whom the stream is for, which Slack wants to know in channels."""
    user = message.extra.get(ASKER, "")
    team = message.extra.get("team") or message.account
    return {"recipient_user_id": user, "recipient_team_id": team} if user else {}


def _tail(stream: _Stream, message: Outgoing) -> str | None:
    """What is to be added to what stands there; None if it is no beginning of this."""
    if message.markdown == message.progress:
        return ""  # there is no text yet, and the task's title says the same
    text = legible(message.markdown)
    whole = unpinged(text)
    if stream.shown.startswith(whole):
        return ""  # the page closed before where the text had got to
    if not whole.startswith(stream.shown):
        return None
    return unpinged(settled(text))[len(stream.shown) :][:PIECE]


def _title(message: Outgoing) -> str:
    said = message.progress or message.markdown
    return unpinged(" ".join(said.split()))[:TITLE]


def _task(
    title: str, status: Literal["in_progress", "complete"] = "in_progress"
) -> Chunk:
    return TaskUpdateChunk(id=TASK, title=title, status=status)


def _blocks(blocks: list[render.Block]) -> list[Chunk]:
    return [BlocksChunk(blocks=blocks)] if blocks else []
