"""Posts what lies in the outbox, in the order it was written, until it has arrived."""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.ports import Clock
from bot.durable.remote import outbox
from bot.durable.remote.api import Api
from bot.durable.remote.breath import Breath
from bot.durable.remote.errors import Away, InngestError, Rejected
from bot.durable.remote.outbox import Waiting
from bot.ears import Heard
from db import faultpoints
from db.tenancy import system

faultpoints.declare("relay.claimed", "relay.posted", "relay.published")

BATCH = 100
ENTROPY_BYTES, PLACE_BYTES = 10, 4

log = structlog.get_logger()


class Relay:
    """One process's relay; any number may work side by side."""

    def __init__(
        self, system_engine: AsyncEngine, api: Api, clock: Clock, breath: Breath
    ) -> None:
        """Relay from the outbox to ``api``."""
        self._system = system_engine
        self._api = api
        self._clock = clock
        self._breath = breath
        self._failures = 0
        self.trouble = ""
        """Why the last post failed; empty while all is well."""
        self.queued = 0
        """How many events waited when it was last looked."""
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Post nothing new; what is on its way is finished."""
        self._ended.set()

    async def run(self, heard: Heard) -> None:
        """Work until ended; ``heard`` is set when there may be news, or the end."""
        while not self._ended.is_set():
            try:
                pause_s = await self._turn()
            except (SQLAlchemyError, OSError) as error:
                log.warning("relay.database_away", reason=type(error).__name__)
                pause_s = self._breath.idle_s
            # A pause after a failure is not shortened by news.
            await (self._pause(pause_s) if self._failures else heard.wait(pause_s))

    async def _pause(self, for_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._ended.wait()

    async def _turn(self) -> float:
        """Post what is due; return how long to rest."""
        claimed = await self._claim()
        if not claimed:
            return await self._rest()
        faultpoints.reach("relay.claimed")
        try:
            await self._post_all(claimed)
        except InngestError as error:
            return await self._failed(error)
        self._succeeded()
        return 0

    async def _claim(self) -> list[Waiting]:
        async with system(self._system, "worker") as session:
            return await outbox.claim(
                session,
                most=BATCH,
                lease=self._breath.lease,
                seed=new_seed(self._clock),
            )

    async def _post_all(self, claimed: list[Waiting]) -> None:
        """Post group by group; what could not be posted is given back.

        Raises:
            Away, Denied: The server takes nothing now.
        """
        left = list(claimed)
        try:
            for group in _groups(claimed):
                await self._post(group)
                del left[: len(group)]
        except InngestError as error:
            await self._give_back(left, error.message, timedelta())
            raise

    async def _post(self, group: Sequence[Waiting]) -> None:
        try:
            ids = await self._api.post([one.event for one in group], _seed_of(group))
        except Rejected as error:
            await self._rejected(group, error)
            return
        faultpoints.reach("relay.posted")
        async with system(self._system, "worker") as session:
            await outbox.published(session, group, ids)
        faultpoints.reach("relay.published")

    async def _rejected(self, group: Sequence[Waiting], error: Rejected) -> None:
        """One bad event spoils a whole post: then each goes by itself."""
        if len(group) > 1:
            await self._give_back(group, "refused with others", timedelta())
            return
        [one] = group
        if one.last_error != error.message:
            log.error(
                "relay.event_refused",
                event_id=one.key,
                reason=error.message,
                hint="It is kept, and offered again every few minutes.",
            )
        await self._give_back(group, error.message, self._breath.slow)

    async def _give_back(
        self, tried: Sequence[Waiting], why: str, wait: timedelta
    ) -> None:
        async with system(self._system, "worker") as session:
            await outbox.again(session, tried, why, wait)

    async def _failed(self, error: InngestError) -> float:
        self._failures += 1
        if error.message != self.trouble:
            log.warning("relay.failed", reason=error.message, hint=error.hint)
        self.trouble = error.message
        await self._count()
        if not isinstance(error, Away):
            # It waits for a person; the right key is noticed within a minute or two.
            return self._breath.pause_s(max(self._failures, 4))
        return max(error.wait_s, self._breath.pause_s(self._failures))

    def _succeeded(self) -> None:
        if self.trouble:
            log.info("relay.recovered", after_failures=self._failures)
        self._failures, self.trouble = 0, ""

    async def _rest(self) -> float:
        await self._count()
        if not self.queued:
            self._succeeded()  # another relay posted what we could not
        return self._breath.idle_s

    async def _count(self) -> None:
        async with system(self._system, "worker") as session:
            self.queued = await outbox.waiting(session)


def new_seed(clock: Clock) -> str:
    """Return what the server makes its ids of one post's events from."""
    millis = int(clock.now().timestamp() * 1000)
    return _written(millis, secrets.token_bytes(ENTROPY_BYTES))


def _groups(claimed: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """New events go together; one that was tried goes alone, under its own seed."""
    group: list[Waiting] = []
    for one in claimed:
        if group and not (one.is_new and group[-1].is_new):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _seed_of(group: Sequence[Waiting]) -> str:
    """Return the seed under which the first of a group gets the id it would have had.

    The server adds an event's place in the post to the seed's last four bytes.
    Source: pkg/event/id.go of github.com/inngest/inngest
    """
    first = group[0].payload
    millis, _, entropy = str(first["seed"]).partition(",")
    given = base64.b64decode(entropy)
    head, tail = given[:-PLACE_BYTES], int.from_bytes(given[-PLACE_BYTES:])
    moved = (tail + int(first["place"])) % 2 ** (8 * PLACE_BYTES)
    return _written(int(millis), head + moved.to_bytes(PLACE_BYTES))


def _written(millis: int, entropy: bytes) -> str:
    return f"{millis},{base64.b64encode(entropy).decode()}"
