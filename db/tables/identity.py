"""Who people are, and the workspaces they share."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    OFF,
    ON,
    ZERO,
    Base,
    Big,
    Code,
    Id,
    Inet,
    Json,
    Moment,
    Money,
    Small,
    Tenant,
    Words,
    one_of,
    sparse,
    to,
    word,
)


class User(Base):
    """One account per person, whatever the channel.

    Never visible to colleagues: they see ``workspace_members.display_name``.
    """

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("email"),
        one_of("interface_mode", "simple advanced"),
        CheckConstraint("email = lower(btrim(email))", name="email_is_normal"),
        CheckConstraint(
            "chat_retention_days BETWEEN 1 AND 3650", name="chat_retention_range"
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    email: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str | None]
    full_name: Mapped[str | None]
    avatar_url: Mapped[str | None]
    phone: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default=word("en"))
    timezone: Mapped[str] = mapped_column(server_default=word("UTC"))
    interface_mode: Mapped[str] = mapped_column(server_default=word("simple"))
    notifications: Mapped[Json] = mapped_column(server_default=EMPTY)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    data_processing_consent: Mapped[bool] = mapped_column(server_default=OFF)
    marketing_consent: Mapped[bool] = mapped_column(server_default=OFF)
    analytics_consent: Mapped[bool] = mapped_column(server_default=OFF)
    third_party_consent: Mapped[bool] = mapped_column(server_default=OFF)
    chat_retention_days: Mapped[int] = mapped_column(server_default=text("730"))
    last_login_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(server_default=ON)


class Workspace(Base):
    """The tenant; a lone person is a workspace of one."""

    __tablename__ = "workspaces"
    __table_args__ = (
        UniqueConstraint("slug"),
        one_of("kind", "personal team demo operator"),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    name: Mapped[str]
    slug: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default=word("personal"))
    timezone: Mapped[str] = mapped_column(server_default=word("UTC"))
    locale: Mapped[str] = mapped_column(server_default=word("en"))
    currency: Mapped[Code] = mapped_column(server_default=word("USD"))
    settings: Mapped[Json] = mapped_column(server_default=EMPTY)
    task_seq: Mapped[Big] = mapped_column(server_default=ZERO)
    run_seq: Mapped[Big] = mapped_column(server_default=ZERO)
    owner_key: Mapped[bytes | None]
    erased_at: Mapped[datetime | None]


class UserChannel(Base):
    """A person's identity on one messenger."""

    __tablename__ = "user_channels"
    __table_args__ = (
        UniqueConstraint("channel", "team_id", "channel_user_id"),
        one_of("channel", "telegram slack web terminal email api"),
        Index(None, "workspace_id"),
        Index(None, "user_id"),
    )

    id: Mapped[Id]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID] = mapped_column(to("users", "cascade"))
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "null"))
    channel: Mapped[str]
    team_id: Mapped[str] = mapped_column(server_default=word(""))
    channel_user_id: Mapped[str]
    channel_username: Mapped[str | None]
    can_receive: Mapped[bool] = mapped_column(server_default=ON)
    linked_at: Mapped[Moment]
    last_seen_at: Mapped[datetime | None]


class AccessToken(Base):
    """API keys, web sessions and refresh tokens: bearer secrets, stored as hashes."""

    __tablename__ = "access_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        one_of("kind", "api_key session refresh"),
        CheckConstraint(
            "kind = 'api_key' OR expires_at IS NOT NULL", name="sessions_expire"
        ),
        Index(None, "workspace_id"),
        Index(None, "user_id"),
        sparse("replaced_by_id"),
        Index(None, "prefix"),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    user_id: Mapped[UUID] = mapped_column(to("users", "cascade"))
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    kind: Mapped[str]
    name: Mapped[str | None]
    prefix: Mapped[str]
    token_hash: Mapped[bytes]
    scopes: Mapped[Words] = mapped_column(server_default=EMPTY)
    replaced_by_id: Mapped[UUID | None] = mapped_column(to("access_tokens", "null"))
    ip_address: Mapped[Inet | None]
    user_agent: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LinkCode(Base):
    """One-time codes: confirmation, login, link, pairing, invitation, OAuth state."""

    __tablename__ = "link_codes"
    __table_args__ = (
        one_of(
            "purpose",
            "confirm_email login link_channel pair reset_password change_email invite"
            " oauth_state confirm_erasure",
        ),
        one_of("role", "owner admin member viewer"),
        CheckConstraint("attempts <= 5", name="attempts_cap"),
        CheckConstraint(
            "num_nulls(sealed, sealed_nonce, key_id) IN (0, 3)", name="sealed_whole"
        ),
        CheckConstraint("length(sealed_nonce) = 12", name="nonce_bytes"),
        sparse("user_id"),
        sparse("workspace_id"),
        Index(
            "uq_link_codes_purpose_subject",
            "purpose",
            "subject",
            unique=True,
            postgresql_where=text("used_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    purpose: Mapped[str]
    subject: Mapped[str]
    code_hash: Mapped[bytes]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    sent_to: Mapped[str | None]
    role: Mapped[str | None]
    payload: Mapped[Json] = mapped_column(server_default=EMPTY)
    sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    sealed_nonce: Mapped[bytes | None] = mapped_column(deferred=True)
    key_id: Mapped[str | None]
    attempts: Mapped[Small] = mapped_column(server_default=ZERO)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WorkspaceMember(Base):
    """Who may do what here."""

    __tablename__ = "workspace_members"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id"),
        one_of("role", "owner admin member viewer"),
        Index(None, "user_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID] = mapped_column(to("users", "cascade"))
    role: Mapped[str] = mapped_column(server_default=word("member"))
    display_name: Mapped[str | None]
    joined_at: Mapped[Moment]
    limit_day_usd: Mapped[Money | None]
    limit_month_usd: Mapped[Money | None]


class IdempotentRequest(Base):
    """A request of a program under a key of its own, and what it was answered."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id", "key"),
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
        Index(None, "user_id"),
        Index(None, "expires_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    user_id: Mapped[UUID] = mapped_column(to("users", "cascade"))
    key: Mapped[str]
    operation: Mapped[str]
    params_hash: Mapped[bytes]
    """The same key with other parameters is a mistake, not a repeat."""
    status_code: Mapped[Small | None]
    """None while it is being answered."""
    body: Mapped[Json | None]
    expires_at: Mapped[datetime]
