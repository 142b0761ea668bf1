"""The brands a workspace works for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    NONE,
    ZERO,
    Base,
    Big,
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


class Asset(Base):
    """A file that somebody sent; its bytes are in the object store, private."""

    __tablename__ = "assets"
    __table_args__ = (
        UniqueConstraint("storage_key"),
        inside("client_id", "clients", "cascade"),
        inside("private_chat_id", "chats", "cascade"),
        inside("conversation_id", "conversations", "null"),
        one_of("kind", "image video audio document font card export other"),
        one_of("brand_role", "logo icon palette font guideline"),
        one_of("status", "quarantine ready rejected"),
        CheckConstraint("bytes BETWEEN 0 AND 2147483648", name="size"),
        Index(None, "workspace_id", "sha256"),
        sparse("workspace_id", "client_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("workspace_id", "conversation_id"),
        sparse("uploaded_by_id"),
        sparse("private_user_id"),
        sparse("expires_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    client_id: Mapped[UUID | None]
    uploaded_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    private_user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    kind: Mapped[str]
    brand_role: Mapped[str | None]
    name: Mapped[str]
    storage_key: Mapped[str]
    mime: Mapped[str]
    sha256: Mapped[bytes]
    bytes: Mapped[Big]
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration_ms: Mapped[int | None]
    alt_text: Mapped[str | None]
    tags: Mapped[Words] = mapped_column(server_default=EMPTY)
    palette: Mapped[JsonList | None]
    status: Mapped[str] = mapped_column(server_default=word("quarantine"))
    facts: Mapped[str | None]
    note: Mapped[str | None]
    excerpt: Mapped[str | None]
    expires_at: Mapped[datetime | None]
