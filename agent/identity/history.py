"""The append-only history: who did what, what it changed, and from which door."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Change, Who

_RECORD = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        before, after, actor_type, actor_id, ip_address, user_agent,
                        metadata)
    VALUES (:workspace_id, :subject, :id, nextval('event_versions'), :category,
            :action, CAST(:before AS jsonb), CAST(:after AS jsonb), :actor_type,
            :actor_id, CAST(nullif(:address, '') AS inet), nullif(:user_agent, ''),
            jsonb_build_object('channel', CAST(:channel AS text),
                               'label', CAST(:label AS text)))
""")

ACTORS = {
    "person": "user",
    "model": "agent",
    "operator": "system",
    "itself": "system",
}

_ONCE = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        actor_type, actor_id)
    VALUES (:workspace_id, 'press', :key, 1, 'audit', 'press.taken', 'user', :user_id)
    ON CONFLICT DO NOTHING
    RETURNING id
""")

# The minute is the version, so that the stream takes one such fact a minute.
_REFUSED = text("""
    INSERT INTO events (workspace_id, stream_type, stream_id, version, category, type,
                        data, actor_type, actor_id, ip_address, user_agent, metadata)
    VALUES (:workspace_id, 'refusal', :user_id || ':' || :operation,
            floor(extract(epoch FROM now()) / 60), 'audit', 'operation.refused',
            jsonb_build_object('operation', CAST(:operation AS text),
                               'reason', CAST(:reason AS text)),
            :actor_type, :actor_id, CAST(nullif(:address, '') AS inet),
            nullif(:user_agent, ''),
            jsonb_build_object('channel', CAST(:channel AS text)))
    ON CONFLICT DO NOTHING
    RETURNING id
""")


NOBODY = UUID(int=0)
OPERATORS = "cli"
"""The door of whoever runs this installation."""


@dataclass(frozen=True, slots=True)
class Itself:
    """Draper, where it does for a workspace what nobody asked for just then."""

    workspace_id: UUID
    user_id: UUID = NOBODY
    via: str = "itself"
    channel: str = ""
    address: str = ""
    user_agent: str = ""


def actor(who: Who) -> dict[str, Any]:
    """Who a line is about, as its columns have it."""
    actor_type = ACTORS[who.via]
    return {
        "actor_type": actor_type,
        "actor_id": None if actor_type == "system" else who.user_id,
        "channel": OPERATORS if who.via == "operator" else who.channel,
    }


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class History:
    """Appends to ``events``; it stands only if the caller's transaction commits."""

    redact: Callable[[str], str] = _as_it_is
    """Strikes keys and tokens out of whatever is about to be kept for good."""

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
            **actor(who),
            "workspace_id": who.workspace_id,
            "action": action,
            "address": who.address,
            "user_agent": who.user_agent,
        }
        for change in changes or [Change("operation", action)]:
            await session.execute(_RECORD, values | self._told(change))

    async def once(self, session: AsyncSession, who: Who, *, key: str) -> bool:
        """Append that ``key`` was taken up; False when it was before."""
        values = {"workspace_id": who.workspace_id, "user_id": who.user_id, "key": key}
        return await session.scalar(_ONCE, values) is not None

    async def refused(
        self, session: AsyncSession, who: Who, *, operation: str, reason: str
    ) -> bool:
        """Append that ``who`` tried what they may not; False: it was said this minute.

        The refused call's own transaction is rolled back, so this needs another one.
        """
        values = {
            **actor(who),
            "workspace_id": who.workspace_id,
            "user_id": str(who.user_id),
            "operation": operation,
            "reason": self.redact(reason),
            "address": who.address,
            "user_agent": who.user_agent,
        }
        return await session.scalar(_REFUSED, values) is not None

    def _told(self, change: Change) -> dict[str, str | None]:
        return {
            "subject": change.subject,
            "id": change.id,
            "category": change.category,
            "label": self.redact(change.label),
            "before": self._json(change.before),
            "after": self._json(change.after),
        }

    def _json(self, fields: Mapping[str, Any] | None) -> str | None:
        if fields is None:
            return None
        return json.dumps(_clean(dict(fields), self.redact), default=str)


def _clean(value: Any, redact: Callable[[str], str]) -> Any:
    # Before it becomes JSON: there a key's line ends would be written otherwise.
    if isinstance(value, str):
        return redact(value.replace("\x00", ""))
    if isinstance(value, Mapping):
        return {name: _clean(inside, redact) for name, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inside, redact) for inside in value]
    return value
