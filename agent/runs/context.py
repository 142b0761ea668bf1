"""What a request still lacks around it: the client that its skill writes for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST = 6
"""Clients that are offered; the others can be named."""

# Whoever went without one in a conversation is not asked there again.
_OFFERED = text("""
    SELECT k.id, k.name FROM clients k
    WHERE k.archived_at IS NULL
      AND NOT EXISTS (SELECT FROM runs r
                      WHERE r.conversation_id = :conversation_id
                        AND r.kind = 'skill' AND r.client_id IS NULL)
    ORDER BY (SELECT max(r.id::text) FROM runs r WHERE r.client_id = k.id)
             DESC NULLS LAST, lower(k.name)
    LIMIT :n
""")


async def offered(
    session: AsyncSession, conversation_id: UUID
) -> Sequence[tuple[UUID, str]]:
    """The clients to choose from, the latest worked for first; none: do not ask."""
    values = {"conversation_id": conversation_id, "n": MOST}
    rows = (await session.execute(_OFFERED, values)).all()
    return [(row.id, row.name) for row in rows]
