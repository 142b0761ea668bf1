"""What comes in, what goes out, and whose chat it is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    ZERO,
    Base,
    Id,
    Json,
    Moment,
    Small,
    Tenant,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Chat(Base):
    """A chat on a messenger: whose it is, and who may read its conversation."""

    __tablename__ = "chats"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("channel", "account", "chat_id", "thread_id"),
        inside("client_id", "clients", "null"),
        inside("conversation_id", "conversations", "null", circular=True),
        one_of("channel", "telegram slack web terminal email"),
        one_of("kind", "private group channel thread"),
        one_of("visibility", "private members"),
        one_of("state", "active muted left blocked"),
        CheckConstraint(
            "(kind = 'thread') = (thread_id <> '')", name="threads_have_id"
        ),
        sparse("workspace_id", "client_id"),
        sparse("workspace_id", "conversation_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    client_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    channel: Mapped[str]
    account: Mapped[str] = mapped_column(server_default=word(""))
    chat_id: Mapped[str]
    thread_id: Mapped[str] = mapped_column(server_default=word(""))
    kind: Mapped[str]
    visibility: Mapped[str] = mapped_column(server_default=word("private"))
    state: Mapped[str] = mapped_column(server_default=word("active"))
    title: Mapped[str | None]


class Inbox(Base):
    """Every platform event as received, once: messages, presses, callbacks."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "account", "event_id"),
        UniqueConstraint("channel", "account", "message_key"),
        Index(
            "ix_inbox_failed", "received_at", postgresql_where=text("status = 'failed'")
        ),
        one_of("status", "received processed ignored failed"),
        CheckConstraint(
            "body IS NOT NULL OR processed_at IS NOT NULL", name="body_until_processed"
        ),
        sparse("workspace_id"),
        sparse("user_id"),
        Index(
            None,
            "channel",
            "account",
            "chat_key",
            "id",
            postgresql_where=text("status = 'received'"),
        ),
        Index(None, "received_at", postgresql_where=text("status = 'received'")),
    )

    id: Mapped[Id]
    received_at: Mapped[Moment]
    channel: Mapped[str]
    account: Mapped[str] = mapped_column(server_default=word(""))
    event_id: Mapped[str]
    message_key: Mapped[str | None]
    chat_key: Mapped[str | None]
    kind: Mapped[str]
    body: Mapped[bytes | None]
    payload: Mapped[Json | None]
    part_of: Mapped[UUID | None]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    status: Mapped[str] = mapped_column(server_default=word("received"))
    attempts: Mapped[Small] = mapped_column(server_default=ZERO)
    claimed_until: Mapped[datetime | None]
    processed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]


class Delivery(Base):
    """One visible message or webhook call of ours, and the text it streams."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "dedupe_key", postgresql_nulls_not_distinct=True
        ),
        inside("private_chat_id", "chats", "cascade"),
        inside("run_id", "runs", "null"),
        inside("conversation_id", "conversations", "null"),
        inside("message_id", "messages", "null"),
        one_of("channel", "telegram slack web terminal email webhook"),
        one_of("purpose", "reply progress notice digest alert code webhook"),
        one_of("status", "planned held sending sent ambiguous failed cancelled"),
        CheckConstraint("sent_revision <= revision", name="sent_revision_known"),
        CheckConstraint(
            "status <> 'sent' OR sent_revision IS NOT NULL", name="sent_has_revision"
        ),
        sparse("user_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("workspace_id", "run_id"),
        sparse("workspace_id", "conversation_id"),
        sparse("workspace_id", "message_id"),
        Index(
            None, "not_before", postgresql_where=text("status IN ('planned', 'held')")
        ),
        Index(None, "claimed_until", postgresql_where=text("status = 'sending'")),
        Index(
            None,
            "updated_at",
            postgresql_where=text("status = 'sent' AND sent_revision < revision"),
        ),
        Index(
            "ix_deliveries_open",
            "id",
            postgresql_where=text(
                "status IN ('planned', 'sending')"
                " OR status = 'sent' AND sent_revision < revision"
            ),
        ),
        Index(
            "ix_deliveries_ambiguous",
            "id",
            postgresql_where=text("status = 'ambiguous'"),
        ),
        Index(
            "ix_deliveries_failed",
            "updated_at",
            postgresql_where=text("status = 'failed'"),
        ),
        Index(
            "ix_deliveries_untold",
            "updated_at",
            postgresql_where=text("status = 'failed' AND told_at IS NULL"),
        ),
        Index(
            "ix_deliveries_queue",
            "channel",
            "account",
            "recipient",
            "id",
            postgresql_where=text("status IN ('planned', 'sending')"),
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    channel: Mapped[str]
    account: Mapped[str] = mapped_column(server_default=word(""))
    recipient: Mapped[str]
    purpose: Mapped[str]
    dedupe_key: Mapped[str]
    payload: Mapped[Json]
    partial: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default=ZERO)
    sent_revision: Mapped[int | None]
    status: Mapped[str] = mapped_column(server_default=word("planned"))
    attempts: Mapped[Small] = mapped_column(server_default=ZERO)
    claimed_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    response_code: Mapped[Small | None]
    last_error: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    whole_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
