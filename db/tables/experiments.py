"""What is being tested, and who saw what."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    EMPTY,
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


class Experiment(Base):
    """A planned comparison of skill versions, subject lines or texts."""

    __tablename__ = "experiments"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        inside("client_id", "clients", "cascade"),
        one_of("kind", "skill_version subject content"),
        one_of("method", "fixed sequential bandit"),
        one_of("status", "draft running stopped concluded"),
        one_of("verdict", "none winner no_difference imbalanced"),
        sparse("workspace_id", "client_id"),
        Index(
            "uq_experiments_workspace_id_client_id_kind_subject_id",
            "workspace_id",
            "client_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    client_id: Mapped[UUID | None]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    name: Mapped[str]
    hypothesis: Mapped[str | None]
    metric: Mapped[str]
    method: Mapped[str] = mapped_column(server_default=word("fixed"))
    min_effect: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    required_n: Mapped[int | None]
    salt: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=word("draft"))
    verdict: Mapped[str] = mapped_column(server_default=word("none"))
    winner_key: Mapped[str | None]
    result: Mapped[Json] = mapped_column(server_default=EMPTY)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ExperimentArm(Base):
    """One variant and its share."""

    __tablename__ = "experiment_arms"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("experiment_id", "key"),
        inside("experiment_id", "experiments", "cascade"),
        CheckConstraint("weight_percent BETWEEN 0 AND 100", name="weight_range"),
        sparse("skill_version_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    experiment_id: Mapped[UUID]
    key: Mapped[str]
    weight_percent: Mapped[Small]
    skill_version_id: Mapped[UUID | None] = mapped_column(
        to("skill_versions", "restrict")
    )
    subject: Mapped[str | None]
    content_version: Mapped[int | None]


class ExperimentExposure(Base):
    """Who saw which arm first; sticky across retries."""

    __tablename__ = "experiment_exposures"
    __table_args__ = (
        UniqueConstraint("experiment_id", "unit_type", "unit_id"),
        inside("experiment_id", "experiments", "cascade"),
        inside("arm_id", "experiment_arms", "cascade"),
        one_of("unit_type", "client contact user conversation"),
        Index(None, "workspace_id"),
        Index(None, "workspace_id", "arm_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[Tenant]
    experiment_id: Mapped[UUID]
    arm_id: Mapped[UUID]
    unit_type: Mapped[str]
    unit_id: Mapped[UUID]
    first_exposed_at: Mapped[Moment]
