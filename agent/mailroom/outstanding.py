"""What a door still owes its people."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_ANY_LEFT = text("""
    SELECT EXISTS (SELECT FROM inbox WHERE channel = :channel AND status = 'received')
        OR EXISTS (SELECT FROM deliveries WHERE channel = :channel
                   AND (status IN ('planned', 'sending')
                        OR status = 'sent' AND (sent_revision < revision
                                                OR partial IS NOT NULL)))
        OR EXISTS (SELECT FROM deliveries d WHERE d.channel = :channel
                   AND d.status = 'sent' AND d.payload->>'placeholder' <> ''
                   AND d.payload->>'text' = d.payload->>'placeholder')
""")


async def any_left(session: AsyncSession, channel: str) -> bool:
    """Whether something typed is unanswered or unshown yet; as ``worker``."""
    return bool(await session.scalar(_ANY_LEFT, {"channel": channel}))
