"""Statements about a profile's versions, which are never changed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients.facts import COLUMNS, JSON_LISTS, JSON_MAPS, Row
from agent.clients.queries import PROFILE

_HEAD = """
    v.number, v.created_at, v.origin, coalesce(v.changelog, '') AS changelog,
    v.author_id, coalesce(m.display_name, '') AS author
"""
_FROM = """
    FROM client_versions v
    LEFT JOIN workspace_members m
        ON m.user_id = v.author_id AND m.workspace_id = v.workspace_id
    WHERE v.client_id = :client_id
"""
_INSERT = text(f"""
    INSERT INTO client_versions (workspace_id, client_id, number, author_id, origin,
        changelog, summary, {", ".join(COLUMNS)})
    VALUES (:workspace_id, :client_id, :number, :author_id, :origin, :changelog,
        :summary, {
    ", ".join(
        f"CAST(:{name} AS jsonb)" if name in (*JSON_LISTS, *JSON_MAPS) else f":{name}"
        for name in COLUMNS
    )
})
""")  # noqa: S608 - our own columns
_PAGE = text(f"""
    SELECT {_HEAD} {_FROM} AND (CAST(:before AS int) IS NULL OR v.number < :before)
    ORDER BY v.number DESC LIMIT :n
""")
_ONE = text(f"""
    SELECT {_HEAD}, v.summary, {PROFILE} {_FROM} AND v.number = :number
""")
_AS_OF = text("""
    SELECT max(number) FROM client_versions
    WHERE client_id = :client_id AND created_at < :moment
""")


async def insert(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Freeze a state; ``values`` has every column."""
    as_json = {
        name: json.dumps(values[name], default=str)
        for name in (*JSON_LISTS, *JSON_MAPS)
    }
    await session.execute(_INSERT, {**values, **as_json})


async def page(
    session: AsyncSession, client_id: UUID, *, before: int | None, n: int
) -> list[RowMapping]:
    """The versions before a number, newest first, without what they say."""
    values = {"client_id": client_id, "before": before, "n": n}
    return list((await session.execute(_PAGE, values)).mappings())


async def one(session: AsyncSession, client_id: UUID, number: int) -> Row | None:
    """A version, whole."""
    values = {"client_id": client_id, "number": number}
    row = (await session.execute(_ONE, values)).mappings().one_or_none()
    return dict(row) if row else None


async def as_of(session: AsyncSession, client_id: UUID, moment: datetime) -> int | None:
    """The number in force at a moment; None: there was none yet."""
    values = {"client_id": client_id, "moment": moment}
    found: int | None = await session.scalar(_AS_OF, values)
    return found
