"""The one who sends: claims deliveries, sends or edits, and records what happened.

First a message is claimed and that is committed; then it is sent; then that is
recorded. A crash in between leaves a first sending ambiguous, which is never repeated,
and an edit undone, which is. An answer therefore is never a first sending: a
placeholder is, and should its fate be unknown, it is sent once more. Of any other
message whose fate is unknown the person is told, and may ask for it again.

What its chat cannot take yet is given back at once: neither a place nor a lease is held
for a chat that must wait.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import AgentError
from agent.mailroom import flood_queries, post_queries
from agent.mailroom.schemas import Delivery
from bot import digests, ends, membership, owed, previews
from bot.ears import Heard
from bot.leases import prolong
from bot.letters import Letter, act_of, chat_of, letter
from bot.losses import TOO_OFTEN, Losses
from bot.pacing import PATIENCE_S, Pacing, Write
from bot.services import Services
from bot.telemetry.port import Sending
from channels.contract import (
    Channel,
    MaybeSent,
    MessageGone,
    NotSent,
    OutFile,
    Refused,
)
from channels.rates import PREVIEW, PREVIEW_S, Act
from db import faultpoints

faultpoints.declare("post.claimed", "post.sent", "post.recorded")

log = structlog.get_logger()

BATCH = 32
FIRST = {Act.SEND: 0, Act.EDIT: 0, Act.STREAM: 1}
"""What is whole goes before what grows, in order: an answer before its next page."""
_began: ContextVar[int] = ContextVar("began", default=0)
"""When this task's message was taken up, by the wall clock."""


class Postman:
    """One process's sending, for the doors it has."""

    def __init__(
        self, services: Services, wake: Heard, channels: Mapping[str, Channel]
    ) -> None:
        """Send through ``channels``, the doors that are this process's to use."""
        self._services = services
        self._wake = wake
        self._channels = channels
        self._pacing = Pacing(channels, pause_s=services.pace.write_pause_s)
        self._losses = Losses(services.as_role)
        self._is_new = False
        self._under_way: dict[asyncio.Task[None], Delivery] = {}

    async def run(self) -> None:
        """Send until cancelled; what is under way then is finished first."""
        self._is_new = True
        # A large file may take longer to send than one lease.
        lease_s, held = self._services.pace.delivery_lease_s, self._under_way.values()
        renew = partial(post_queries.renew_deliveries, lease_s=lease_s)
        beat = asyncio.create_task(prolong(self._services, lease_s, held, renew))
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
                await self._recall(session)
                claimed = await post_queries.claim_deliveries(
                    session, limit=BATCH, lease_s=pace.delivery_lease_s, channels=names
                )
                ready = await previews.become(session, claimed)
            if not claimed:
                return await self._idle(names)
            await self._begin(ready)
        except Exception as error:  # noqa: BLE001 - the database comes back
            log.warning("post.claim_failed", error=type(error).__name__)
            return 1.0
        return 0.0

    async def _idle(self, names: Sequence[str]) -> float:
        """See to what else is owed; for how long there is nothing to send, then."""
        # Apart from the claim: what a lost sender left behind is settled by that.
        async with self._services.as_role("worker") as session:
            await owed.own_up(session, names)
            await ends.tell(session)
            await digests.release(session)
            return await post_queries.deliveries_due(
                session, names, self._services.pace.idle_s
            )

    async def _recall(self, session: AsyncSession) -> None:
        """Learn which chats asked an earlier process to wait."""
        if self._is_new:
            for place, wait_s in await flood_queries.flood_waits(session):
                self._pacing.hold(place, wait_s)
            self._is_new = False

    async def _begin(self, claimed: Sequence[Delivery]) -> None:
        """Send what may be sent by now, and give the rest back."""
        later: list[tuple[Delivery, float]] = []
        ahead = Counter(_write(one).place for one in self._under_way.values())
        for delivery in sorted(claimed, key=lambda one: FIRST[act_of(one)]):
            write = _write(delivery)
            wait_s = self._pacing.wait_s(write, behind=ahead[write.place])
            ahead[write.place] += 1
            if wait_s > PATIENCE_S:
                later.append((delivery, wait_s))
                continue
            task = asyncio.create_task(self.deliver(delivery))
            self._under_way[task] = delivery
            task.add_done_callback(self._done)
        if later:
            async with self._services.as_role("worker") as session:
                await flood_queries.put_off(session, later)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task)
        if not task.cancelled() and (error := task.exception()):
            # What became of it could not be written down: its lease will run out.
            log.warning("post.not_recorded", error=type(error).__name__)
        self._wake.set()

    async def deliver(self, delivery: Delivery) -> None:
        """Send or edit one message and record how it ended."""
        async with self._losses.apart(delivery) as may_be_tried:
            if may_be_tried:
                await self._in_turn(delivery)
            else:
                await self._end(delivery, "failed", TOO_OFTEN)

    async def _in_turn(self, delivery: Delivery) -> None:
        write = _write(delivery)
        if wait_s := await self._pacing.turn(write):
            async with self._services.as_role("worker") as session:
                await flood_queries.put_off(session, [(delivery, wait_s)])
            return
        try:
            await self._ended(delivery, write)
        finally:
            self._pacing.ended(write)

    async def _ended(self, delivery: Delivery, write: Write) -> None:
        faultpoints.reach("post.claimed")
        _began.set(time.time_ns())
        channel = self._channels[delivery.channel]
        try:
            await self._try(channel, delivery, write)
        except NotSent as error:
            await self._not_yet(delivery, write, error)
        except MaybeSent as error:
            await self._unsure(delivery, str(error))
        except MessageGone as error:
            await self._gone(delivery, str(error))
        except Refused as error:
            if await membership.followed(self._services, delivery, error):
                await self._postpone(delivery, 0.0, str(error))
            else:
                await self._end(delivery, "failed", str(error))
        except AgentError as error:
            await self._without_file(delivery, error)
        except Exception as error:  # edge: one message must not stop the others
            log.exception("post.failed", delivery_id=str(delivery.id))
            await self._unsure(delivery, type(error).__name__)

    async def _try(self, channel: Channel, delivery: Delivery, write: Write) -> None:
        made = letter(delivery, channel)
        message, began = made.message, time.monotonic()
        if delivery.external_id is not None:
            await channel.edit(message, delivery.external_id)
            external_id = delivery.external_id
        else:
            message = replace(message, file=await self._file(delivery))
            external_id = await channel.send(message)
        # The network is done with: the chat's next write need not wait for our books.
        self._pacing.ended(write)
        faultpoints.reach("post.sent")
        is_preview = external_id.startswith(PREVIEW)
        async with self._services.as_role("worker") as session:
            run_id = await post_queries.mark_sent(
                session,
                delivery,
                external_id=external_id,
                # What fades counts as not shown yet: it is shown again in time.
                revision=made.revision - is_preview,
                pause_s=PREVIEW_S if is_preview else self._pause_s(write, made, began),
            )
            await owed.go_on(session, delivery, made)
        faultpoints.reach("post.recorded")
        self._told(delivery, "sent", run_id)

    def _pause_s(self, write: Write, made: Letter, began: float) -> float:
        if not made.message.partial:
            return 0.0
        return max(0.0, self._pacing.interval_s(write) + began - time.monotonic())

    async def _not_yet(self, delivery: Delivery, write: Write, error: NotSent) -> None:
        """Try again later; where the messenger says when, all of the chat waits."""
        wait_s = error.retry_after_s
        if not wait_s:
            await self._postpone(delivery, self._again_s, str(error))
            return
        self._pacing.hold(write.place, wait_s)
        await self._postpone(delivery, wait_s, str(error))
        async with self._services.as_role("worker") as session:
            await flood_queries.flood(session, delivery, write.chat, wait_s=wait_s)

    def _told(self, delivery: Delivery, state: str, run_id: UUID | None = None) -> None:
        began = _began.get()
        sending = Sending(delivery.channel, state, run_id, began, delivery.is_edit)
        self._services.telemetry.delivered(sending)

    async def _file(self, delivery: Delivery) -> OutFile | None:
        files = delivery.payload.get("files", [])
        if not files or delivery.is_edit:
            return None
        [file] = files
        body = await self._services.objects.get(file["storage_key"])
        return OutFile(file["name"], file["media_type"], body, alt=file.get("alt", ""))

    async def _without_file(self, delivery: Delivery, error: AgentError) -> None:
        """The store does not give what is to be sent: for now, or never again."""
        if error.retryable:
            await self._postpone(delivery, self._again_s, f"file_late: {error.said}")
        else:
            await self._end(delivery, "failed", f"file_lost: {error.said}")

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
            status = await post_queries.postpone(
                session, delivery, pause_s=wait_s, error=error
            )
        self._told(delivery, "failed" if status == "failed" else "postponed")

    async def _end(self, delivery: Delivery, status: str, error: str) -> None:
        log.warning("post.ended", delivery_id=str(delivery.id), status=status)
        async with self._services.as_role("worker") as session:
            run_id = await post_queries.end(
                session, delivery, status=status, error=error
            )
        self._told(delivery, status, run_id)


def _write(delivery: Delivery) -> Write:
    place = delivery.channel, delivery.account, chat_of(delivery)
    return Write(*place, act_of(delivery))
