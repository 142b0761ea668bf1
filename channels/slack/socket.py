"""Socket Mode: Slack's events over a WebSocket that we open."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import (
    Keep,
    MaybeSent,
    NotKept,
    NotSent,
    Received,
)
from channels.outside import loads
from channels.slack.failures import explained
from channels.slack.http import Faults, no_faults, refused
from channels.slack.parse import parse
from channels.slack.wire import string

HEARTBEAT_S = 10.0
CLOSE_WITHIN_S = 0.5
BATCH = 100
LONGEST_PAUSE_S = 30.0
KEEP_AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0, 8.0)

Pause = Callable[[float], Awaitable[None]]

log = structlog.get_logger()


class SocketMode:
    """Receives until cancelled; connects again whenever a connection ends."""

    def __init__(  # noqa: PLR0913 - each is one plain fact, set once by wiring
        self,
        client: AsyncWebClient,
        keep: Keep,
        *,
        app_token: str,
        bot: str = "",
        pause: Pause = asyncio.sleep,
        faults: Faults = no_faults,
    ) -> None:
        """Take a client as ``door.connect`` yields it, and where events are kept.

        ``faults``: as ``http.Webhook`` has it.
        """
        self._client = client
        self._keep = keep
        self._app_token = app_token
        self._bot = bot
        self._pause = pause
        self._faults = faults
        self.connected = asyncio.Event()
        """Set while Slack has greeted the present connection."""

    async def run(self) -> None:
        """Keep receiving. Cancel to stop; nothing unacknowledged is lost by it.

        Raises:
            Refused: The app token does not work; the reason says what to do.
        """
        failed = 0
        while True:
            try:
                await self._connection()
                failed = 0
            except (aiohttp.ClientError, OSError, NotSent) as failure:
                failed += 1
                wait_s = _wait_s(failed, failure)
                log.warning("slack.reconnecting", reason=str(failure), wait_s=wait_s)
                await self._pause(wait_s)

    async def _connection(self) -> None:
        url = await self._open()
        session = self._client.session
        assert session is not None  # noqa: S101 - ``connect`` always gives one
        closing = aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN_S)
        async with session.ws_connect(
            url, heartbeat=HEARTBEAT_S, timeout=closing, max_msg_size=0
        ) as socket:
            try:
                await self._receive(socket)
                if not self.connected.is_set():
                    raise NotSent("Slack closed the connection without a greeting")
            finally:
                self.connected.clear()

    async def _open(self) -> str:
        """Return a one-time address, which serves a single connection."""
        try:
            with explained():
                answer = await self._client.apps_connections_open(
                    app_token=self._app_token
                )
        except MaybeSent as failure:
            raise NotSent(str(failure)) from failure
        return str(answer["url"])

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Read until Slack closes or asks us to go, then keep what is still waiting."""
        waiting: asyncio.Queue[str | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_all(waiting, socket))
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                if not self._take(message.data, waiting):
                    break
            waiting.put_nowait(None)

    def _take(self, raw: str, waiting: asyncio.Queue[str | None]) -> bool:
        """Queue an envelope; False when Slack says that this connection ends."""
        envelope = loads(raw.encode("utf-8", "surrogatepass")) or {}
        kind = string(envelope, "type")
        if kind == "hello":
            self.connected.set()
        elif kind == "disconnect":
            log.info("slack.disconnecting", reason=string(envelope, "reason"))
            return False
        elif string(envelope, "envelope_id"):
            waiting.put_nowait(raw)
        return True

    async def _keep_all(
        self,
        waiting: asyncio.Queue[str | None],
        socket: aiohttp.ClientWebSocketResponse,
    ) -> None:
        """Keep what arrived meanwhile in one go, in order, then acknowledge each."""
        while (first := await waiting.get()) is not None:
            batch = [first, *_more(waiting)]
            bodies = [raw.encode("utf-8", "surrogatepass") for raw in batch]
            parsed = [parse(body, bot=self._bot) for body in bodies]
            answers = [refused(one, self._faults) for one in parsed]
            pairs = zip(parsed, answers, strict=True)
            if await self._kept([one for one, answer in pairs if answer is None]):
                for body, answer in zip(bodies, answers, strict=True):
                    await _acknowledge(body, socket, answer)

    async def _kept(self, events: list[Received]) -> bool:
        """Try for as long as a database takes to restart; Slack gives up early.

        What is not kept even then is not acknowledged, and Slack sends it again.
        """
        for wait_s in (*KEEP_AGAIN_AFTER_S, None) if events else ():
            try:
                await self._keep(events)
            except NotKept as failure:
                log.warning("slack.not_kept", events=len(events), reason=str(failure))
            else:
                return True
            if wait_s is not None:
                await self._pause(wait_s)
        return not events


def _more(waiting: asyncio.Queue[str | None]) -> list[str]:
    found: list[str] = []
    while len(found) < BATCH - 1 and not waiting.empty():
        raw = waiting.get_nowait()
        if raw is None:
            waiting.put_nowait(None)
            break
        found.append(raw)
    return found


async def _acknowledge(
    body: bytes,
    socket: aiohttp.ClientWebSocketResponse,
    answer: dict[str, Any] | None,
) -> None:
    envelope = string(loads(body) or {}, "envelope_id")
    said = {"envelope_id": envelope, **({"payload": answer} if answer else {})}
    try:
        await socket.send_str(json.dumps(said))
    except (aiohttp.ClientError, OSError):
        # It is kept; Slack sends it once more and the inbox knows it by its key.
        log.info("slack.acknowledged_too_late", envelope=envelope)


def _wait_s(failed: int, failure: Exception) -> float:
    asked = getattr(failure, "retry_after_s", None)
    return float(asked or min(LONGEST_PAUSE_S, 2.0 ** min(failed, 10) / 2))
