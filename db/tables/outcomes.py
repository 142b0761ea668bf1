"""What runs made, and how people judged it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    NONE,
    Base,
    Id,
    Json,
    JsonList,
    Moment,
    Small,
    Tenant,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Output(Base):
    """The immutable result of a run: a file in the object store, typed."""

    __tablename__ = "outputs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("storage_key"),
        inside("run_id", "runs", "cascade"),
        inside("client_id", "clients", "cascade"),
        inside("revises_id", "outputs", "null"),
        one_of(
            "kind",
            "document draft positioning funnel gap_analysis kpi_framework"
            " keyword_research report weekly_report insight forecast simulation"
            " export answer",
        ),
        one_of("format", "markdown json html csv pdf docx text"),
        CheckConstraint("length(preview) <= 500", name="preview_length"),
        Index(None, "workspace_id", "run_id"),
        sparse("workspace_id", "client_id"),
        sparse("workspace_id", "revises_id"),
        Index(
            "ix_outputs_workspace_id_kind_id", "workspace_id", "kind", text("id DESC")
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    run_id: Mapped[UUID]
    client_id: Mapped[UUID | None]
    revises_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(server_default=word("document"))
    format: Mapped[str] = mapped_column(server_default=word("markdown"))
    title: Mapped[str | None]
    preview: Mapped[str | None]
    storage_key: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    data: Mapped[Json | None]


class Feedback(Base):
    """A judgement of an output, by a person, by behaviour or by a judge model."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint(
            "output_id",
            "source",
            "reviewer_key",
            "signal",
            postgresql_nulls_not_distinct=True,
        ),
        inside("output_id", "outputs", "cascade"),
        one_of("source", "human implicit judge"),
        one_of("channel", "telegram slack web terminal api email system"),
        one_of("signal", "edit revise regenerate reject accept publish ignored"),
        CheckConstraint(
            "source <> 'human' OR overall_score IS NOT NULL", name="humans_score"
        ),
        CheckConstraint(
            "source <> 'implicit' OR signal IS NOT NULL", name="behaviour_signals"
        ),
        CheckConstraint(
            "accuracy_score BETWEEN 1 AND 5 AND quality_score BETWEEN 1 AND 5 AND"
            " usefulness_score BETWEEN 1 AND 5 AND rule_compliance_score BETWEEN 1"
            " AND 5 AND overall_score BETWEEN 1 AND 5",
            name="scores_range",
        ),
        CheckConstraint("judge_score BETWEEN 0 AND 100", name="judge_score_range"),
        Index(None, "workspace_id"),
        sparse("reviewer_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    output_id: Mapped[UUID]
    reviewer_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    reviewer_name: Mapped[str | None]
    reviewer_key: Mapped[str]
    source: Mapped[str] = mapped_column(server_default=word("human"))
    channel: Mapped[str]
    signal: Mapped[str | None]
    accuracy_score: Mapped[Small | None]
    quality_score: Mapped[Small | None]
    usefulness_score: Mapped[Small | None]
    rule_compliance_score: Mapped[Small | None]
    overall_score: Mapped[Small | None]
    judge_score: Mapped[Small | None]
    what_worked_well: Mapped[str | None]
    comment: Mapped[str | None]
    issues: Mapped[JsonList] = mapped_column(server_default=NONE)
    suggested_rule_changes: Mapped[JsonList] = mapped_column(server_default=NONE)
    rule_results: Mapped[JsonList] = mapped_column(server_default=NONE)
    critique: Mapped[Json | None]
    edit_diff: Mapped[str | None]


class Approval(Base):
    """A question only a person may answer."""

    __tablename__ = "approvals"
    __table_args__ = (
        inside("run_id", "runs", "cascade"),
        one_of(
            "subject_type",
            "task run content_piece sequence publication autopilot_action rule"
            " operation",
        ),
        one_of(
            "status", "pending approved rejected revision_requested expired cancelled"
        ),
        one_of("required_role", "owner admin member"),
        CheckConstraint(
            "(status IN ('pending','expired','cancelled')) = (decided_at IS NULL)",
            name="decided_when_final",
        ),
        CheckConstraint(
            "(subject_type = 'operation') = (params_hash IS NOT NULL)",
            name="operations_hashed",
        ),
        CheckConstraint(
            "subject_type = 'operation' OR subject_id IS NOT NULL", name="subject_named"
        ),
        CheckConstraint(
            "used_at IS NULL OR status = 'approved'", name="used_once_approved"
        ),
        sparse("workspace_id", "run_id"),
        sparse("requested_by_id"),
        sparse("decided_by_id"),
        Index(
            "uq_approvals_pending",
            "workspace_id",
            "subject_type",
            "subject_id",
            "subject_version",
            "params_hash",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index(None, "workspace_id", "status"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None]
    subject_version: Mapped[int | None]
    params_hash: Mapped[bytes | None]
    run_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(server_default=word("pending"))
    required_role: Mapped[str] = mapped_column(server_default=word("member"))
    request: Mapped[Json] = mapped_column(server_default=EMPTY)
    requested_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    requested_at: Mapped[Moment]
    expires_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    decided_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    feedback: Mapped[str | None]


class RoutingLabel(Base):
    """How a message was routed, and what would have been right."""

    __tablename__ = "routing_labels"
    __table_args__ = (
        inside("private_chat_id", "chats", "cascade"),
        inside("message_id", "messages", "cascade"),
        inside("run_id", "runs", "null"),
        one_of("method", "press command phrase lexical model asked none"),
        one_of("labelled_by", "none user operator judge"),
        Index(None, "workspace_id"),
        sparse("user_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("workspace_id", "message_id"),
        sparse("workspace_id", "run_id"),
        sparse("chosen_skill_id"),
        sparse("label_skill_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    private_chat_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    chosen_skill_id: Mapped[UUID | None] = mapped_column(to("skills", "null"))
    label_skill_id: Mapped[UUID | None] = mapped_column(to("skills", "null"))
    text: Mapped[str]
    language: Mapped[str | None]
    method: Mapped[str]
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    candidates: Mapped[JsonList] = mapped_column(server_default=NONE)
    labelled_by: Mapped[str] = mapped_column(server_default=word("none"))
    labelled_at: Mapped[datetime | None]
