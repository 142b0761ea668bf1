"""The brands a workspace works for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    NONE,
    ZERO,
    Base,
    Id,
    Json,
    JsonList,
    Moment,
    Tenant,
    Words,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Client(Base):
    """One brand; its facts live in versions."""

    __tablename__ = "clients"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "slug"),
        one_of("analysis_status", "none pending running ready failed"),
        sparse("created_by_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    created_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    website: Mapped[str | None]
    storage_prefix: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=ZERO)
    analysis_status: Mapped[str] = mapped_column(server_default=word("none"))
    analysis_error: Mapped[str | None]
    analysed_at: Mapped[datetime | None]
    timezone: Mapped[str | None]
    locale: Mapped[str | None]
    sender_name: Mapped[str | None]
    sender_email: Mapped[str | None]
    reply_to: Mapped[str | None]
    postal_address: Mapped[str | None]
    sender_verified_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class ClientVersion(Base):
    """One frozen state of the brand profile, with its changelog line."""

    __tablename__ = "client_versions"
    __table_args__ = (
        UniqueConstraint("client_id", "number"),
        inside("client_id", "clients", "cascade"),
        one_of("origin", "interview analysis edit import restore"),
        Index(None, "workspace_id"),
        sparse("author_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    client_id: Mapped[UUID]
    number: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    origin: Mapped[str]
    changelog: Mapped[str | None]
    summary: Mapped[str | None]
    company_name: Mapped[str | None]
    industry: Mapped[str | None]
    location: Mapped[str | None]
    business_description: Mapped[str | None]
    positioning: Mapped[str | None]
    unique_value_proposition: Mapped[str | None]
    key_differentiators: Mapped[Words] = mapped_column(server_default=EMPTY)
    value_propositions: Mapped[Words] = mapped_column(server_default=EMPTY)
    target_industries: Mapped[Words] = mapped_column(server_default=EMPTY)
    messaging_pillars: Mapped[Words] = mapped_column(server_default=EMPTY)
    tone_keywords: Mapped[Words] = mapped_column(server_default=EMPTY)
    features: Mapped[JsonList] = mapped_column(server_default=NONE)
    products: Mapped[JsonList] = mapped_column(server_default=NONE)
    pricing_model: Mapped[str | None]
    pricing_info: Mapped[str | None]
    brand_voice: Mapped[Json] = mapped_column(server_default=EMPTY)
    brand_colors: Mapped[Json] = mapped_column(server_default=EMPTY)
    sources: Mapped[Json] = mapped_column(server_default=EMPTY)
    extra: Mapped[Json] = mapped_column(server_default=EMPTY)
