"""Works the inbox: in order within a chat, many chats at once, woken by NOTIFY."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from structlog.contextvars import bound_contextvars

from agent.mailroom import inbox_queries
from agent.mailroom.schemas import Claimed
from bot import intake
from bot.ears import Heard
from bot.intake import Handled
from bot.leases import prolong
from bot.rates import Later
from bot.services import Services
from channels.contract import Inbound, Kind
from db import faultpoints

faultpoints.declare("inbox.claimed", "inbox.handled", "inbox.closed")

log = structlog.get_logger()

BATCH = 16
TRIES = 3
"""A row claimed more often has killed whoever worked on it; there is one more claim,
to say sorry."""

LONGEST_S = 300.0
"""A message worked on for longer hangs, and is tried again."""

ACKNOWLEDGED = {Kind.PRESS, Kind.STOP}
"""What the platform, or who did it, waits to see taken."""

Acknowledge = Callable[[Inbound, str], Awaitable[None]]


class InboxWorker:
    """One process's share of the inbox."""

    def __init__(self, services: Services, wake: Heard) -> None:
        """Work with ``services``; ``wake`` says when there may be something."""
        self._services = services
        self._wake = wake
        self._under_way: dict[asyncio.Task[None], Claimed] = {}

    async def run(self) -> None:
        """Work until cancelled; what is under way then is finished first."""
        lease_s, held = self._services.pace.inbox_lease_s, self._under_way.values()
        renew = partial(inbox_queries.renew_inbox, lease_s=lease_s)
        beat = asyncio.create_task(prolong(self._services, lease_s, held, renew))
        try:
            while True:
                await self._wake.wait(await self._round())
        finally:
            await asyncio.gather(*self._under_way, return_exceptions=True)
            beat.cancel()

    async def _round(self) -> float:
        """Take what there is; how long to wait for more, in seconds."""
        pace = self._services.pace
        try:
            async with self._services.as_role("worker") as session:
                items = await inbox_queries.claim_inbox(
                    session, limit=BATCH, lease_s=pace.inbox_lease_s
                )
                if not items:
                    return await inbox_queries.inbox_due(session, pace.idle_s)
        except Exception as error:  # noqa: BLE001 - the database comes back
            log.warning("inbox.claim_failed", error=type(error).__name__)
            return 1.0
        for item in items:
            task = asyncio.create_task(self.work(item))
            self._under_way[task] = item
            task.add_done_callback(self._done)
        return 0.0

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task)
        # The next message of that chat may be waiting for this one.
        self._wake.set()

    async def work(self, item: Claimed) -> None:
        """Handle one row, close it, and tell whoever pressed that it was taken."""
        faultpoints.reach("inbox.claimed")
        with bound_contextvars(inbox_id=str(item.id), channel=item.channel):
            if item.attempts > TRIES:
                await self._failed(item, "its workers were lost")
                return
            try:
                handled = await self._handled(item)
                faultpoints.reach("inbox.handled")
                await self._close(item, handled)
                faultpoints.reach("inbox.closed")
                await self._acknowledge(item, handled)
            except Later as later:
                await self._later(item, later.pause_s)
            except Exception as error:  # edge: the row is tried again, never lost
                log.exception("inbox.failed", attempt=item.attempts)
                await self._failed(item, type(error).__name__)

    async def _handled(self, item: Claimed) -> Handled:
        with self._services.telemetry.receiving():
            async with asyncio.timeout(LONGEST_S):
                return await intake.handle(self._services, item)

    async def _later(self, item: Claimed, pause_s: float) -> None:
        async with self._services.as_role("worker") as session:
            await inbox_queries.defer_inbox(session, item, pause_s=pause_s)

    async def _close(self, item: Claimed, handled: Handled) -> None:
        async with self._services.as_role("worker") as session:
            await inbox_queries.close_inbox(
                session, item, handled.status, forget=handled.forget
            )

    async def _failed(self, item: Claimed, error: str) -> None:
        try:
            if item.attempts >= TRIES:
                await intake.apologise(self._services, item)
                async with self._services.as_role("worker") as session:
                    await inbox_queries.close_inbox(
                        session, item, "failed", error=error
                    )
                return
            pause_s = self._services.pace.inbox_again_s * 2 ** (item.attempts - 1)
            async with self._services.as_role("worker") as session:
                await inbox_queries.release_inbox(
                    session, item, pause_s=pause_s, error=error
                )
        except Exception:  # the lease runs out, and the row is claimed again
            log.exception("inbox.release_failed")

    async def _acknowledge(self, item: Claimed, handled: Handled) -> None:
        channel = self._services.channels.get(item.channel)
        if channel is not None and item.kind in ACKNOWLEDGED:
            inbound = Inbound.from_payload(
                {k: v for k, v in item.payload.items() if k != "team"}
            )
            await channel.acknowledge(inbound, handled.notice)
