"""What runs cost, and what may still be spent."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    Computed,
    Index,
    Numeric,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    OFF,
    ZERO,
    Base,
    Code,
    Id,
    Moment,
    Money,
    Numbers,
    Tenant,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class BillingAccount(Base):
    """The buyer behind a workspace, and its model-cost limits."""

    __tablename__ = "billing_accounts"
    __table_args__ = (
        PrimaryKeyConstraint("workspace_id"),
        CheckConstraint(
            "gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}$'", name="gstin_shape"
        ),
        CheckConstraint("left(gstin, 2) = state_code", name="gstin_state"),
        CheckConstraint("pan ~ '^[A-Z]{5}[0-9]{4}[A-Z]$'", name="pan_shape"),
    )

    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    legal_name: Mapped[str | None]
    billing_email: Mapped[str | None]
    address: Mapped[str | None]
    country: Mapped[str] = mapped_column(CHAR(2), server_default=word("IN"))
    state_code: Mapped[str | None] = mapped_column(CHAR(2))
    gstin: Mapped[str | None]
    pan: Mapped[str | None]
    currency: Mapped[Code] = mapped_column(server_default=word("INR"))
    provider_customer_id: Mapped[str | None]
    limit_month_usd: Mapped[Money | None]
    limit_day_usd: Mapped[Money | None]
    alert_percent: Mapped[Numbers] = mapped_column(server_default=text("'{75,90,100}'"))


class UsageRecord(Base):
    """One paid machine call: the LLM ledger."""

    __tablename__ = "usage_records"
    __table_args__ = (
        UniqueConstraint("workspace_id", "call_key"),
        one_of("kind", "llm embedding image video ocr search"),
        one_of("status", "ok error filtered"),
        CheckConstraint("cost_usd >= 0", name="cost_not_negative"),
        sparse("user_id"),
        Index(None, "workspace_id", "recorded_at"),
        Index(None, "run_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[UUID] = mapped_column(to("workspaces", "restrict"))
    user_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    run_id: Mapped[UUID | None]
    skill_id: Mapped[UUID | None]
    call_key: Mapped[str]
    kind: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int] = mapped_column(server_default=ZERO)
    cache_read_tokens: Mapped[int] = mapped_column(server_default=ZERO)
    cache_write_5m_tokens: Mapped[int] = mapped_column(server_default=ZERO)
    cache_write_1h_tokens: Mapped[int] = mapped_column(server_default=ZERO)
    output_tokens: Mapped[int] = mapped_column(server_default=ZERO)
    units: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    total_tokens: Mapped[int] = mapped_column(
        Computed(
            "input_tokens + cache_read_tokens + cache_write_5m_tokens"
            " + cache_write_1h_tokens + output_tokens",
            persisted=True,
        )
    )
    cost_usd: Mapped[Money]
    price_version: Mapped[str]
    latency_ms: Mapped[int | None]
    status: Mapped[str] = mapped_column(server_default=word("ok"))
    is_fallback: Mapped[bool] = mapped_column(server_default=OFF)
    recorded_at: Mapped[Moment]


class BudgetPeriod(Base):
    """What may be spent this day or month, by the workspace or one person."""

    __tablename__ = "budget_periods"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint(
            "workspace_id",
            "user_id",
            "period",
            "starts_on",
            postgresql_nulls_not_distinct=True,
        ),
        one_of("period", "day month"),
        CheckConstraint(
            "spent_usd >= 0 AND reserved_usd >= 0", name="sums_not_negative"
        ),
        sparse("user_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    period: Mapped[str]
    starts_on: Mapped[date]
    limit_usd: Mapped[Money | None]
    spent_usd: Mapped[Money] = mapped_column(server_default=ZERO)
    reserved_usd: Mapped[Money] = mapped_column(server_default=ZERO)
    alerts_sent: Mapped[Numbers] = mapped_column(server_default=EMPTY)


class BudgetReservation(Base):
    """Money held for one paid call of a run."""

    __tablename__ = "budget_reservations"
    __table_args__ = (
        UniqueConstraint("budget_period_id", "call_key"),
        inside("budget_period_id", "budget_periods", "cascade"),
        one_of("state", "held settled released"),
        Index(None, "workspace_id"),
        Index(None, "expires_at", postgresql_where=text("state = 'held'")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    budget_period_id: Mapped[UUID]
    run_id: Mapped[UUID]
    call_key: Mapped[str]
    amount_usd: Mapped[Money]
    settled_usd: Mapped[Money | None]
    state: Mapped[str] = mapped_column(server_default=word("held"))
    expires_at: Mapped[datetime]
