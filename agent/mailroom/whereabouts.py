"""One chat that we were let into or put out of, or that goes on under another id.

Each runs with the role that is named; done twice it finds nothing left to do.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_STATE = text("""
    UPDATE chats SET state = :state
    WHERE channel = :channel AND account = :account AND chat_id = :chat
      AND state NOT IN ('muted', :state)
""")

# What is held back for quiet hours goes wherever its person is reached by then, and
# what is being sent just now finds out by itself.
_FAIL = text("""
    UPDATE deliveries SET status = 'failed', last_error = :error, claimed_until = NULL
    WHERE channel = :channel AND account = :account
      AND starts_with(recipient, :chat || '/')
      AND (status = 'planned'
           OR status = 'sent' AND sent_revision < revision AND claimed_until IS NULL)
    RETURNING id
""")

# Who wrote there before we heard of the move has a row already. It makes room: the
# conversation goes on where it was.
_MAKE_ROOM = text("""
    UPDATE chats n SET chat_id = n.chat_id || '#' || n.id, state = 'left'
    WHERE n.channel = :channel AND n.account = :account AND n.chat_id = :new
      AND EXISTS (SELECT FROM chats o WHERE o.channel = n.channel
                  AND o.account = n.account AND o.chat_id = :chat
                  AND o.thread_id = n.thread_id)
""")

_MOVE = text("""
    UPDATE chats SET chat_id = :new, state = 'active'
    WHERE channel = :channel AND account = :account AND chat_id = :chat
""")

# A message of the old chat cannot be changed in the new one: it is sent there anew. A
# whole answer is sent as such; one that is being written, as a promise again.
_FOLLOW = text("""
    UPDATE deliveries SET recipient = :new || substr(recipient, length(:chat) + 1),
        status = CASE status WHEN 'sent' THEN 'planned' ELSE status END,
        external_id = NULL,
        sent_revision = NULL,
        not_before = CASE WHEN status = 'held' THEN not_before END,
        payload = CASE WHEN status = 'sent' AND partial IS NULL
                AND payload->>'text' <> coalesce(payload->>'placeholder', '')
            THEN payload || '{"placeholder": ""}' ELSE payload END
    WHERE channel = :channel AND account = :account
      AND starts_with(recipient, :chat || '/')
      AND (status IN ('planned', 'held', 'sending')
           OR status = 'sent' AND sent_revision < revision)
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Spot:
    """A chat, with all of its threads, as its messenger names it."""

    channel: str
    account: str
    chat: str


async def stand(session: AsyncSession, spot: Spot, state: str) -> None:
    """Keep how we stand there: active, left or blocked. As the door."""
    await session.execute(_STATE, _named(spot) | {"state": state})


async def fail(session: AsyncSession, spot: Spot, error: str) -> list[UUID]:
    """End what was still to be sent or changed there; which. As the worker."""
    rows = await session.scalars(_FAIL, _named(spot) | {"error": error})
    return list(rows.all())


async def move(session: AsyncSession, spot: Spot, new: str) -> None:
    """Let the chat go on under a new id, with its conversation. As the door."""
    await session.execute(_MAKE_ROOM, _named(spot) | {"new": new})
    await session.execute(_MOVE, _named(spot) | {"new": new})


async def follow(session: AsyncSession, spot: Spot, new: str) -> list[UUID]:
    """Send what is still to be sent there to the new id; which. As the worker."""
    return list((await session.scalars(_FOLLOW, _named(spot) | {"new": new})).all())


def _named(spot: Spot) -> dict[str, str]:
    return {"channel": spot.channel, "account": spot.account, "chat": spot.chat}
