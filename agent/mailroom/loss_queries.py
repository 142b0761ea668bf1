"""Statements of the postman: messages whose senders were lost while sending them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom.schemas import Delivery

_SAID = "unanswered: its sender was lost"

# Whatever ends a try otherwise writes another word here, and the count begins anew.
_COUNT = text("""
    UPDATE deliveries SET last_error = concat(CAST(:said AS text), ' ', 1 + coalesce(
        CAST(substring(last_error FROM :counted) AS integer), 0))
    WHERE id = :id AND attempts = :attempts
    RETURNING CAST(substring(last_error FROM :counted) AS integer)
""")


async def count(session: AsyncSession, delivery: Delivery) -> int:
    """Note that a sender of this was lost, and it is tried again; how often by now."""
    values = {
        "id": delivery.id,
        "attempts": delivery.attempts,
        "said": _SAID,
        "counted": rf"^{_SAID} (\d+)$",
    }
    return int(await session.scalar(_COUNT, values) or 0)
