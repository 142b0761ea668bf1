"""What happened, what is to be relayed, and what happens too often."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    ONE,
    ZERO,
    Base,
    Big,
    Id,
    Inet,
    Json,
    Moment,
    Small,
    one_of,
    sparse,
    to,
)


class Event(Base):
    """The one append-only history: facts, audit, privacy, secrets, analytics."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "stream", "version", postgresql_nulls_not_distinct=True
        ),
        one_of("category", "domain audit privacy secret autopilot analytics"),
        one_of("actor_type", "user agent contact system anonymous"),
        Index(
            "ix_events_workspace_id_category_occurred_at",
            "workspace_id",
            "category",
            text("occurred_at DESC"),
        ),
        Index(
            "ix_events_workspace_id_type_occurred_at",
            "workspace_id",
            "type",
            text("occurred_at DESC"),
        ),
        Index(None, "actor_id"),
        Index(None, "correlation_id"),
        Index(None, "occurred_at", postgresql_using="brin"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "restrict"))
    stream_type: Mapped[str]
    stream_id: Mapped[str]
    version: Mapped[Big]
    category: Mapped[str]
    type: Mapped[str]
    schema_version: Mapped[Small] = mapped_column(server_default=ONE)
    stream: Mapped[str] = mapped_column(
        Computed("category || '/' || stream_type || ':' || stream_id", persisted=True)
    )
    data: Mapped[Json] = mapped_column(server_default=EMPTY)
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    metadata_: Mapped[Json] = mapped_column("metadata", server_default=EMPTY)
    actor_type: Mapped[str]
    actor_id: Mapped[UUID | None]
    ip_address: Mapped[Inet | None]
    user_agent: Mapped[str | None]
    correlation_id: Mapped[UUID | None]
    causation_id: Mapped[UUID | None]
    occurred_at: Mapped[Moment]


class Outbox(Base):
    """News to be relayed upward, written in the transaction that made it."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("topic", "key"),
        sparse("workspace_id"),
        Index(None, "available_at", postgresql_where=text("published_at IS NULL")),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    topic: Mapped[str]
    key: Mapped[str]
    payload: Mapped[Json]
    available_at: Mapped[Moment]
    attempts: Mapped[Small] = mapped_column(server_default=ZERO)
    last_error: Mapped[str | None]
    published_at: Mapped[datetime | None]


class Throttle(Base):
    """Rate windows and circuit breakers; losing it in a crash only reopens doors."""

    __tablename__ = "throttles"
    __table_args__ = (
        PrimaryKeyConstraint("key"),
        one_of("kind", "rate circuit"),
        one_of("state", "closed open half_open"),
        CheckConstraint(
            "(kind = 'circuit') = (state IS NOT NULL)", name="circuits_have_state"
        ),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[str]
    kind: Mapped[str]
    count: Mapped[int] = mapped_column(server_default=ZERO)
    state: Mapped[str | None]
    window_started_at: Mapped[Moment]
    expires_at: Mapped[datetime]
