"""Domain streams: what happened to one thing, in order, each fact with its number.

A writer says which number it saw last. Where another fact came first the write is
stale: nothing is written, and ``retried`` reads anew and does it again. Facts are never
changed, so that folding them gives the state as of any number or moment.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import Conflict
from agent.identity.history import actor
from agent.ports import Who

T = TypeVar("T")
S = TypeVar("S")

TIMES = 8
"""A fact that loses this often has met a crowd, and says so."""

# A rival's row that is not committed yet is waited for: then this one is stale.
_APPEND = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        data, actor_type, actor_id, metadata)
    SELECT :workspace_id, :kind, :id, :expected + 1, 'domain', :type,
           CAST(:data AS jsonb), :actor_type, :actor_id,
           jsonb_build_object('channel', CAST(:channel AS text))
    WHERE (SELECT max(version) FROM events WHERE workspace_id = :workspace_id
           AND stream = 'domain/' || :kind || ':' || :id)
          IS NOT DISTINCT FROM CAST(nullif(:expected, 0) AS bigint)
       OR CAST(:begins AS boolean) AND NOT EXISTS (
           SELECT FROM events WHERE workspace_id = :workspace_id
             AND stream = 'domain/' || :kind || ':' || :id)
    ON CONFLICT DO NOTHING
    RETURNING version
""")
_FACTS = text("""
    SELECT version, type, data, occurred_at FROM events
    WHERE stream = 'domain/' || :kind || ':' || :id
      AND (CAST(:version AS bigint) IS NULL OR version <= :version)
      AND (CAST(:moment AS timestamptz) IS NULL OR occurred_at < :moment)
    ORDER BY version
""")


class Stale(Conflict):
    """The stream has gone on since it was read."""

    code = "stale"

    def __init__(self, kind: str) -> None:
        """Name what has changed."""
        super().__init__(
            f"Somebody else changed this {kind} just now.",
            hint="Look at it again, then say what you want.",
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """The history of one thing."""

    kind: str
    """``client``"""
    id: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened."""

    type: str
    """``client.edited``: past tense."""
    data: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    occurred_at: datetime | None = None


async def append(
    session: AsyncSession, who: Who, stream: Stream, fact: Fact, *, expected: int
) -> int:
    """Add a fact behind number ``expected`` (0: it is the first); its own number.

    Raises:
        Stale: The stream stands at another number; nothing was written.
    """
    version = await _written(session, who, stream, fact, expected, begins=False)
    if version is None:
        raise Stale(stream.kind)
    return version


async def begin(
    session: AsyncSession, who: Who, stream: Stream, fact: Fact, *, at: int
) -> None:
    """Let a stream begin at number ``at``, with a fact that tells the whole state.

    For things that are older than their stream. One that has begun stays as it is.
    """
    await _written(session, who, stream, fact, at - 1, begins=True)


async def replay(
    session: AsyncSession,
    stream: Stream,
    fold: Callable[[S, Fact], S],
    state: S,
    *,
    until: int | datetime | None = None,
) -> S:
    """The state after the facts up to a number, or before a moment; None: after all."""
    rows = await session.execute(
        _FACTS,
        {
            "kind": stream.kind,
            "id": stream.id,
            "version": until if isinstance(until, int) else None,
            "moment": until if isinstance(until, datetime) else None,
        },
    )
    for row in rows:
        state = fold(state, Fact(row.type, row.data, row.version, row.occurred_at))
    return state


async def retried(work: Callable[[], Awaitable[T]]) -> T:
    """What ``work`` gives once no other writer comes in between.

    It reads the state anew each time, and writes nothing before its ``append``.

    Raises:
        Stale: Others came first ``TIMES`` times.
    """
    for _ in range(TIMES - 1):
        with suppress(Stale):
            return await work()
    return await work()


async def _written(  # noqa: PLR0913 - one row
    session: AsyncSession,
    who: Who,
    stream: Stream,
    fact: Fact,
    expected: int,
    *,
    begins: bool,
) -> int | None:
    values = {
        **actor(who),
        "workspace_id": who.workspace_id,
        "kind": stream.kind,
        "id": stream.id,
        "expected": expected,
        "begins": begins,
        "type": fact.type,
        "data": json.dumps(dict(fact.data), default=str),
    }
    found: int | None = await session.scalar(_APPEND, values)
    return found
