"""Add experiments, their arms and who saw which.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.script import statements

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE experiments (
    id uuid CONSTRAINT pk_experiments PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_experiments_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid, kind text NOT NULL, subject_id uuid NOT NULL, name text NOT NULL,
    hypothesis text, metric text NOT NULL,
    method text NOT NULL DEFAULT 'fixed', min_effect numeric(8,5), required_n integer,
    salt text NOT NULL, status text NOT NULL DEFAULT 'draft',
    verdict text NOT NULL DEFAULT 'none', winner_key text,
    result jsonb NOT NULL DEFAULT '{}', started_at timestamptz, ended_at timestamptz,
    CONSTRAINT uq_experiments_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_experiments_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_experiments_kind
        CHECK (kind IN ('skill_version', 'subject', 'content')),
    CONSTRAINT ck_experiments_method
        CHECK (method IN ('fixed', 'sequential', 'bandit')),
    CONSTRAINT ck_experiments_status
        CHECK (status IN ('draft', 'running', 'stopped', 'concluded')),
    CONSTRAINT ck_experiments_verdict
        CHECK (verdict IN ('none', 'winner', 'no_difference', 'imbalanced'))
);
CREATE INDEX ix_experiments_workspace_id_client_id
    ON experiments (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX uq_experiments_workspace_id_client_id_kind_subject_id
    ON experiments (workspace_id, client_id, kind, subject_id) NULLS NOT DISTINCT
    WHERE status = 'running';

CREATE TABLE experiment_arms (
    id uuid CONSTRAINT pk_experiment_arms PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_experiment_arms_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    experiment_id uuid NOT NULL, key text NOT NULL, weight_percent smallint NOT NULL,
    skill_version_id uuid
        CONSTRAINT fk_experiment_arms_skill_version_id REFERENCES skill_versions
        ON DELETE RESTRICT,
    subject text, content_version integer,
    CONSTRAINT uq_experiment_arms_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_experiment_arms_experiment_id_key UNIQUE (experiment_id, key),
    CONSTRAINT fk_experiment_arms_workspace_id_experiment_id
        FOREIGN KEY (workspace_id, experiment_id)
        REFERENCES experiments (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_experiment_arms_weight_range
        CHECK (weight_percent BETWEEN 0 AND 100)
);
CREATE INDEX ix_experiment_arms_skill_version_id ON experiment_arms (skill_version_id)
    WHERE skill_version_id IS NOT NULL;

CREATE TABLE experiment_exposures (
    id uuid CONSTRAINT pk_experiment_exposures PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_experiment_exposures_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    experiment_id uuid NOT NULL, arm_id uuid NOT NULL,
    unit_type text NOT NULL, unit_id uuid NOT NULL,
    first_exposed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_experiment_exposures_experiment_id_unit_type_unit_id
        UNIQUE (experiment_id, unit_type, unit_id),
    CONSTRAINT fk_experiment_exposures_workspace_id_experiment_id
        FOREIGN KEY (workspace_id, experiment_id)
        REFERENCES experiments (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_experiment_exposures_workspace_id_arm_id
        FOREIGN KEY (workspace_id, arm_id) REFERENCES experiment_arms (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_experiment_exposures_unit_type
        CHECK (unit_type IN ('client', 'contact', 'user', 'conversation'))
);
CREATE INDEX ix_experiment_exposures_workspace_id
    ON experiment_exposures (workspace_id);
CREATE INDEX ix_experiment_exposures_workspace_id_arm_id
    ON experiment_exposures (workspace_id, arm_id);

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON experiments
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON experiments, experiment_arms TO agent_app;
GRANT SELECT, INSERT ON experiment_exposures TO agent_app;
"""

UNDO = """
DROP TABLE experiment_exposures, experiment_arms, experiments;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("experiments"),
        *rls.tenant("experiment_arms"),
        *rls.tenant("experiment_exposures"),
        *rls.erasable("experiments", "experiment_arms", "experiment_exposures"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
