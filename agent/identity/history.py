"""The append-only history: who did what, from which door."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Who

_RECORD = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        actor_type, actor_id, metadata)
    VALUES (:workspace_id, 'operation', :action, nextval('event_versions'), 'audit',
            :action, :actor_type, :user_id,
            jsonb_build_object('channel', CAST(:channel AS text)))
""")

ACTORS = {"person": "user", "model": "agent", "operator": "system"}

_ONCE = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        actor_type, actor_id)
    VALUES (:workspace_id, 'press', :key, 1, 'audit', 'press.taken', 'user', :user_id)
    ON CONFLICT DO NOTHING
    RETURNING id
""")


class History:
    """Appends to ``events``; it stands only if the caller's transaction commits."""

    async def record(self, session: AsyncSession, who: Who, *, action: str) -> None:
        """Append that ``who`` did ``action``."""
        values = {
            "workspace_id": who.workspace_id,
            "user_id": None if who.via == "operator" else who.user_id,
            "channel": "cli" if who.via == "operator" else who.channel,
            "action": action,
            "actor_type": ACTORS[who.via],
        }
        await session.execute(_RECORD, values)

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        """Append that ``key`` was taken up; False when it was before."""
        values = {"workspace_id": who.workspace_id, "user_id": who.user_id, "key": key}
        return await session.scalar(_ONCE, values) is not None
