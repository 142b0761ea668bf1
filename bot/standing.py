"""How the whole installation stands, and what about it is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import backlog as mailroom
from agent.runs import overview
from bot.durable import backlog as engine
from bot.durable.remote import outbox

LATE_S = 120.0
"""Whatever a process should take at once and nobody took for longer is late."""
UNSENT_S = 600.0
"""A messenger may refuse for a while, and asks for a pause now and then."""
SLOW_S = 1800.0
"""A run under way changes its row more often than that, through all its retries."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers of the whole installation, at one instant."""

    engine: engine.Backlog
    mailroom: mailroom.Backlog
    runs: dict[str, tuple[int, float]]
    """Status -> how many unfinished runs, and the most seconds that one has stood."""
    outbox: int
    """Events to be posted to an Inngest server."""


async def read(session: AsyncSession) -> Standing:
    """Return how everything stands; as the worker."""
    return Standing(
        engine=await engine.read(session),
        mailroom=await mailroom.read(session),
        runs=await overview.by_status(session),
        outbox=await outbox.waiting(session),
    )


def complaints(standing: Standing) -> dict[str, str]:
    """Return what is stuck: a name for each kind, and a line that people read."""
    return dict(_complaints(standing))


def _complaints(standing: Standing) -> Iterator[tuple[str, str]]:
    does, post = standing.engine, standing.mailroom
    if does.due_s > LATE_S:
        yield "jobs", f"a step is due for {_minutes(does.due_s)} and no worker takes it"
    if does.events_s > LATE_S:
        yield "events", f"an event has started nothing for {_minutes(does.events_s)}"
    if post.inbox_s > LATE_S:
        yield "inbox", f"a message waits for {_minutes(post.inbox_s)} to be worked on"
    if post.unsent_s > UNSENT_S:
        yield "deliveries", f"a message waits for {_minutes(post.unsent_s)} to be sent"
    count, still_s = standing.runs.get("running", (0, 0.0))
    if count and still_s > SLOW_S:
        yield "runs", f"a run under way has not moved for {_minutes(still_s)}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
