"""Add agents, tasks, runs and their steps; deliveries point at runs.

Safe online: new tables, and a column that is NULL everywhere.
"""

from alembic import op

from db import rls
from db.script import statements

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE agents (
    id uuid CONSTRAINT pk_agents PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_agents_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid,
    name text NOT NULL, status text NOT NULL DEFAULT 'available',
    skills text[] NOT NULL DEFAULT '{}', worker text, started_at timestamptz,
    last_heartbeat_at timestamptz, error_message text,
    CONSTRAINT uq_agents_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_agents_workspace_id_name UNIQUE (workspace_id, name),
    CONSTRAINT fk_agents_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE SET NULL (client_id),
    CONSTRAINT ck_agents_status
        CHECK (status IN ('available', 'working', 'paused', 'error'))
);
CREATE INDEX ix_agents_workspace_id_client_id ON agents (workspace_id, client_id)
    WHERE client_id IS NOT NULL;

CREATE TABLE tasks (
    id uuid CONSTRAINT pk_tasks PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_tasks_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    number bigint NOT NULL, client_id uuid, parent_id uuid,
    created_by_id uuid
        CONSTRAINT fk_tasks_created_by_id REFERENCES users ON DELETE SET NULL,
    assignee_id uuid
        CONSTRAINT fk_tasks_assignee_id REFERENCES users ON DELETE SET NULL,
    agent_id uuid,
    skill_id uuid CONSTRAINT fk_tasks_skill_id REFERENCES skills ON DELETE SET NULL,
    kind text NOT NULL, title text NOT NULL, description text,
    input jsonb NOT NULL DEFAULT '{}', error_message text,
    status text NOT NULL DEFAULT 'pending', priority smallint NOT NULL DEFAULT 5,
    requires_approval boolean NOT NULL DEFAULT false,
    due_at timestamptz, scheduled_for timestamptz, local_time time, timezone text,
    repeat_rule text, started_at timestamptz, completed_at timestamptz,
    CONSTRAINT uq_tasks_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_tasks_workspace_id_number UNIQUE (workspace_id, number),
    CONSTRAINT fk_tasks_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_tasks_workspace_id_parent_id
        FOREIGN KEY (workspace_id, parent_id) REFERENCES tasks (workspace_id, id)
        ON DELETE SET NULL (parent_id),
    CONSTRAINT fk_tasks_workspace_id_agent_id
        FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id)
        ON DELETE SET NULL (agent_id),
    CONSTRAINT ck_tasks_kind
        CHECK (kind IN ('content', 'outreach', 'research', 'analysis', 'publish',
            'admin', 'report', 'routine')),
    CONSTRAINT ck_tasks_status
        CHECK (status IN ('pending', 'queued', 'running', 'waiting_approval',
            'completed', 'failed', 'cancelled')),
    CONSTRAINT ck_tasks_priority_range CHECK (priority BETWEEN 1 AND 10),
    CONSTRAINT ck_tasks_one_doer CHECK (num_nonnulls(assignee_id, agent_id) <= 1),
    CONSTRAINT ck_tasks_repeats_have_zone
        CHECK (repeat_rule IS NULL OR timezone IS NOT NULL)
);
CREATE INDEX ix_tasks_workspace_id_client_id ON tasks (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_tasks_workspace_id_parent_id ON tasks (workspace_id, parent_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX ix_tasks_created_by_id ON tasks (created_by_id)
    WHERE created_by_id IS NOT NULL;
CREATE INDEX ix_tasks_assignee_id ON tasks (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX ix_tasks_workspace_id_agent_id ON tasks (workspace_id, agent_id)
    WHERE agent_id IS NOT NULL;
CREATE INDEX ix_tasks_skill_id ON tasks (skill_id) WHERE skill_id IS NOT NULL;
CREATE INDEX ix_tasks_workspace_id_status_priority_due_at
    ON tasks (workspace_id, status, priority DESC, due_at);
CREATE INDEX ix_tasks_scheduled_for ON tasks (scheduled_for) WHERE status = 'pending';

CREATE TABLE runs (
    id uuid CONSTRAINT pk_runs PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_runs_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid CONSTRAINT fk_runs_user_id REFERENCES users ON DELETE SET NULL,
    client_id uuid,
    skill_id uuid CONSTRAINT fk_runs_skill_id REFERENCES skills ON DELETE SET NULL,
    skill_version_id uuid
        CONSTRAINT fk_runs_skill_version_id REFERENCES skill_versions
        ON DELETE SET NULL,
    conversation_id uuid, message_id uuid, task_id uuid, agent_id uuid,
    parent_id uuid, cache_of_id uuid, arm_id uuid,
    number bigint NOT NULL, kind text NOT NULL DEFAULT 'skill', subject_type text,
    subject_id uuid, client_version integer,
    status text NOT NULL DEFAULT 'queued', priority smallint NOT NULL DEFAULT 5,
    attempt smallint NOT NULL DEFAULT 1, idempotency_key text NOT NULL,
    workflow_id text, external_operation_id text,
    user_message text, input jsonb NOT NULL DEFAULT '{}',
    result jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
    provider text, model text, fallback_from text,
    tokens_input integer NOT NULL DEFAULT 0, tokens_output integer NOT NULL DEFAULT 0,
    cost_usd numeric(12, 6) NOT NULL DEFAULT 0, tool_calls integer NOT NULL DEFAULT 0,
    input_embedding vector(384), embedding_model text,
    error_code text, error_message text, queued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz, completed_at timestamptz,
    duration_ms bigint
        GENERATED ALWAYS AS ((extract(epoch FROM (completed_at - started_at)) *
            1000)::bigint) STORED,
    CONSTRAINT uq_runs_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_runs_workspace_id_number UNIQUE (workspace_id, number),
    CONSTRAINT uq_runs_workspace_id_idempotency_key
        UNIQUE (workspace_id, idempotency_key),
    CONSTRAINT fk_runs_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_runs_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id)
        ON DELETE SET NULL (conversation_id),
    CONSTRAINT fk_runs_workspace_id_message_id
        FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
        ON DELETE SET NULL (message_id),
    CONSTRAINT fk_runs_workspace_id_task_id
        FOREIGN KEY (workspace_id, task_id) REFERENCES tasks (workspace_id, id)
        ON DELETE SET NULL (task_id),
    CONSTRAINT fk_runs_workspace_id_agent_id
        FOREIGN KEY (workspace_id, agent_id) REFERENCES agents (workspace_id, id)
        ON DELETE SET NULL (agent_id),
    CONSTRAINT fk_runs_workspace_id_parent_id
        FOREIGN KEY (workspace_id, parent_id) REFERENCES runs (workspace_id, id)
        ON DELETE SET NULL (parent_id),
    CONSTRAINT fk_runs_workspace_id_cache_of_id
        FOREIGN KEY (workspace_id, cache_of_id) REFERENCES runs (workspace_id, id)
        ON DELETE SET NULL (cache_of_id),
    CONSTRAINT fk_runs_workspace_id_arm_id
        FOREIGN KEY (workspace_id, arm_id) REFERENCES experiment_arms (workspace_id, id)
        ON DELETE SET NULL (arm_id),
    CONSTRAINT ck_runs_kind
        CHECK (kind IN ('skill', 'chat', 'workflow', 'simulation', 'ocr',
            'import', 'export', 'ingest', 'analysis', 'competitor_check', 'video',
            'model_discovery', 'autopilot', 'report', 'retention', 'erasure')),
    CONSTRAINT ck_runs_status
        CHECK (status IN ('queued', 'running', 'waiting_approval',
            'waiting_input', 'completed', 'failed', 'timeout', 'cancelled')),
    CONSTRAINT ck_runs_embedding_has_model
        CHECK ((input_embedding IS NULL) = (embedding_model IS NULL)),
    CONSTRAINT ck_runs_cost_not_negative CHECK (cost_usd >= 0)
);
CREATE INDEX ix_runs_user_id ON runs (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_client_id ON runs (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_runs_skill_id ON runs (skill_id) WHERE skill_id IS NOT NULL;
CREATE INDEX ix_runs_skill_version_id ON runs (skill_version_id)
    WHERE skill_version_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_conversation_id
    ON runs (workspace_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_message_id ON runs (workspace_id, message_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_task_id ON runs (workspace_id, task_id)
    WHERE task_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_agent_id ON runs (workspace_id, agent_id)
    WHERE agent_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_parent_id ON runs (workspace_id, parent_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_cache_of_id ON runs (workspace_id, cache_of_id)
    WHERE cache_of_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_arm_id ON runs (workspace_id, arm_id)
    WHERE arm_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_queued_at ON runs (workspace_id, queued_at DESC);
CREATE INDEX ix_runs_queued_at ON runs (queued_at)
    WHERE status IN ('queued', 'running');
CREATE INDEX ix_runs_alive ON runs (workspace_id, number)
    WHERE status IN ('queued', 'running', 'waiting_approval', 'waiting_input');
CREATE INDEX ix_runs_workspace_id_subject_type_subject_id
    ON runs (workspace_id, subject_type, subject_id);

CREATE TABLE run_steps (
    id uuid CONSTRAINT pk_run_steps PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_run_steps_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    run_id uuid NOT NULL, position smallint NOT NULL, name text NOT NULL,
    kind text NOT NULL, attempt smallint NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'pending', effect text,
    input jsonb NOT NULL DEFAULT '{}', output jsonb NOT NULL DEFAULT '{}',
    error_message text, started_at timestamptz, completed_at timestamptz,
    CONSTRAINT uq_run_steps_run_id_name_attempt UNIQUE (run_id, name, attempt),
    CONSTRAINT fk_run_steps_workspace_id_run_id
        FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_run_steps_kind
        CHECK (kind IN ('llm', 'tool', 'fetch', 'check', 'wait', 'approval',
            'effect')),
    CONSTRAINT ck_run_steps_status
        CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed',
            'skipped', 'ambiguous')),
    CONSTRAINT ck_run_steps_effect
        CHECK (effect IN ('read', 'write', 'spend', 'send', 'publish', 'destroy'))
);
CREATE INDEX ix_run_steps_workspace_id ON run_steps (workspace_id);

ALTER TABLE deliveries
    ADD COLUMN run_id uuid,
    ADD CONSTRAINT fk_deliveries_workspace_id_run_id
        FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
        ON DELETE SET NULL (run_id);
CREATE INDEX ix_deliveries_workspace_id_run_id ON deliveries (workspace_id, run_id)
    WHERE run_id IS NOT NULL;
ALTER TABLE agents
    ADD COLUMN task_id uuid,
    ADD CONSTRAINT fk_agents_workspace_id_task_id
        FOREIGN KEY (workspace_id, task_id) REFERENCES tasks (workspace_id, id)
        ON DELETE SET NULL (task_id);
CREATE INDEX ix_agents_workspace_id_task_id ON agents (workspace_id, task_id)
    WHERE task_id IS NOT NULL;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON agents
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON tasks
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON runs
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON agents, tasks TO agent_app;
GRANT SELECT, INSERT, UPDATE ON runs, run_steps TO agent_app;
"""

UNDO = """
ALTER TABLE deliveries DROP COLUMN run_id;
ALTER TABLE agents DROP COLUMN task_id;
DROP TABLE run_steps, runs, tasks, agents;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("agents"),
        *rls.tenant("tasks"),
        *rls.tenant("runs"),
        *rls.tenant("run_steps"),
        *rls.erasable("agents", "tasks", "runs", "run_steps"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
