"""The history read: one statement, whose filters are all optional."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# ``:about`` and ``:label`` are looked for as they are: no pattern signs count.
_LINES = """
    SELECT e.id, e.occurred_at, e.type, e.stream_type, e.stream_id, e.actor_type,
           e.actor_id, e.before, e.after, e.data, host(e.ip_address) AS address,
           coalesce(e.metadata ->> 'channel', '') AS channel,
           coalesce(e.metadata ->> 'label', '') AS label,
           coalesce(m.display_name, '') AS actor
    FROM events e
    LEFT JOIN workspace_members m
        ON m.user_id = e.actor_id AND m.workspace_id = e.workspace_id
    WHERE e.workspace_id = :workspace_id AND e.stream_type <> 'press'
      AND (CAST(:before AS uuid) IS NULL OR e.id < :before)
      AND (CAST(:since AS timestamptz) IS NULL OR e.occurred_at >= :since)
"""
_AUDIT = text(f"""
    {_LINES} AND e.category IN ('audit', 'secret', 'privacy')
      AND (:sees_all OR e.actor_id = :user_id OR e.stream_type = 'client'
           OR e.stream_id = CAST(:me AS text))
      AND (:about = '' OR strpos(e.type || ' ' || e.stream_type, :about) > 0
           OR EXISTS (SELECT FROM jsonb_object_keys(
                  coalesce(e.before, '{{}}') || coalesce(e.after, '{{}}')) field
              WHERE strpos(field, :about) > 0))
      AND (:label = '' OR e.stream_id IN (
              SELECT n.stream_id FROM events n
              WHERE n.workspace_id = :workspace_id AND n.category = 'audit'
                AND strpos(lower(n.metadata ->> 'label'), :label) > 0))
      AND (:who = '' OR strpos(lower(coalesce(m.display_name, '')), :who) > 0)
      AND (CAST(:client_id AS text) IS NULL OR e.stream_type <> 'client'
           OR e.stream_id = :client_id)
    ORDER BY e.id DESC LIMIT :n
""")  # noqa: S608 - the statement's own text
_PRIVACY = text(f"""
    {_LINES} AND e.category = 'privacy'
      AND (e.stream_id = CAST(:me AS text)
           OR e.data ->> 'user_id' = CAST(:me AS text)
           OR e.after ->> 'user_id' = CAST(:me AS text))
    ORDER BY e.id DESC LIMIT :n
""")


async def audit(session: AsyncSession, asked: Mapping[str, Any]) -> list[RowMapping]:
    """Who changed what, newest first."""
    return list((await session.execute(_AUDIT, asked)).mappings())


async def privacy(session: AsyncSession, asked: Mapping[str, Any]) -> list[RowMapping]:
    """What was done with one person's data, newest first."""
    return list((await session.execute(_PRIVACY, asked)).mappings())
