"""Jobs in hand without an engine: claim them, and see what a transition does."""

from datetime import timedelta
from uuid import UUID

import inngest
import uuid_utils.compat as uuids

from bot.durable import events, queue, registry
from bot.durable.caller import InProcess
from bot.durable.database import Database
from bot.durable.dispatch import dispatch
from bot.durable.port import Event
from bot.durable.queue import Job, Room
from bot.durable.registry import Registry
from bot.durable.steps import Steps
from tests.bot.durable.world import World

LEASE = timedelta(seconds=30)


async def nothing(ctx: inngest.Context, steps: Steps) -> None:
    """A function without a step."""


async def registered(world: World, store: Database) -> Registry:
    """Register the functions declared so far, and know them."""
    host, known = InProcess(world.client, world.functions), Registry()
    async with store.connection() as connection:
        await registry.sync(connection, host.app, "", host.configs)
        await known.load(connection)
    return known


async def queued(world: World, store: Database) -> None:
    """Queue the first call of one run."""
    async with store.connection() as connection:
        await events.send(connection, [Event("go", {}, "e1")])
    await dispatch(store, await registered(world, store))


async def claim(
    store: Database, worker: UUID | None = None, *, urgency: bool = False
) -> list[Job]:
    """Claim everything, as a worker of its own."""
    async with store.connection() as connection:
        room = Room(
            jobs=10,
            suspects=1,
            suspicious=2,
            held=(),
            functions=("t-go",),
            urgency=urgency,
        )
        return await queue.claim(connection, worker or uuids.uuid7(), LEASE, room)


async def started(world: World, store: Database) -> Job:
    """Start one run and claim its first call."""
    world.declare("go", nothing)
    await queued(world, store)
    (job,) = await claim(store)
    return job


async def expire(world: World) -> None:
    """Let every lease run out."""
    await world.tell("UPDATE engine.jobs SET due_at = now() - interval '1 s'")
