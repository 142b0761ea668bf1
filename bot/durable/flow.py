"""Flow control where runs begin: which events start a run now, later, together or not.

Everything here happens under the dispatcher's lock, so that two cannot disagree.
"""

from collections.abc import Mapping, Sequence

from bot.durable.arrived import Arrived
from bot.durable.database import Connection
from bot.durable.functions import Plan
from bot.durable.host import Known
from bot.durable.starts import Start

Wanted = tuple[Plan, Arrived]
"""An event that is to start a function."""


async def admit(connection: Connection, wanted: Sequence[Wanted]) -> list[Start]:
    """Return the runs that begin now, or after a delay of their own."""
    return [Start(plan, (event,)) for plan, event in wanted]


async def ripen(connection: Connection, known: Mapping[str, Known]) -> list[Start]:
    """Return the runs whose time has come: gathered events, and ticks of the clock."""
    return []
