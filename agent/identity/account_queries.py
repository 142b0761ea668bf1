"""Statements about the caller's own account, under their own rights."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# Row security shows one person's alone.
_ACCOUNT = text("""
    SELECT full_name, CASE WHEN email_verified_at IS NOT NULL THEN email END AS email
    FROM users
""")
_DOORS = text("""
    SELECT channel, channel_username FROM user_channels ORDER BY linked_at, id
""")


async def account(session: AsyncSession) -> Row[Any]:
    """The caller's account."""
    return (await session.execute(_ACCOUNT)).one()


async def doors(session: AsyncSession) -> Sequence[Row[Any]]:
    """The messengers that know the caller, in the order they came."""
    return (await session.execute(_DOORS)).all()
