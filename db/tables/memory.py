"""What was said, and the questions still open."""

from datetime import datetime
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMBEDDING_DIM,
    EMPTY,
    NONE,
    Base,
    Id,
    Json,
    JsonList,
    Moment,
    Search,
    Tenant,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Conversation(Base):
    """A thread that a person continues on any channel."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        inside("private_chat_id", "chats", "cascade"),
        inside("client_id", "clients", "null"),
        one_of("status", "active archived"),
        CheckConstraint(
            "num_nonnulls(user_id, private_chat_id) <= 1", name="one_reader"
        ),
        sparse("user_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("workspace_id", "client_id"),
        Index(
            "ix_conversations_workspace_id_user_id_last_message_at",
            "workspace_id",
            "user_id",
            text("last_message_at DESC"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    client_id: Mapped[UUID | None]
    title: Mapped[str | None]
    summary: Mapped[str | None]
    pinned: Mapped[JsonList] = mapped_column(server_default=NONE)
    status: Mapped[str] = mapped_column(server_default=word("active"))
    last_message_at: Mapped[datetime | None]


class Message(Base):
    """One turn."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        inside("private_chat_id", "chats", "cascade"),
        inside("conversation_id", "conversations", "cascade"),
        inside("reply_to_id", "messages", "null"),
        one_of("role", "user assistant system tool"),
        one_of("channel", "telegram slack web terminal email api"),
        CheckConstraint(
            "(embedding IS NULL) = (embedding_model IS NULL)",
            name="embedding_has_model",
        ),
        sparse("user_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("author_id"),
        sparse("workspace_id", "reply_to_id"),
        Index(None, "conversation_id", "id"),
        Index(
            "ix_messages_channel_message_id",
            "workspace_id",
            "channel",
            "account",
            "chat_id",
            "channel_message_id",
        ),
        Index(None, "tsv", postgresql_using="gin"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID]
    author_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    reply_to_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    inbox_id: Mapped[UUID | None]
    role: Mapped[str]
    channel: Mapped[str]
    account: Mapped[str] = mapped_column(server_default=word(""))
    chat_id: Mapped[str | None]
    thread_id: Mapped[str | None]
    channel_message_id: Mapped[str | None]
    content: Mapped[str]
    attachments: Mapped[JsonList] = mapped_column(server_default=NONE)
    language: Mapped[str | None]
    token_count: Mapped[int | None]
    embedding: Mapped[list[float] | None] = mapped_column(Vector(EMBEDDING_DIM))
    embedding_model: Mapped[str | None]
    tsv: Mapped[Search] = mapped_column(
        Computed("to_tsvector('simple', content)", persisted=True)
    )
    edited_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]


class Dialog(Base):
    """The open question: interview, form, copilot session, confirmation."""

    __tablename__ = "dialogs"
    __table_args__ = (
        inside("private_chat_id", "chats", "cascade"),
        inside("conversation_id", "conversations", "cascade"),
        one_of("kind", "interview form copilot confirm import review"),
        one_of("status", "active completed saved abandoned expired"),
        Index(None, "workspace_id"),
        sparse("user_id"),
        sparse("workspace_id", "private_chat_id"),
        Index(None, "workspace_id", "conversation_id"),
        sparse("author_id"),
        sparse("skill_id"),
        Index(
            "uq_dialogs_conversation_id_author_id",
            "conversation_id",
            "author_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'active'"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID]
    author_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    skill_id: Mapped[UUID | None] = mapped_column(to("skills", "null"))
    kind: Mapped[str]
    step: Mapped[str]
    answers: Mapped[Json] = mapped_column(server_default=EMPTY)
    status: Mapped[str] = mapped_column(server_default=word("active"))
    subject_type: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    result_type: Mapped[str | None]
    result_id: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
