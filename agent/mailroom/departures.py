"""A messenger's workspace that put us out, or let us in again: its chats, what was due.

Each runs with the role that is named; done twice it finds nothing left to do.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LEAVE = text("""
    UPDATE chats SET state = 'left'
    WHERE channel = :channel AND account = :account AND state = 'active'
""")
_RETURN = text("""
    UPDATE chats c SET state = 'active'
    WHERE channel = :channel AND account = :account AND state = 'left'
      AND EXISTS (SELECT FROM chats whole
          WHERE whole.channel = c.channel AND whole.account = c.account
            AND whole.chat_id = c.chat_id AND whole.kind = 'private')
""")
_FAIL = text("""
    UPDATE deliveries SET status = 'failed', last_error = :error, claimed_until = NULL
    WHERE channel = :channel AND account = :account
      AND (status = 'planned'
           OR status = 'sent' AND sent_revision < revision AND claimed_until IS NULL)
    RETURNING id
""")


async def leave(session: AsyncSession, channel: str, account: str) -> None:
    """Reach nobody there any more: notices find people elsewhere. As the door."""
    await session.execute(_LEAVE, {"channel": channel, "account": account})


async def come_back(session: AsyncSession, channel: str, account: str) -> None:
    """Reach people in private there again. As the door.

    Into groups somebody has to invite us anew.
    """
    await session.execute(_RETURN, {"channel": channel, "account": account})


async def fail(
    session: AsyncSession, channel: str, account: str, error: str
) -> list[UUID]:
    """End what was still to be sent or changed there; which. As the worker.

    What is being sent just now finds out by itself. What is held back for somebody's
    quiet hours is not ended: it goes wherever they are reached by then.
    """
    values = {"channel": channel, "account": account, "error": error}
    return list((await session.scalars(_FAIL, values)).all())
