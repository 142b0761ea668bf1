"""Flow control where runs begin: which events start a run now, later, together or not.

Everything here happens under the dispatcher's lock, so that two cannot disagree. Each
stage takes the runs that would begin and returns those that go on; one that none of
their functions asks for costs no statement. The order of the stages is Inngest's.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bot.durable.arrived import Arrived
from bot.durable.database import Connection
from bot.durable.flow import batches, crons, debounces, gatherings, rates, singletons
from bot.durable.flow.singletons import OVERTAKEN
from bot.durable.host import Known
from bot.durable.plan import Plan
from bot.durable.starts import Start

__all__ = ["OVERTAKEN", "Wanted", "adjust", "admit", "overtaken", "ripen"]

Wanted = tuple[Plan, Arrived]
"""An event that is to start a function."""


async def admit(connection: Connection, wanted: Sequence[Wanted]) -> list[Start]:
    """Return the runs that begin now, or after a delay of their own."""
    return await _admit(connection, [Start(plan, (event,)) for plan, event in wanted])


async def ripen(connection: Connection, known: Mapping[str, Known]) -> list[Start]:
    """Return the runs whose time has come: gathered events, and ticks of the clock."""
    begun = await _let_in(connection, await gatherings.ripe(connection, known))
    return begun + await _admit(connection, await crons.tick(connection, known))


async def overtaken(connection: Connection, begun: Sequence[Start]) -> list[UUID]:
    """Return the runs that end because one of ``begun`` has taken their place."""
    return await singletons.overtaken(connection, begun)


async def adjust(connection: Connection, known: Mapping[str, Known]) -> None:
    """Take note of the functions there are now: their crons, and whose are gone."""
    await crons.keep(connection, known)
    await gatherings.forget(connection)


async def _admit(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    full = await batches.gather(connection, starts)
    allowed = await rates.limit(connection, full)
    return await _let_in(connection, await debounces.gather(connection, allowed))


async def _let_in(connection: Connection, starts: Sequence[Start]) -> list[Start]:
    alone = await singletons.claim(connection, starts)
    return await rates.throttle(connection, alone)
