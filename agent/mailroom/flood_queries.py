"""Statements of the postman: what is given back untried, and chats in a flood wait."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import Delivery
from agent.mailroom.spans import interval

_PUT_OFF = text("""
    UPDATE deliveries d SET status = CASE WHEN d.status = 'sending' THEN 'planned'
                                          ELSE d.status END,
           claimed_until = NULL,
           not_before = greatest(d.not_before, now() + late.wait * interval '1 second')
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]),
                CAST(:waits AS float8[])) AS late (id, attempts, wait)
    WHERE d.id = late.id AND d.attempts = late.attempts
""")

# What is open, but for what is being sent: that will hear it itself.
_OPEN = """
    (status = 'planned' OR status = 'sent' AND sent_revision < revision)
"""
_CHAT = "regexp_replace(recipient, '/[^/]*$', '')"

# 429 says which pauses their messenger asked for, so that nobody cuts them short.
_FLOOD = text(f"""
    UPDATE deliveries SET response_code = 429,
           not_before = greatest(not_before, now() + CAST(:pause AS interval))
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE channel = :channel AND account = :account AND {_CHAT} = :chat AND {_OPEN}
        ORDER BY id FOR UPDATE SKIP LOCKED)
""")  # noqa: S608 - constants of ours

_FLOOD_WAITS = text(f"""
    SELECT concat_ws('/', channel, account, {_CHAT}),
           extract(epoch FROM max(not_before) - statement_timestamp())::float8
    FROM deliveries
    WHERE response_code = 429 AND not_before > statement_timestamp() AND {_OPEN}
    GROUP BY 1
""")  # noqa: S608 - constants of ours

_WHOLE = text("""
    SELECT id, workspace_id, conversation_id, user_id, channel, account, recipient,
           payload, dedupe_key
    FROM deliveries WHERE id = :id
""")


async def put_off(
    session: AsyncSession, late: Sequence[tuple[Delivery, float]]
) -> None:
    """Give deliveries back that were not tried, each for so many seconds."""
    values = {
        "ids": [delivery.id for delivery, _ in late],
        "attempts": [delivery.attempts for delivery, _ in late],
        "waits": [wait_s for _, wait_s in late],
    }
    await session.execute(_PUT_OFF, values)


async def flood(
    session: AsyncSession, delivery: Delivery, chat: str, *, wait_s: float
) -> None:
    """Let all that is open for a chat wait, as its messenger asked."""
    values = {
        "channel": delivery.channel,
        "account": delivery.account,
        "chat": chat,
        "pause": interval(wait_s),
    }
    await session.execute(_FLOOD, values)


async def flood_waits(session: AsyncSession) -> list[tuple[str, float]]:
    """``<channel>/<account>/<chat>`` that asked us to wait, and how long still."""
    found = await session.execute(_FLOOD_WAITS)
    return [(place, wait_s) for place, wait_s in found]


async def whole(session: AsyncSession, delivery: Delivery) -> RowMapping:
    """A delivery with whose it is and where it goes."""
    return (await session.execute(_WHOLE, {"id": delivery.id})).mappings().one()
