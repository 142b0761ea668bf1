"""The one who sends: claims deliveries, sends or edits, and records what happened.

First a message is claimed and that is committed; then it is sent; then that is
recorded. A crash in between leaves a first sending ambiguous, which is never repeated,
and an edit undone, which is. An answer therefore is never a first sending: a
placeholder is, and should its fate be unknown, it is sent once more. Of any other
message whose fate is unknown the person is told, and may ask for it again.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import AgentError
from agent.mailroom import deliveries, post_queries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Delivery
from bot import digests, render
from bot.ears import Heard
from bot.services import Services
from bot.telemetry.port import Sending
from channels.contract import (
    Button,
    Channel,
    MaybeSent,
    MessageGone,
    NotSent,
    OutFile,
    Outgoing,
    Refused,
)
from db import faultpoints

faultpoints.declare("post.claimed", "post.sent", "post.recorded")

log = structlog.get_logger()

BATCH = 32
LONGEST_WAIT_S = 300.0
_began: ContextVar[int] = ContextVar("began", default=0)
"""When this task's message was taken up, by the wall clock."""
CHATS_PACED = 10_000
"""Chats whose pace is remembered; the idle ones are forgotten beyond that."""


class Postman:
    """One process's sending, for the doors it has."""

    def __init__(
        self, services: Services, wake: Heard, channels: Mapping[str, Channel]
    ) -> None:
        """Send through ``channels``, the doors that are this process's to use."""
        self._services = services
        self._wake = wake
        self._channels = channels
        self._next: dict[str, float] = {}
        self._under_way: dict[asyncio.Task[None], Delivery] = {}

    async def run(self) -> None:
        """Send until cancelled; what is under way then is finished first."""
        beat = asyncio.create_task(self._beat())
        try:
            while True:
                await self._wake.wait(await self._round())
        finally:
            await asyncio.gather(*self._under_way, return_exceptions=True)
            beat.cancel()

    async def _round(self) -> float:
        """Take what there is; how long to wait for more, in seconds."""
        pace, names = self._services.pace, list(self._channels)
        try:
            async with self._services.as_role("worker") as session:
                claimed = await post_queries.claim_deliveries(
                    session, limit=BATCH, lease_s=pace.delivery_lease_s, channels=names
                )
                if not claimed:
                    await _own_up(session, names)
                    await digests.release(session)
                    return await post_queries.deliveries_due(
                        session, names, pace.idle_s
                    )
        except Exception as error:  # noqa: BLE001 - the database comes back
            log.warning("post.claim_failed", error=type(error).__name__)
            return 1.0
        for delivery in claimed:
            task = asyncio.create_task(self.deliver(delivery))
            self._under_way[task] = delivery
            task.add_done_callback(self._done)
        return 0.0

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task)
        if not task.cancelled() and (error := task.exception()):
            # What became of it could not be written down: its lease will run out.
            log.warning("post.not_recorded", error=type(error).__name__)
        self._wake.set()

    async def _beat(self) -> None:
        """Prolong the leases: a large file may take longer than one."""
        lease_s = self._services.pace.delivery_lease_s
        while True:
            await asyncio.sleep(lease_s / 3)
            if not (held := list(self._under_way.values())):
                continue
            try:
                async with self._services.as_role("worker") as session:
                    await post_queries.renew_deliveries(session, held, lease_s=lease_s)
            except Exception as error:  # noqa: BLE001 - the database comes back
                log.warning("post.beat_failed", error=type(error).__name__)

    async def deliver(self, delivery: Delivery) -> None:
        """Send or edit one message and record how it ended."""
        faultpoints.reach("post.claimed")
        _began.set(time.time_ns())
        channel = self._channels[delivery.channel]
        try:
            await self._try(channel, delivery)
        except NotSent as error:
            wait = min(error.retry_after_s or self._again_s, LONGEST_WAIT_S)
            await self._postpone(delivery, wait, str(error))
        except MaybeSent as error:
            await self._unsure(delivery, str(error))
        except MessageGone as error:
            await self._gone(delivery, str(error))
        except Refused as error:
            await self._end(delivery, "failed", str(error))
        except AgentError as error:
            await self._postpone(delivery, self._again_s, error.said)
        except Exception as error:  # edge: one message must not stop the others
            log.exception("post.failed", delivery_id=str(delivery.id))
            await self._unsure(delivery, type(error).__name__)

    async def _try(self, channel: Channel, delivery: Delivery) -> None:
        chat, _, thread = delivery.recipient.rpartition("/")
        shown, revision = _shown(delivery, channel)
        partial = _is_partial(delivery, shown)
        message = Outgoing(
            account=delivery.account,
            chat=chat,
            thread=thread,
            markdown=shown,
            buttons=_buttons(delivery),
            file=await self._file(delivery),
            extra=delivery.payload.get("extra", {}),
            partial=partial,
            progress=_progress(delivery) if partial else "",
        )
        await self._turn(f"{delivery.channel}/{delivery.account}/{chat}", channel, chat)
        if delivery.external_id is not None:
            await channel.edit(replace(message, file=None), delivery.external_id)
            external_id = delivery.external_id
        else:
            external_id = await channel.send(message)
        faultpoints.reach("post.sent")
        async with self._services.as_role("worker") as session:
            run_id = await post_queries.mark_sent(
                session,
                delivery,
                external_id=external_id,
                revision=revision,
                pause_s=self._pause_s(channel, chat),
            )
        faultpoints.reach("post.recorded")
        self._told(delivery, "sent", run_id)

    def _told(self, delivery: Delivery, state: str, run_id: UUID | None = None) -> None:
        began = _began.get()
        sending = Sending(delivery.channel, state, run_id, began, delivery.is_edit)
        self._services.telemetry.delivered(sending)

    async def _turn(self, key: str, channel: Channel, chat: str) -> None:
        """Wait until this chat may be written to again; others do not wait for it."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next.get(key, now))
        self._next[key] = at + self._pause_s(channel, chat)
        if len(self._next) > CHATS_PACED:
            self._next = {k: v for k, v in self._next.items() if v > now}
        await asyncio.sleep(at - now)

    def _pause_s(self, channel: Channel, chat: str) -> float:
        pause_s = self._services.pace.write_pause_s
        return channel.interval_s(chat) if pause_s is None else pause_s

    async def _file(self, delivery: Delivery) -> OutFile | None:
        files = delivery.payload.get("files", [])
        if not files or delivery.is_edit:
            return None
        [file] = files
        body = await self._services.objects.get(file["storage_key"])
        return OutFile(file["name"], file["media_type"], body)

    async def _unsure(self, delivery: Delivery, error: str) -> None:
        if delivery.may_repeat:
            await self._postpone(delivery, self._again_s, error)
        else:
            await self._end(delivery, "ambiguous", error)

    async def _gone(self, delivery: Delivery, error: str) -> None:
        """Send an answer anew whose message was deleted, once, when it is whole."""
        if not delivery.payload.get("placeholder"):
            await self._end(delivery, "failed", error)
            return
        async with self._services.as_role("worker") as session:
            await post_queries.lost_its_message(session, delivery, error=error)

    @property
    def _again_s(self) -> float:
        return self._services.pace.again_s

    async def _postpone(self, delivery: Delivery, wait_s: float, error: str) -> None:
        log.info("post.postponed", delivery_id=str(delivery.id), wait_s=wait_s)
        async with self._services.as_role("worker") as session:
            await post_queries.postpone(session, delivery, pause_s=wait_s, error=error)
        self._told(delivery, "postponed")

    async def _end(self, delivery: Delivery, status: str, error: str) -> None:
        log.warning("post.ended", delivery_id=str(delivery.id), status=status)
        async with self._services.as_role("worker") as session:
            run_id = await post_queries.end(
                session, delivery, status=status, error=error
            )
        self._told(delivery, status, run_id)


async def _own_up(session: AsyncSession, channels: Sequence[str]) -> None:
    """Tell people of messages that may not have reached them, once each."""
    for lost in await post_queries.unsure(session, channels):
        owner = Owner(lost["workspace_id"], lost["conversation_id"])
        key = f"{lost['dedupe_key']}:unsure"
        # At the door nobody is known yet who could press.
        message = render.unsure(lost["id"] if owner.workspace_id else None)
        place = deliveries.place_of(lost)
        await deliveries.plan(session, place, message, owner=owner, key=key)
        log.warning("post.unsure", delivery_id=str(lost["id"]))


def _shown(delivery: Delivery, channel: Channel) -> tuple[str, int]:
    """The text to show now, and the revision that it is."""
    payload = delivery.payload
    if delivery.external_id is None and payload.get("placeholder"):
        return payload["placeholder"], 0
    if delivery.partial is not None:
        return _beginning(delivery.partial, channel), delivery.revision
    parts = (payload["text"], payload.get("note", ""))
    return "\n\n".join(filter(None, parts)), delivery.revision


def _beginning(partial: str, channel: Channel) -> str:
    # A draft that outgrows one message: the rest comes with the finished piece.
    pages = channel.pages(partial) or [partial]
    return pages[0]


def _is_partial(delivery: Delivery, shown: str) -> bool:
    if delivery.partial is not None or delivery.payload.get("progress"):
        return True
    placeholder = delivery.payload.get("placeholder")
    return bool(placeholder and shown == placeholder)


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
