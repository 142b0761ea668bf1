"""Statements about brands and their present profile."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients.facts import COLUMNS, Row
from agent.ctx import Caller

PROFILE = ", ".join(f"v.{name}" for name in COLUMNS)

_INSERT = text("""
    INSERT INTO clients (workspace_id, created_by_id, name, slug, storage_prefix)
    VALUES (:workspace_id, :user_id, :name, :slug, :prefix)
    ON CONFLICT (workspace_id, slug) DO NOTHING
    RETURNING id
""")
_ALL = text("""
    SELECT id, name, archived_at IS NOT NULL AS is_archived FROM clients
    ORDER BY lower(name), id
""")
_PAGE = text("""
    SELECT c.id, c.name, c.version, lower(c.name) AS place
    FROM clients c
    WHERE (c.archived_at IS NOT NULL) = :archived
      AND (CAST(:name AS text) IS NULL OR (lower(c.name), c.id) > (:name, :id))
    ORDER BY lower(c.name), c.id LIMIT :n
""")
_BY_SLUG = text("""
    SELECT id, name, archived_at IS NOT NULL AS is_archived FROM clients
    WHERE slug = :slug
""")
# Parts, for with OR no index would be used; together, for every message asks.
_SAID = text("""
    SELECT id, name, slug, version, archived_at IS NOT NULL AS is_archived,
           false AS is_begun
    FROM clients WHERE slug = ANY(CAST(:slugs AS text[]))
    UNION
    SELECT id, name, slug, version, archived_at IS NOT NULL, false FROM clients
    WHERE id = CAST(:id AS uuid)
    UNION ALL
    (SELECT id, name, slug, version, archived_at IS NOT NULL, true FROM clients
     WHERE CAST(:begins AS text[]) <> '{}' AND slug ^@ ANY(CAST(:begins AS text[]))
     ORDER BY archived_at NULLS FIRST, lower(name) LIMIT 12)
""")
_CURRENT = text(f"""
    SELECT c.id, c.name, c.version, c.archived_at, v.summary, {PROFILE}
    FROM clients c
    LEFT JOIN client_versions v ON v.client_id = c.id AND v.number = c.version
    WHERE c.id = :id
""")  # noqa: S608 - our own columns
_ADVANCE = text("UPDATE clients SET version = :number WHERE id = :id")
_RENAME = text("UPDATE clients SET name = :name, slug = :slug WHERE id = :id")
_ARCHIVE = text("""
    UPDATE clients SET archived_at = CASE WHEN :archived THEN now() END
    WHERE id = :id AND (archived_at IS NOT NULL) <> :archived RETURNING id
""")


async def insert(
    session: AsyncSession, caller: Caller, *, name: str, slug: str
) -> UUID | None:
    """Make a brand; None when the slug is taken."""
    values = {
        "workspace_id": caller.workspace_id,
        "user_id": caller.user_id,
        "name": name,
        "slug": slug,
        "prefix": f"clients/{slug}/",
    }
    found: UUID | None = await session.scalar(_INSERT, values)
    return found


async def by_slug(session: AsyncSession, slug: str) -> RowMapping | None:
    """The brand with this slug, archived or not."""
    found = await session.execute(_BY_SLUG, {"slug": slug})
    return found.mappings().one_or_none()


async def said(
    session: AsyncSession,
    slugs: Sequence[str],
    begins: Sequence[str],
    also: UUID | None,
) -> tuple[list[Row], list[Row]]:
    """The brands with one of these slugs or this id; and those whose slug begins so.

    Both in one statement; of the latter those in use come first.
    """
    values = {"slugs": list(slugs), "begins": list(begins), "id": also}
    known: list[Row] = []
    begun: list[Row] = []
    for found in (await session.execute(_SAID, values)).mappings():
        row = dict(found)
        (begun if row.pop("is_begun") else known).append(row)
    return known, begun


async def all_clients(session: AsyncSession) -> list[RowMapping]:
    """Every brand, by name: its id, name, and whether it is archived."""
    return list((await session.execute(_ALL)).mappings())


async def page(
    session: AsyncSession, after: tuple[str, UUID] | None, n: int, *, archived: bool
) -> list[RowMapping]:
    """The next ``n`` brands by name."""
    name, client_id = after or (None, None)
    values = {"name": name, "id": client_id, "n": n, "archived": archived}
    return list((await session.execute(_PAGE, values)).mappings())


async def current(session: AsyncSession, client_id: UUID) -> Row | None:
    """A brand with its profile in force; columns are None before the first version."""
    found = await session.execute(_CURRENT, {"id": client_id})
    row = found.mappings().one_or_none()
    return dict(row) if row else None


async def advance(session: AsyncSession, client_id: UUID, number: int) -> None:
    """Let a version be the one in force."""
    await session.execute(_ADVANCE, {"id": client_id, "number": number})


async def rename(session: AsyncSession, client_id: UUID, name: str, slug: str) -> None:
    """Call a brand otherwise; its files stay where they are."""
    values: Mapping[str, Any] = {"id": client_id, "name": name, "slug": slug}
    await session.execute(_RENAME, values)


async def archive(session: AsyncSession, client_id: UUID, *, archived: bool) -> bool:
    """Put a brand away or take it out again; False when it was so already."""
    values = {"id": client_id, "archived": archived}
    return (await session.execute(_ARCHIVE, values)).first() is not None
