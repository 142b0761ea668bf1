"""What the mailroom has before it, and what came to nothing; read as the worker."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_READ = text("""
    SELECT
        (SELECT count(*) FROM inbox WHERE status = 'received') AS inbox,
        (SELECT coalesce(max(extract(epoch FROM
                    now() - greatest(claimed_until, received_at))), 0)::float8
         FROM inbox WHERE status = 'received'
           AND (claimed_until IS NULL OR claimed_until < now())) AS inbox_s,
        (SELECT count(*) FROM deliveries WHERE status = 'planned') AS planned,
        (SELECT count(*) FROM deliveries WHERE status = 'sending') AS sending,
        (SELECT count(*) FROM deliveries
         WHERE status = 'sent' AND sent_revision < revision) AS editing,
        (SELECT count(*) FROM deliveries WHERE status = 'ambiguous') AS ambiguous,
        (SELECT coalesce(max(extract(epoch FROM now() - greatest(
                    claimed_until, not_before, updated_at))), 0)::float8
         FROM deliveries
         WHERE (status IN ('planned', 'sending')
                OR status = 'sent' AND sent_revision < revision)
           AND greatest(claimed_until, not_before, updated_at) < now()) AS unsent_s
""")

# The worker's own words about a failure, and never the message's.
_DEAD = text("""
    SELECT 'inbox' AS kind, channel, count(*) AS n
    FROM inbox WHERE status = 'failed' GROUP BY channel
    UNION ALL
    SELECT 'delivery', channel, count(*)
    FROM deliveries WHERE status = 'failed'
      AND updated_at > now() - interval '30 days' GROUP BY channel
    ORDER BY kind, channel
""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, and for how long the oldest of it should have gone."""

    inbox: int
    """Messages kept and not worked on yet."""
    inbox_s: float
    planned: int
    sending: int
    editing: int
    """Messages that are to show something newer."""
    ambiguous: int
    """Messages that may not have arrived; people were told."""
    unsent_s: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Messages of one door that were given up, in the last 30 days."""

    kind: str
    """``inbox``: theirs could not be worked on; ``delivery``: ours not be sent."""
    channel: str
    count: int


async def read(session: AsyncSession) -> Backlog:
    """Return how the mailroom stands now."""
    return Backlog(**(await session.execute(_READ)).mappings().one())


async def dead(session: AsyncSession) -> list[Dead]:
    """Return what was given up, by kind and door."""
    rows = await session.execute(_DEAD)
    return [Dead(row.kind, row.channel, row.n) for row in rows]
