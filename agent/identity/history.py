"""The append-only history: who did what, from which door."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Change, Who

_RECORD = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        before, after, actor_type, actor_id, ip_address, user_agent,
                        metadata)
    VALUES (:workspace_id, :subject, :id, nextval('event_versions'), :category,
            :action, CAST(:before AS jsonb), CAST(:after AS jsonb), :actor_type,
            :user_id, CAST(nullif(:address, '') AS inet), nullif(:user_agent, ''),
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

    async def record(
        self,
        session: AsyncSession,
        who: Who,
        *,
        action: str,
        changes: Sequence[Change] = (),
    ) -> None:
        """Append that ``who`` did ``action``, and what it changed."""
        values = {
            "workspace_id": who.workspace_id,
            "user_id": None if who.via == "operator" else who.user_id,
            "channel": "cli" if who.via == "operator" else who.channel,
            "action": action,
            "actor_type": ACTORS[who.via],
            "address": who.address,
            "user_agent": who.user_agent,
        }
        for change in changes or [Change("operation", action)]:
            await session.execute(_RECORD, values | _told(change))

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        """Append that ``key`` was taken up; False when it was before."""
        values = {"workspace_id": who.workspace_id, "user_id": who.user_id, "key": key}
        return await session.scalar(_ONCE, values) is not None


def _told(change: Change) -> dict[str, str | None]:
    return {
        "subject": change.subject,
        "id": change.id,
        "category": change.category,
        "before": _json(change.before),
        "after": _json(change.after),
    }


def _json(fields: Mapping[str, Any] | None) -> str | None:
    return None if fields is None else json.dumps(dict(fields), default=str)
