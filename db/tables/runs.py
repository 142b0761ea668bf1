"""Work asked for and done."""

from datetime import datetime, time
from uuid import UUID

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMBEDDING_DIM,
    EMPTY,
    OFF,
    ONE,
    ZERO,
    Base,
    Big,
    Id,
    Json,
    Moment,
    Money,
    Small,
    Tenant,
    Words,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Agent(Base):
    """A named worker with a set of skills."""

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "name"),
        inside("client_id", "clients", "null"),
        inside("task_id", "tasks", "null", circular=True),
        one_of("status", "available working paused error"),
        sparse("workspace_id", "client_id"),
        sparse("workspace_id", "task_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    client_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=word("available"))
    skills: Mapped[Words] = mapped_column(server_default=EMPTY)
    worker: Mapped[str | None]
    started_at: Mapped[datetime | None]
    last_heartbeat_at: Mapped[datetime | None]
    error_message: Mapped[str | None]


class Task(Base):
    """Something to do, by a person or an agent, once or again and again."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "number"),
        inside("client_id", "clients", "cascade"),
        inside("parent_id", "tasks", "null"),
        inside("agent_id", "agents", "null"),
        one_of(
            "kind", "content outreach research analysis publish admin report routine"
        ),
        one_of(
            "status",
            "pending queued running waiting_approval completed failed cancelled",
        ),
        CheckConstraint("priority BETWEEN 1 AND 10", name="priority_range"),
        CheckConstraint("num_nonnulls(assignee_id, agent_id) <= 1", name="one_doer"),
        CheckConstraint(
            "repeat_rule IS NULL OR timezone IS NOT NULL", name="repeats_have_zone"
        ),
        sparse("workspace_id", "client_id"),
        sparse("workspace_id", "parent_id"),
        sparse("created_by_id"),
        sparse("assignee_id"),
        sparse("workspace_id", "agent_id"),
        sparse("skill_id"),
        Index(
            "ix_tasks_workspace_id_status_priority_due_at",
            "workspace_id",
            "status",
            text("priority DESC"),
            "due_at",
        ),
        Index(None, "scheduled_for", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    number: Mapped[Big]
    client_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    created_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    assignee_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    agent_id: Mapped[UUID | None]
    skill_id: Mapped[UUID | None] = mapped_column(to("skills", "null"))
    kind: Mapped[str]
    title: Mapped[str]
    description: Mapped[str | None]
    input: Mapped[Json] = mapped_column(server_default=EMPTY)
    error_message: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=word("pending"))
    priority: Mapped[Small] = mapped_column(server_default=text("5"))
    requires_approval: Mapped[bool] = mapped_column(server_default=OFF)
    due_at: Mapped[datetime | None]
    scheduled_for: Mapped[datetime | None]
    local_time: Mapped[time | None]
    timezone: Mapped[str | None]
    repeat_rule: Mapped[str | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class Run(Base):
    """One execution: of a skill, a workflow, a card reading, a check, an import."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "idempotency_key"),
        inside("client_id", "clients", "cascade"),
        inside("conversation_id", "conversations", "null"),
        inside("message_id", "messages", "null"),
        inside("task_id", "tasks", "null"),
        inside("agent_id", "agents", "null"),
        inside("parent_id", "runs", "null"),
        inside("cache_of_id", "runs", "null"),
        inside("arm_id", "experiment_arms", "null"),
        inside("private_chat_id", "chats", "cascade"),
        one_of(
            "kind",
            "skill chat workflow simulation ocr import export ingest analysis"
            " competitor_check video model_discovery autopilot report retention"
            " erasure",
        ),
        one_of(
            "status",
            "queued running waiting_approval waiting_input completed failed timeout"
            " cancelled",
        ),
        CheckConstraint(
            "(input_embedding IS NULL) = (embedding_model IS NULL)",
            name="embedding_has_model",
        ),
        CheckConstraint("cost_usd >= 0", name="cost_not_negative"),
        sparse("user_id"),
        sparse("private_user_id"),
        sparse("workspace_id", "private_chat_id"),
        sparse("workspace_id", "client_id"),
        sparse("skill_id"),
        sparse("skill_version_id"),
        sparse("workspace_id", "conversation_id"),
        sparse("workspace_id", "message_id"),
        sparse("workspace_id", "task_id"),
        sparse("workspace_id", "agent_id"),
        sparse("workspace_id", "parent_id"),
        sparse("workspace_id", "cache_of_id"),
        sparse("workspace_id", "arm_id"),
        Index("ix_runs_workspace_id_queued_at", "workspace_id", text("queued_at DESC")),
        Index(
            None, "queued_at", postgresql_where=text("status IN ('queued', 'running')")
        ),
        Index(
            "ix_runs_alive",
            "workspace_id",
            "number",
            postgresql_where=text(
                "status IN ('queued', 'running', 'waiting_approval', 'waiting_input')"
            ),
        ),
        Index(None, "workspace_id", "subject_type", "subject_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    updated_at: Mapped[Moment]
    user_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    client_id: Mapped[UUID | None]
    skill_id: Mapped[UUID | None] = mapped_column(to("skills", "null"))
    skill_version_id: Mapped[UUID | None] = mapped_column(to("skill_versions", "null"))
    conversation_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    cache_of_id: Mapped[UUID | None]
    arm_id: Mapped[UUID | None]
    private_user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    """Set: this person's alone; copied from the conversation, emptied by sharing."""
    private_chat_id: Mapped[UUID | None]
    is_tainted: Mapped[bool] = mapped_column(server_default=OFF)
    """Whether it has read text that nobody of the team wrote."""
    number: Mapped[Big]
    kind: Mapped[str] = mapped_column(server_default=word("skill"))
    subject_type: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    client_version: Mapped[int | None]
    status: Mapped[str] = mapped_column(server_default=word("queued"))
    priority: Mapped[Small] = mapped_column(server_default=text("5"))
    attempt: Mapped[Small] = mapped_column(server_default=ONE)
    idempotency_key: Mapped[str]
    workflow_id: Mapped[str | None]
    external_operation_id: Mapped[str | None]
    user_message: Mapped[str | None]
    input: Mapped[Json] = mapped_column(server_default=EMPTY)
    result: Mapped[Json] = mapped_column(server_default=EMPTY)
    metadata_: Mapped[Json] = mapped_column("metadata", server_default=EMPTY)
    provider: Mapped[str | None]
    model: Mapped[str | None]
    fallback_from: Mapped[str | None]
    tokens_input: Mapped[int] = mapped_column(server_default=ZERO)
    tokens_output: Mapped[int] = mapped_column(server_default=ZERO)
    cost_usd: Mapped[Money] = mapped_column(server_default=ZERO)
    tool_calls: Mapped[int] = mapped_column(server_default=ZERO)
    input_embedding: Mapped[list[float] | None] = mapped_column(Vector(EMBEDDING_DIM))
    embedding_model: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    queued_at: Mapped[Moment]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration_ms: Mapped[Big | None] = mapped_column(
        Computed(
            "(extract(epoch FROM (completed_at - started_at)) * 1000)::bigint",
            persisted=True,
        )
    )


class RunStep(Base):
    """One durable step, tool call, check or wait."""

    __tablename__ = "run_steps"
    __table_args__ = (
        UniqueConstraint("run_id", "name", "attempt"),
        inside("run_id", "runs", "cascade"),
        one_of("kind", "llm tool fetch check wait approval effect"),
        one_of("status", "pending running waiting completed failed skipped ambiguous"),
        one_of("effect", "read write spend send publish destroy"),
        Index(None, "workspace_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    run_id: Mapped[UUID]
    position: Mapped[Small]
    name: Mapped[str]
    kind: Mapped[str]
    attempt: Mapped[Small] = mapped_column(server_default=ONE)
    status: Mapped[str] = mapped_column(server_default=word("pending"))
    effect: Mapped[str | None]
    input: Mapped[Json] = mapped_column(server_default=EMPTY)
    output: Mapped[Json] = mapped_column(server_default=EMPTY)
    error_message: Mapped[str | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
