"""What is done every night: forgetting by age, ending what expired, counting the lost.

Money that crashed calls still hold is freed elsewhere, every minute and without the
engine (``bot.wiring.processes``): a person must not wait for it until the night, nor
for an Inngest server that is away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.catalog import moved_on
from agent.clients import clearing
from agent.identity import repeats
from agent.identity import retention as identity
from agent.mailroom import backlog
from agent.mailroom import retention as mailroom
from agent.ports import Sealer
from agent.runs import retention as runs
from agent.runs import signals, strays
from agent.runs.strays import Inventory
from agent.vault import connections
from bot.durable import pruning
from bot.durable.remote import outbox
from bot.durable.steps import StepKey
from db.tenancy import SystemRole, system

BATCH = 500
"""Rows a transaction: a lock is held for some milliseconds."""
BATCHES = 400
"""Of one sweep in one night; what is left waits for the next."""
HOUR_S = 3600.0
STORED = {"files": clearing.clear, "strays": strays.clear}
"""Swept apart: the object store is asked, and no transaction waits for it."""
ENGINE = timedelta(days=14)
"""How long a durable run can be looked at after its end."""

log = structlog.get_logger()

Batch = Callable[[AsyncSession, int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to do to rows that are old enough, a batch at a time."""

    name: str
    role: SystemRole
    batch: Batch
    """Does up to so many, and returns how many those were."""


async def _posted(session: AsyncSession, n: int) -> int:
    return await outbox.prune(session, most=n)


SWEEPS = (
    Sweep("approvals", "worker", runs.expire_approvals),
    Sweep("inbox-bodies", "worker", mailroom.blank),
    Sweep("inbox", "eraser", mailroom.forget),
    Sweep("outbox", "worker", _posted),
    Sweep("link-codes", "eraser", identity.forget_codes),
    Sweep("sessions", "eraser", identity.forget_sessions),
    Sweep("repeats", "eraser", repeats.forget),
    Sweep("throttles", "worker", identity.forget_windows),
    Sweep("ignored-pieces", "worker", signals.ignored),
    Sweep("newer-skills", "worker", moved_on.tell),
    Sweep("routing-labels", "eraser", runs.forget_labels),
    Sweep("pasted-keys", "vault", connections.wipe_pasted),
    Sweep("spent-keys", "vault", connections.drop_spent),
    Sweep("engine-runs", "worker", partial(pruning.runs, older_than=ENGINE)),
    Sweep("engine-events", "worker", partial(pruning.events, older_than=ENGINE)),
    Sweep("engine-meters", "worker", pruning.meters),
)


def _resealing(key: Sealer) -> Sweep:
    batch = partial(connections.reseal_left, installation=key)
    return Sweep("old-seals", "vault", batch)


class Opens(Protocol):
    """The part of the services that opens a narrow role's transaction."""

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class Sweeper:
    """The steps of ``sweep``."""

    def __init__(
        self,
        services: Opens,
        key: Sealer | None = None,
        objects: Inventory | None = None,
    ) -> None:
        """Sweep with the rights that ``services`` open; ``key`` unseals secrets.

        ``objects`` is where files are deleted that nobody wants, or that are nobody's.
        """
        self._services = services
        self._sweeps = SWEEPS if key is None else (*SWEEPS, _resealing(key))
        self._objects = objects
        named = tuple(sweep.name for sweep in self._sweeps)
        self.names = (*named, *STORED) if objects else named

    async def sweep(self, key: StepKey, name: str) -> int:
        """Do one sweep to its end; how many rows it changed.

        Raises:
            DBAPIError: A lock was held for too long; what was done stands.
        """
        del key  # done a second time it finds nothing left
        if name in STORED and self._objects is not None:
            eraser = partial(self._services.as_role, "eraser")
            return await STORED[name](eraser, self._objects)
        [one] = (each for each in self._sweeps if each.name == name)
        total = 0
        for _ in range(BATCHES):
            async with self._services.as_role(one.role) as session:
                done = await one.batch(session, BATCH)
            total += done
            if done < BATCH:
                break
        log.info("sweep.done", sweep=name, rows=total)
        return total

    async def letters(self, key: StepKey) -> int:
        """Tell the operator of messages that were given up; how many there are."""
        del key
        async with self._services.as_role("worker") as session:
            found = await backlog.dead(session)
        for one in found:
            log.warning(
                "letters.dead", kind=one.kind, channel=one.channel, count=one.count
            )
        return sum(one.count for one in found)


class Roles:
    """Narrow roles' transactions, where there are no services."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Open them on a pool of ``agent_system``."""
        self._engine = engine

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        return system(self._engine, role)


async def prune_hourly(engine: AsyncEngine) -> None:
    """Forget the engine's old rows until cancelled, where no function does it."""
    sweeper = Sweeper(Roles(engine))
    names = [name for name in sweeper.names if name.startswith("engine-")]
    while True:
        try:
            for name in names:
                await sweeper.sweep(StepKey("hourly", name), name)
        except (SQLAlchemyError, OSError) as error:  # in an hour it may be better
            log.warning("sweep.failed", error=type(error).__name__)
        await asyncio.sleep(HOUR_S)
