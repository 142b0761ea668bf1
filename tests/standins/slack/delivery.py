"""How Slack hands events over: signed requests, or envelopes on a WebSocket."""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from tests.standins.slack.state import APP, Json, World

ACK_S = 3.0
RETRY_AFTER_S = (0.0, 60.0, 300.0)


@dataclass
class Delivery:
    """One thing handed over, with what became of it."""

    kind: str
    payload: Json
    attempts: int = 0
    taken: bool = False
    answers: list[str] = field(default_factory=list)
    """A status code, ``timeout``, ``refused`` or ``ack`` for each attempt."""
    response: Json = field(default_factory=dict)
    """What was answered besides, where Slack looks at it: a modal's errors."""


class HttpDelivery:
    """Posts to the app's URL, and again up to three times, as the Events API does."""

    def __init__(self, world: World, url: str, secret: str, hurry: float) -> None:
        self._world = world
        self._url = url
        self._hurry = hurry
        self._signer = SignatureVerifier(secret)
        self._session = aiohttp.ClientSession()

    async def hand_over(self, delivery: Delivery) -> None:
        waits = RETRY_AFTER_S if delivery.kind == "events_api" else ()
        retry: dict[str, str] = {}
        for number, wait_s in enumerate((*waits, None), start=1):
            await self._post(delivery, retry)
            if delivery.taken or wait_s is None:
                return
            reason = {"timeout": "http_timeout", "refused": "connection_failed"}
            why = reason.get(delivery.answers[-1], "http_error")
            retry = {"x-slack-retry-num": str(number), "x-slack-retry-reason": why}
            await asyncio.sleep(wait_s * self._hurry)

    async def _post(self, delivery: Delivery, retry: dict[str, str]) -> None:
        body, media_type = encoded(delivery)
        headers = {"content-type": media_type, **self.signature(body), **retry}
        delivery.attempts += 1
        try:
            timeout = aiohttp.ClientTimeout(total=ACK_S * max(self._hurry, 0.1))
            async with self._session.post(
                self._url, data=body, headers=headers, timeout=timeout
            ) as answer:
                delivery.answers.append(str(answer.status))
                delivery.taken = answer.status == 200
                if answer.content_type == "application/json":
                    delivery.response = await answer.json()
        except TimeoutError:
            delivery.answers.append("timeout")
        except aiohttp.ClientError:
            delivery.answers.append("refused")

    def signature(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self._world.now()))
        signed = self._signer.generate_signature(timestamp=stamp, body=body)
        return {
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": str(signed),
        }

    async def close(self) -> None:
        await self._session.close()


def encoded(delivery: Delivery) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    match delivery.kind:
        case "slash_commands":
            return urlencode(delivery.payload).encode(), form
        case "interactive":
            return urlencode({"payload": json.dumps(delivery.payload)}).encode(), form
    return json.dumps(delivery.payload).encode(), "application/json"


class SocketDelivery:
    """Sends envelopes to whoever is connected, and waits for each one's ack."""

    def __init__(self, hurry: float) -> None:
        self._hurry = hurry
        self._serial = count(1)
        self._tickets: set[str] = set()
        self.sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Event] = {}
        self._payloads: dict[str, Json] = {}
        self._connected = asyncio.Event()
        self.connections = 0
        self.strays: list[str] = []
        """What the app sent that acknowledges nothing."""
        self.hold_acks = False
        """Do as if no acknowledgement arrived."""

    def new_ticket(self) -> str:
        ticket = f"t{next(self._serial)}"
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="tickets serve once")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=10)
        await socket.prepare(request)
        info = {"num_connections": len(self.sockets) + 1}
        hello = {"type": "hello", "connection_info": {"app_id": APP}, **info}
        await socket.send_json(hello)
        self.sockets.append(socket)
        self.connections += 1
        self._connected.set()
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._heed(message.data)
        finally:
            self.leave(socket)
        return socket

    def leave(self, socket: web.WebSocketResponse) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)
        if not self.sockets:
            self._connected.clear()

    def _heed(self, text: str) -> None:
        said = json.loads(text)
        envelope = said.get("envelope_id", "")
        if self.hold_acks:
            return
        if envelope in self._acks:
            self._payloads[envelope] = said.get("payload") or {}
            self._acks[envelope].set()
        else:
            self.strays.append(text)

    async def hand_over(self, delivery: Delivery) -> None:
        is_event = delivery.kind == "events_api"
        for number in range(4 if is_event else 1):
            while not self.sockets:  # who was there may have left since it was said
                await self._connected.wait()
            delivery.attempts += 1
            if await self._send(delivery, number):
                delivery.taken = True
                delivery.answers.append("ack")
                return
            delivery.answers.append("timeout")

    async def _send(self, delivery: Delivery, number: int) -> bool:
        envelope_id = f"e{next(self._serial)}"
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            reason = "timeout" if number else ""
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        acked = self._acks[envelope_id] = asyncio.Event()
        try:
            # As Slack does: any of the open connections may get it.
            await self.sockets[number % len(self.sockets)].send_json(envelope)
            async with asyncio.timeout(ACK_S * max(self._hurry, 0.1)):
                await acked.wait()
            delivery.response = self._payloads.pop(envelope_id, {})
        except (TimeoutError, ConnectionError, IndexError):
            return False
        return True

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to go, as Slack does every few hours."""
        for socket in list(self.sockets):
            self.leave(socket)
            await socket.send_json({"type": "disconnect", "reason": reason})

    def sever(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self.sockets):
            self.leave(socket)
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        for socket in list(self.sockets):
            await socket.close()
