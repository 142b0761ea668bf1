"""Add outputs, feedback, approvals and routing labels.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.roles import DOOR
from db.script import statements

revision = "0010"
down_revision = "0009"

TABLES = """
CREATE TABLE outputs (
    id uuid CONSTRAINT pk_outputs PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_outputs_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    run_id uuid NOT NULL, client_id uuid, revises_id uuid,
    kind text NOT NULL DEFAULT 'document', format text NOT NULL DEFAULT 'markdown',
    title text, preview text, storage_key text NOT NULL, size_bytes integer NOT NULL,
    sha256 bytea NOT NULL, data jsonb,
    CONSTRAINT uq_outputs_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_outputs_storage_key UNIQUE (storage_key),
    CONSTRAINT fk_outputs_workspace_id_run_id
        FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_outputs_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_outputs_workspace_id_revises_id
        FOREIGN KEY (workspace_id, revises_id) REFERENCES outputs (workspace_id, id)
        ON DELETE SET NULL (revises_id),
    CONSTRAINT ck_outputs_kind
        CHECK (kind IN ('document', 'draft', 'positioning', 'funnel',
            'gap_analysis', 'kpi_framework', 'keyword_research', 'report',
            'weekly_report', 'insight', 'forecast', 'simulation', 'export')),
    CONSTRAINT ck_outputs_format
        CHECK (format IN ('markdown', 'json', 'html', 'csv', 'pdf', 'docx', 'text')),
    CONSTRAINT ck_outputs_preview_length CHECK (length(preview) <= 500)
);
CREATE INDEX ix_outputs_workspace_id_run_id ON outputs (workspace_id, run_id);
CREATE INDEX ix_outputs_workspace_id_client_id ON outputs (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_outputs_workspace_id_revises_id ON outputs (workspace_id, revises_id)
    WHERE revises_id IS NOT NULL;
CREATE INDEX ix_outputs_workspace_id_kind_id ON outputs (workspace_id, kind, id DESC);

CREATE TABLE feedback (
    id uuid CONSTRAINT pk_feedback PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_feedback_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    output_id uuid NOT NULL,
    reviewer_id uuid
        CONSTRAINT fk_feedback_reviewer_id REFERENCES users ON DELETE SET NULL,
    reviewer_name text, reviewer_key text NOT NULL,
    source text NOT NULL DEFAULT 'human', channel text NOT NULL, signal text,
    accuracy_score smallint, quality_score smallint, usefulness_score smallint,
    rule_compliance_score smallint, overall_score smallint, judge_score smallint,
    what_worked_well text, comment text, issues jsonb NOT NULL DEFAULT '[]',
    suggested_rule_changes jsonb NOT NULL DEFAULT '[]',
    rule_results jsonb NOT NULL DEFAULT '[]', critique jsonb, edit_diff text,
    CONSTRAINT uq_feedback_output_id_source_reviewer_key_signal
        UNIQUE NULLS NOT DISTINCT (output_id, source, reviewer_key, signal),
    CONSTRAINT fk_feedback_workspace_id_output_id
        FOREIGN KEY (workspace_id, output_id) REFERENCES outputs (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_feedback_source CHECK (source IN ('human', 'implicit', 'judge')),
    CONSTRAINT ck_feedback_channel
        CHECK (channel IN ('telegram', 'slack', 'web', 'terminal', 'api', 'email',
            'system')),
    CONSTRAINT ck_feedback_signal
        CHECK (signal IN ('edit', 'revise', 'regenerate', 'reject', 'accept',
            'publish', 'ignored')),
    CONSTRAINT ck_feedback_humans_score
        CHECK (source <> 'human' OR overall_score IS NOT NULL),
    CONSTRAINT ck_feedback_behaviour_signals
        CHECK (source <> 'implicit' OR signal IS NOT NULL),
    CONSTRAINT ck_feedback_scores_range
        CHECK (accuracy_score BETWEEN 1 AND 5 AND quality_score BETWEEN 1 AND 5
            AND usefulness_score BETWEEN 1 AND 5 AND rule_compliance_score BETWEEN 1
            AND 5 AND overall_score BETWEEN 1 AND 5),
    CONSTRAINT ck_feedback_judge_score_range CHECK (judge_score BETWEEN 0 AND 100)
);
CREATE INDEX ix_feedback_workspace_id ON feedback (workspace_id);
CREATE INDEX ix_feedback_reviewer_id ON feedback (reviewer_id)
    WHERE reviewer_id IS NOT NULL;

CREATE TABLE approvals (
    id uuid CONSTRAINT pk_approvals PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_approvals_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    subject_type text NOT NULL, subject_id uuid, subject_version integer,
    params_hash bytea, run_id uuid,
    status text NOT NULL DEFAULT 'pending',
    required_role text NOT NULL DEFAULT 'member', request jsonb NOT NULL DEFAULT '{}',
    requested_by_id uuid
        CONSTRAINT fk_approvals_requested_by_id REFERENCES users ON DELETE SET NULL,
    requested_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz,
    decided_by_id uuid
        CONSTRAINT fk_approvals_decided_by_id REFERENCES users ON DELETE SET NULL,
    decided_at timestamptz, used_at timestamptz, channel text, feedback text,
    CONSTRAINT fk_approvals_workspace_id_run_id
        FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_approvals_subject_type
        CHECK (subject_type IN ('task', 'run', 'content_piece', 'sequence',
            'publication', 'autopilot_action', 'rule', 'operation')),
    CONSTRAINT ck_approvals_status
        CHECK (status IN ('pending', 'approved', 'rejected', 'revision_requested',
            'expired', 'cancelled')),
    CONSTRAINT ck_approvals_required_role
        CHECK (required_role IN ('owner', 'admin', 'member')),
    CONSTRAINT ck_approvals_decided_when_final
        CHECK ((status IN ('pending','expired','cancelled')) = (decided_at IS NULL)),
    CONSTRAINT ck_approvals_operations_hashed
        CHECK ((subject_type = 'operation') = (params_hash IS NOT NULL)),
    CONSTRAINT ck_approvals_subject_named
        CHECK (subject_type = 'operation' OR subject_id IS NOT NULL),
    CONSTRAINT ck_approvals_used_once_approved
        CHECK (used_at IS NULL OR status = 'approved')
);
CREATE INDEX ix_approvals_workspace_id_run_id ON approvals (workspace_id, run_id)
    WHERE run_id IS NOT NULL;
CREATE INDEX ix_approvals_requested_by_id ON approvals (requested_by_id)
    WHERE requested_by_id IS NOT NULL;
CREATE INDEX ix_approvals_decided_by_id ON approvals (decided_by_id)
    WHERE decided_by_id IS NOT NULL;
CREATE UNIQUE INDEX uq_approvals_pending
    ON approvals (workspace_id, subject_type, subject_id, subject_version, params_hash)
    NULLS NOT DISTINCT
    WHERE status = 'pending';
CREATE INDEX ix_approvals_workspace_id_status ON approvals (workspace_id, status);

CREATE TABLE routing_labels (
    id uuid CONSTRAINT pk_routing_labels PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_routing_labels_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid
        CONSTRAINT fk_routing_labels_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid, message_id uuid, run_id uuid,
    chosen_skill_id uuid
        CONSTRAINT fk_routing_labels_chosen_skill_id REFERENCES skills
        ON DELETE SET NULL,
    label_skill_id uuid
        CONSTRAINT fk_routing_labels_label_skill_id REFERENCES skills
        ON DELETE SET NULL,
    text text NOT NULL, language text, method text NOT NULL, confidence numeric(4,3),
    candidates jsonb NOT NULL DEFAULT '[]',
    labelled_by text NOT NULL DEFAULT 'none', labelled_at timestamptz,
    CONSTRAINT fk_routing_labels_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_routing_labels_workspace_id_message_id
        FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_routing_labels_workspace_id_run_id
        FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id)
        ON DELETE SET NULL (run_id),
    CONSTRAINT ck_routing_labels_method
        CHECK (method IN ('press', 'command', 'phrase', 'lexical', 'model',
            'asked', 'none')),
    CONSTRAINT ck_routing_labels_labelled_by
        CHECK (labelled_by IN ('none', 'user', 'operator', 'judge'))
);
CREATE INDEX ix_routing_labels_workspace_id ON routing_labels (workspace_id);
CREATE INDEX ix_routing_labels_user_id ON routing_labels (user_id)
    WHERE user_id IS NOT NULL;
CREATE INDEX ix_routing_labels_workspace_id_private_chat_id
    ON routing_labels (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_routing_labels_workspace_id_message_id
    ON routing_labels (workspace_id, message_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX ix_routing_labels_workspace_id_run_id
    ON routing_labels (workspace_id, run_id)
    WHERE run_id IS NOT NULL;
CREATE INDEX ix_routing_labels_chosen_skill_id ON routing_labels (chosen_skill_id)
    WHERE chosen_skill_id IS NOT NULL;
CREATE INDEX ix_routing_labels_label_skill_id ON routing_labels (label_skill_id)
    WHERE label_skill_id IS NOT NULL;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON feedback
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT ON outputs TO agent_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON feedback TO agent_app;
GRANT SELECT, INSERT, UPDATE ON approvals, routing_labels TO agent_app;
GRANT SELECT (id, workspace_id, message_id, user_id, private_chat_id),
    UPDATE (user_id, private_chat_id) ON routing_labels TO agent_door;
"""

UNDO = """
DROP TABLE routing_labels, approvals, feedback, outputs;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("outputs"),
        *rls.tenant("feedback"),
        *rls.tenant("approvals"),
        *rls.user_private("routing_labels"),
        rls.allow("routing_labels", DOOR, "true"),
        *rls.erasable("outputs", "feedback", "approvals", "routing_labels"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
