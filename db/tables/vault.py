"""Keys we hold for others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    Base,
    Id,
    Json,
    Moment,
    Tenant,
    Words,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class WorkspaceKey(Base):
    """A workspace's own data key, wrapped by the installation's key."""

    __tablename__ = "workspace_keys"
    __table_args__ = (
        PrimaryKeyConstraint("workspace_id", "kid"),
        Index(
            "uq_workspace_keys_workspace_id",
            "workspace_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    kid: Mapped[str]
    wrapped_key: Mapped[bytes]
    retired_at: Mapped[datetime | None]


class Connection(Base):
    """A sealed key or OAuth grant, and its health."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint(
            "workspace_id",
            "client_id",
            "provider",
            "account_id",
            postgresql_nulls_not_distinct=True,
        ),
        inside("client_id", "clients", "cascade"),
        one_of("kind", "llm channel social email ads analytics blog crm payment"),
        one_of("status", "active expiring expired revoked error disabled"),
        CheckConstraint(
            "(secret_ciphertext IS NULL) = (secret_nonce IS NULL)", name="secret_whole"
        ),
        CheckConstraint(
            "(refresh_ciphertext IS NULL) = (refresh_nonce IS NULL)",
            name="refresh_whole",
        ),
        CheckConstraint("length(secret_nonce) = 12", name="nonce_bytes"),
        CheckConstraint("length(secret_hint) <= 4", name="hint_is_short"),
        Index(
            "uq_connections_channel_account",
            "provider",
            "account_id",
            unique=True,
            postgresql_where=text("kind = 'channel'"),
        ),
        sparse("workspace_id", "client_id"),
        sparse("connected_by_id"),
        Index(None, "expires_at", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    client_id: Mapped[UUID | None]
    connected_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    kind: Mapped[str]
    provider: Mapped[str]
    account_id: Mapped[str] = mapped_column(server_default=word(""))
    account_name: Mapped[str | None]
    label: Mapped[str | None]
    scopes: Mapped[Words] = mapped_column(server_default=EMPTY)
    settings: Mapped[Json] = mapped_column(server_default=EMPTY)
    secret_ciphertext: Mapped[bytes | None] = mapped_column(deferred=True)
    secret_nonce: Mapped[bytes | None] = mapped_column(deferred=True)
    refresh_ciphertext: Mapped[bytes | None] = mapped_column(deferred=True)
    refresh_nonce: Mapped[bytes | None] = mapped_column(deferred=True)
    key_id: Mapped[str | None]
    secret_hint: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=word("active"))
    expires_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
