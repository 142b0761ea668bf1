"""What the agent can do, by which rules, with which models."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
    NONE,
    OFF,
    ON,
    Base,
    Id,
    Json,
    JsonList,
    Moment,
    Money,
    Tenant,
    Words,
    inside,
    one_of,
    sparse,
    to,
    word,
)


class Skill(Base):
    """A skill: global when `workspace_id` is NULL, a workspace's own otherwise."""

    __tablename__ = "skills"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name", postgresql_nulls_not_distinct=True),
        one_of("type", "simple with_rules complex"),
        one_of("category", "content analysis outreach optimization meta"),
        CheckConstraint(
            "name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(name) <= 64",
            name="name_shape",
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    name: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    type: Mapped[str] = mapped_column(server_default=word("simple"))
    category: Mapped[str]
    storage_prefix: Mapped[str]
    has_rules: Mapped[bool] = mapped_column(server_default=OFF)
    has_subdirectories: Mapped[bool] = mapped_column(server_default=OFF)
    triggers: Mapped[Words] = mapped_column(server_default=EMPTY)
    related: Mapped[Words] = mapped_column(server_default=EMPTY)
    current_version: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=ON)
    is_beta: Mapped[bool] = mapped_column(server_default=OFF)
    is_system: Mapped[bool] = mapped_column(
        Computed("workspace_id IS NULL", persisted=True)
    )


class SkillVersion(Base):
    """Content-addressed files and settings of one version; immutable once released."""

    __tablename__ = "skill_versions"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "skill_id", "version", postgresql_nulls_not_distinct=True
        ),
        UniqueConstraint(
            "workspace_id",
            "skill_id",
            "content_hash",
            postgresql_nulls_not_distinct=True,
        ),
        one_of("status", "draft beta active retired"),
        one_of("origin", "file user import proposal rollback"),
        one_of("model_tier", "fast balanced deep"),
        Index(None, "skill_id"),
        sparse("parent_id"),
        sparse("made_by_id"),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    skill_id: Mapped[UUID] = mapped_column(to("skills", "cascade"))
    parent_id: Mapped[UUID | None] = mapped_column(to("skill_versions", "null"))
    """What it was made from."""
    made_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    version: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=word("draft"))
    origin: Mapped[str] = mapped_column(server_default=word("file"))
    content_hash: Mapped[bytes]
    storage_key: Mapped[str]
    files: Mapped[JsonList] = mapped_column(server_default=NONE)
    prompt_template: Mapped[str]
    system_prompt: Mapped[str | None]
    input_schema: Mapped[Json] = mapped_column(server_default=EMPTY)
    output_schema: Mapped[Json] = mapped_column(server_default=EMPTY)
    required_context: Mapped[Words] = mapped_column(server_default=EMPTY)
    tools: Mapped[Words] = mapped_column(server_default=EMPTY)
    model_tier: Mapped[str] = mapped_column(server_default=word("balanced"))
    llm_provider: Mapped[str | None]
    llm_model: Mapped[str | None]
    llm_config: Mapped[Json] = mapped_column(server_default=EMPTY)
    max_cost_usd: Mapped[Money | None]
    changelog: Mapped[str | None]
    scan: Mapped[Json | None]
    released_at: Mapped[datetime | None]


class SkillSetting(Base):
    """What a workspace, or one brand of it, changed about a skill."""

    __tablename__ = "skill_settings"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "skill_id", "client_id", postgresql_nulls_not_distinct=True
        ),
        inside("client_id", "clients", "cascade"),
        one_of("model_tier", "fast balanced deep"),
        Index(None, "skill_id"),
        sparse("workspace_id", "client_id"),
        sparse("version_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    skill_id: Mapped[UUID | None] = mapped_column(to("skills", "cascade"))
    """None: every skill."""
    client_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None] = mapped_column(to("skill_versions", "null"))
    is_active: Mapped[bool] = mapped_column(server_default=ON)
    model_tier: Mapped[str | None]
    model: Mapped[str | None]
    """``<provider>/<model>``; beats the tier."""


class Rule(Base):
    """One citable rule of a skill, client, workspace or person; proposed ones too."""

    __tablename__ = "rules"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id",
            "scope",
            "skill_id",
            "client_id",
            "user_id",
            "code",
            postgresql_nulls_not_distinct=True,
        ),
        inside("client_id", "clients", "cascade"),
        one_of("scope", "skill client workspace user"),
        one_of("severity", "must should may"),
        one_of("status", "proposed active rejected retired"),
        CheckConstraint(
            "(scope = 'skill') = (skill_id IS NOT NULL)", name="skill_scope"
        ),
        CheckConstraint(
            "scope <> 'client' OR client_id IS NOT NULL", name="client_scope"
        ),
        CheckConstraint("(scope = 'user') = (user_id IS NOT NULL)", name="user_scope"),
        sparse("user_id"),
        sparse("skill_id"),
        sparse("workspace_id", "client_id"),
        sparse("replaces_id"),
        sparse("decided_by_id"),
        Index(
            "uq_rules_workspace_id_skill_id_open",
            "workspace_id",
            "skill_id",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
    )

    id: Mapped[Id]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    workspace_id: Mapped[UUID | None] = mapped_column(to("workspaces", "cascade"))
    user_id: Mapped[UUID | None] = mapped_column(to("users", "cascade"))
    scope: Mapped[str]
    skill_id: Mapped[UUID | None] = mapped_column(to("skills", "cascade"))
    client_id: Mapped[UUID | None]
    replaces_id: Mapped[UUID | None] = mapped_column(to("rules", "null"))
    code: Mapped[str]
    statement: Mapped[str]
    rationale: Mapped[str | None]
    severity: Mapped[str] = mapped_column(server_default=word("should"))
    is_protected: Mapped[bool] = mapped_column(server_default=OFF)
    status: Mapped[str] = mapped_column(server_default=word("active"))
    evidence: Mapped[JsonList] = mapped_column(server_default=NONE)
    score_before: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    score_after: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    held_out_cases: Mapped[int | None]
    since_version: Mapped[str | None]
    until_version: Mapped[str | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(to("users", "null"))
    decided_at: Mapped[datetime | None]
    proposal: Mapped[Json | None]
    """Of a proposed change: what it changes, and how it did when it was tried."""


class Model(Base):
    """Models found at the providers, with price and ability."""

    __tablename__ = "models"
    __table_args__ = (
        UniqueConstraint("provider", "model_name"),
        one_of("tier", "flagship fast reasoning legacy embedding image video"),
        Index(
            "uq_models_provider_tier",
            "provider",
            "tier",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[Id]
    updated_at: Mapped[Moment]
    provider: Mapped[str]
    model_name: Mapped[str]
    tier: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=ON)
    is_default: Mapped[bool] = mapped_column(server_default=OFF)
    input_usd: Mapped[Money | None]
    cached_usd: Mapped[Money | None]
    output_usd: Mapped[Money | None]
    unit_usd: Mapped[Money | None]
    context_window: Mapped[int | None]
    embedding_dim: Mapped[int | None]
    capabilities: Mapped[Json] = mapped_column(server_default=EMPTY)
    metadata_: Mapped[Json] = mapped_column("metadata", server_default=EMPTY)
    discovered_at: Mapped[Moment]
    retired_at: Mapped[datetime | None]
