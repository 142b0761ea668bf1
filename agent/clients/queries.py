"""Every statement of the clients room."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller

_INSERT = text("""
    INSERT INTO clients (workspace_id, created_by_id, name, slug, storage_prefix)
    VALUES (:workspace_id, :user_id, :name, :slug, :prefix)
    ON CONFLICT (workspace_id, slug) DO NOTHING
    RETURNING id
""")
_ALL = text("""
    SELECT id, name, slug, version FROM clients WHERE archived_at IS NULL ORDER BY name
""")
_NAME_OF = text("SELECT name FROM clients WHERE slug = :slug")
_CURRENT = text("""
    SELECT c.id, c.name, c.version, v.summary, v.business_description,
           v.unique_value_proposition, v.target_industries, v.tone_keywords, v.extra
    FROM clients c
    LEFT JOIN client_versions v ON v.client_id = c.id AND v.number = c.version
    WHERE c.id = :id
""")
_LOCK = text("SELECT version FROM clients WHERE id = :id FOR UPDATE")
# A version is a whole state: what this one does not change, it copies.
_NEXT_VERSION = text("""
    INSERT INTO client_versions (workspace_id, client_id, number, author_id, origin,
        changelog, summary, company_name, industry, location, business_description,
        positioning, unique_value_proposition, key_differentiators, value_propositions,
        target_industries, messaging_pillars, tone_keywords, features, products,
        pricing_model, pricing_info, brand_voice, brand_colors, sources, extra)
    SELECT :workspace_id, c.id, c.version + 1, :user_id, :origin, :changelog, :summary,
        coalesce(v.company_name, c.name), v.industry, v.location,
        v.business_description, v.positioning, v.unique_value_proposition,
        coalesce(v.key_differentiators, '{}'), coalesce(v.value_propositions, '{}'),
        coalesce(v.target_industries, '{}'), coalesce(v.messaging_pillars, '{}'),
        coalesce(v.tone_keywords, '{}'), coalesce(v.features, '[]'),
        coalesce(v.products, '[]'), v.pricing_model, v.pricing_info,
        coalesce(v.brand_voice, '{}'), coalesce(v.brand_colors, '{}'),
        coalesce(v.sources, '{}'),
        coalesce(v.extra, '{}') || CAST(:extra AS jsonb)
    FROM clients c
    LEFT JOIN client_versions v ON v.client_id = c.id AND v.number = c.version
    WHERE c.id = :client_id
""")
_ADVANCE = text("UPDATE clients SET version = version + 1 WHERE id = :id")


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


async def name_of(session: AsyncSession, slug: str) -> str | None:
    """How the brand with this slug is called."""
    found: str | None = await session.scalar(_NAME_OF, {"slug": slug})
    return found


async def all_clients(session: AsyncSession) -> list[tuple[UUID, str]]:
    """The brands that are not archived, by name."""
    rows = await session.execute(_ALL)
    return [(row.id, row.name) for row in rows]


async def current(session: AsyncSession, client_id: UUID) -> RowMapping | None:
    """A brand with its profile in force."""
    found = await session.execute(_CURRENT, {"id": client_id})
    return found.mappings().one_or_none()


async def lock(session: AsyncSession, client_id: UUID) -> bool:
    """Keep others from changing a brand until the transaction ends."""
    return (await session.execute(_LOCK, {"id": client_id})).first() is not None


async def add_version(
    session: AsyncSession,
    caller: Caller,
    client_id: UUID,
    *,
    extra: Mapping[str, str],
    summary: str,
) -> None:
    """Freeze the brand's next state: the old one with ``extra`` answers laid over."""
    values = {
        "workspace_id": caller.workspace_id,
        "user_id": caller.user_id,
        "client_id": client_id,
        "origin": "interview",
        "changelog": f"Answered: {', '.join(sorted(extra))}",
        "summary": summary,
        "extra": json.dumps(dict(extra)),
    }
    await session.execute(_NEXT_VERSION, values)
    await session.execute(_ADVANCE, {"id": client_id})
