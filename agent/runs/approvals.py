"""Approvals over the table: each is one person's yes to one call, once."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_USE = text("""
    UPDATE approvals SET used_at = now()
    WHERE id = :id AND params_hash = :params_hash AND status = 'approved'
      AND used_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    RETURNING id
""")


class TableApprovals:
    """Uses approvals up in the caller's own transaction."""

    async def use(
        self, session: AsyncSession, approval_id: UUID, *, params_hash: str
    ) -> bool:
        """Use it up; False unless it was given for this very call and is unused."""
        values = {"id": approval_id, "params_hash": bytes.fromhex(params_hash)}
        return (await session.execute(_USE, values)).first() is not None
