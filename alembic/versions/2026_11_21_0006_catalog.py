"""Add skills, their versions and settings, rules, models.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.roles import WORKER
from db.script import statements

revision = "0006"
down_revision = "0005"

SHARED = ("skills", "skill_versions", "rules")

TABLES = """
CREATE TABLE skills (
    id uuid CONSTRAINT pk_skills PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid
        CONSTRAINT fk_skills_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    name text NOT NULL, title text NOT NULL, description text NOT NULL,
    type text NOT NULL DEFAULT 'simple', category text NOT NULL,
    storage_prefix text NOT NULL, has_rules boolean NOT NULL DEFAULT false,
    has_subdirectories boolean NOT NULL DEFAULT false,
    triggers text[] NOT NULL DEFAULT '{}', related text[] NOT NULL DEFAULT '{}',
    current_version text, is_active boolean NOT NULL DEFAULT true,
    is_beta boolean NOT NULL DEFAULT false,
    is_system boolean NOT NULL GENERATED ALWAYS AS (workspace_id IS NULL) STORED,
    CONSTRAINT uq_skills_workspace_id_name
        UNIQUE NULLS NOT DISTINCT (workspace_id, name),
    CONSTRAINT ck_skills_type CHECK (type IN ('simple', 'with_rules', 'complex')),
    CONSTRAINT ck_skills_category
        CHECK (category IN ('content', 'analysis', 'outreach', 'optimization',
            'meta')),
    CONSTRAINT ck_skills_name_shape
        CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(name) <= 64)
);

CREATE TABLE skill_versions (
    id uuid CONSTRAINT pk_skill_versions PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid
        CONSTRAINT fk_skill_versions_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    skill_id uuid NOT NULL
        CONSTRAINT fk_skill_versions_skill_id REFERENCES skills ON DELETE CASCADE,
    version text NOT NULL, status text NOT NULL DEFAULT 'draft',
    origin text NOT NULL DEFAULT 'file', content_hash bytea NOT NULL,
    storage_key text NOT NULL, files jsonb NOT NULL DEFAULT '[]',
    prompt_template text NOT NULL, system_prompt text,
    input_schema jsonb NOT NULL DEFAULT '{}',
    output_schema jsonb NOT NULL DEFAULT '{}',
    required_context text[] NOT NULL DEFAULT '{}', tools text[] NOT NULL DEFAULT '{}',
    model_tier text NOT NULL DEFAULT 'balanced', llm_provider text, llm_model text,
    llm_config jsonb NOT NULL DEFAULT '{}', max_cost_usd numeric(12, 6),
    changelog text, scan jsonb, released_at timestamptz,
    CONSTRAINT uq_skill_versions_workspace_id_skill_id_version
        UNIQUE NULLS NOT DISTINCT (workspace_id, skill_id, version),
    CONSTRAINT uq_skill_versions_workspace_id_skill_id_content_hash
        UNIQUE NULLS NOT DISTINCT (workspace_id, skill_id, content_hash),
    CONSTRAINT ck_skill_versions_status
        CHECK (status IN ('draft', 'beta', 'active', 'retired')),
    CONSTRAINT ck_skill_versions_origin
        CHECK (origin IN ('file', 'user', 'import', 'proposal', 'rollback')),
    CONSTRAINT ck_skill_versions_model_tier
        CHECK (model_tier IN ('fast', 'balanced', 'deep'))
);
CREATE INDEX ix_skill_versions_skill_id ON skill_versions (skill_id);

CREATE TABLE skill_settings (
    id uuid CONSTRAINT pk_skill_settings PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_skill_settings_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    skill_id uuid NOT NULL
        CONSTRAINT fk_skill_settings_skill_id REFERENCES skills ON DELETE CASCADE,
    client_id uuid,
    version_id uuid
        CONSTRAINT fk_skill_settings_version_id REFERENCES skill_versions
        ON DELETE SET NULL,
    is_active boolean NOT NULL DEFAULT true, model_tier text,
    CONSTRAINT uq_skill_settings_workspace_id_skill_id_client_id
        UNIQUE NULLS NOT DISTINCT (workspace_id, skill_id, client_id),
    CONSTRAINT fk_skill_settings_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_skill_settings_model_tier
        CHECK (model_tier IN ('fast', 'balanced', 'deep'))
);
CREATE INDEX ix_skill_settings_skill_id ON skill_settings (skill_id);
CREATE INDEX ix_skill_settings_workspace_id_client_id
    ON skill_settings (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_skill_settings_version_id ON skill_settings (version_id)
    WHERE version_id IS NOT NULL;

CREATE TABLE rules (
    id uuid CONSTRAINT pk_rules PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid
        CONSTRAINT fk_rules_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    user_id uuid CONSTRAINT fk_rules_user_id REFERENCES users ON DELETE CASCADE,
    scope text NOT NULL,
    skill_id uuid CONSTRAINT fk_rules_skill_id REFERENCES skills ON DELETE CASCADE,
    client_id uuid,
    replaces_id uuid
        CONSTRAINT fk_rules_replaces_id REFERENCES rules ON DELETE SET NULL,
    code text NOT NULL, statement text NOT NULL, rationale text,
    severity text NOT NULL DEFAULT 'should',
    is_protected boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active', evidence jsonb NOT NULL DEFAULT '[]',
    score_before numeric(4,3), score_after numeric(4,3), held_out_cases integer,
    since_version text, until_version text,
    decided_by_id uuid
        CONSTRAINT fk_rules_decided_by_id REFERENCES users ON DELETE SET NULL,
    decided_at timestamptz,
    CONSTRAINT uq_rules_workspace_id_scope_skill_id_client_id_user_id_code
        UNIQUE NULLS NOT DISTINCT
        (workspace_id, scope, skill_id, client_id, user_id, code),
    CONSTRAINT fk_rules_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_rules_scope
        CHECK (scope IN ('skill', 'client', 'workspace', 'user')),
    CONSTRAINT ck_rules_severity CHECK (severity IN ('must', 'should', 'may')),
    CONSTRAINT ck_rules_status
        CHECK (status IN ('proposed', 'active', 'rejected', 'retired')),
    CONSTRAINT ck_rules_skill_scope CHECK ((scope = 'skill') = (skill_id IS NOT NULL)),
    CONSTRAINT ck_rules_client_scope
        CHECK (scope <> 'client' OR client_id IS NOT NULL),
    CONSTRAINT ck_rules_user_scope CHECK ((scope = 'user') = (user_id IS NOT NULL))
);
CREATE INDEX ix_rules_user_id ON rules (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_rules_skill_id ON rules (skill_id) WHERE skill_id IS NOT NULL;
CREATE INDEX ix_rules_workspace_id_client_id ON rules (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_rules_replaces_id ON rules (replaces_id) WHERE replaces_id IS NOT NULL;
CREATE INDEX ix_rules_decided_by_id ON rules (decided_by_id)
    WHERE decided_by_id IS NOT NULL;

CREATE TABLE models (
    id uuid CONSTRAINT pk_models PRIMARY KEY DEFAULT uuidv7(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    provider text NOT NULL, model_name text NOT NULL, tier text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT false,
    input_usd numeric(12, 6), cached_usd numeric(12, 6), output_usd numeric(12, 6),
    unit_usd numeric(12, 6), context_window integer, embedding_dim integer,
    capabilities jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
    discovered_at timestamptz NOT NULL DEFAULT now(), retired_at timestamptz,
    CONSTRAINT uq_models_provider_model_name UNIQUE (provider, model_name),
    CONSTRAINT ck_models_tier
        CHECK (tier IN ('flagship', 'fast', 'reasoning', 'legacy', 'embedding',
            'image', 'video'))
);
CREATE UNIQUE INDEX uq_models_provider_tier ON models (provider, tier)
    WHERE is_default;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON skills
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON skill_settings
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON rules
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON models
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON skills, skill_settings, rules TO agent_app;
GRANT SELECT, INSERT, UPDATE (status, released_at) ON skill_versions TO agent_app;
GRANT SELECT ON models TO agent_app;
GRANT SELECT, INSERT, UPDATE ON skills, rules, models TO agent_worker;
GRANT SELECT, INSERT, UPDATE (status, released_at) ON skill_versions TO agent_worker;
"""

UNDO = """
DROP TABLE models, rules, skill_settings, skill_versions, skills;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.shared("skills"),
        *rls.shared("skill_versions"),
        *rls.tenant("skill_settings"),
        *rls.shared("rules", f"(user_id IS NULL OR {rls.MINE})"),
        *rls.readable("models"),
        *(rls.allow(table, WORKER, rls.GLOBAL) for table in SHARED),
        rls.allow("models", WORKER, "true"),
        *rls.erasable("skills", "skill_versions", "skill_settings", "rules"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
