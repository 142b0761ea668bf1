"""Opening a private run to the team: its steps, outputs and scores follow it."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SHARE = text("""
    UPDATE runs SET private_user_id = NULL, private_chat_id = NULL
    WHERE id = :run_id AND num_nonnulls(private_user_id, private_chat_id) > 0
    RETURNING id
""")


async def share(session: AsyncSession, run_id: UUID) -> bool:
    """Let every member see a run that the caller can see; False when they could.

    The chat it was asked for in stays closed: its messages are not the run's.
    """
    return (await session.execute(_SHARE, {"run_id": run_id})).first() is not None
