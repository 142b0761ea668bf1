"""Add identity: people, workspaces, members, and their one-time codes.

Safe online: new tables only. Undo drops all of it.
"""

from alembic import op

from db import rls
from db.roles import DOOR, ERASER, VAULT, WORKER
from db.script import statements

revision = "0001"
down_revision = None

BEFORE_TENANT = (
    *("users", "user_channels", "access_tokens", "link_codes"),
    *("workspaces", "workspace_members"),
)
"""What pairing, sign-in and onboarding read or write before the tenant is known."""

TABLES = """
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TABLE users (
    id uuid CONSTRAINT pk_users PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    email text, email_verified_at timestamptz, password_hash text, full_name text,
    avatar_url text, phone text,
    locale text NOT NULL DEFAULT 'en', timezone text NOT NULL DEFAULT 'UTC',
    interface_mode text NOT NULL DEFAULT 'simple',
    notifications jsonb NOT NULL DEFAULT '{}', quiet_from time, quiet_until time,
    data_processing_consent boolean NOT NULL DEFAULT false,
    marketing_consent boolean NOT NULL DEFAULT false,
    analytics_consent boolean NOT NULL DEFAULT false,
    third_party_consent boolean NOT NULL DEFAULT false,
    chat_retention_days integer NOT NULL DEFAULT 730,
    last_login_at timestamptz, is_active boolean NOT NULL DEFAULT true,
    CONSTRAINT uq_users_email UNIQUE (email),
    CONSTRAINT ck_users_interface_mode
        CHECK (interface_mode IN ('simple', 'advanced')),
    CONSTRAINT ck_users_email_is_normal CHECK (email = lower(btrim(email))),
    CONSTRAINT ck_users_chat_retention_range
        CHECK (chat_retention_days BETWEEN 1 AND 3650)
);

CREATE TABLE workspaces (
    id uuid CONSTRAINT pk_workspaces PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL, slug text, kind text NOT NULL DEFAULT 'personal',
    timezone text NOT NULL DEFAULT 'UTC', locale text NOT NULL DEFAULT 'en',
    currency char(3) NOT NULL DEFAULT 'USD', settings jsonb NOT NULL DEFAULT '{}',
    task_seq bigint NOT NULL DEFAULT 0, run_seq bigint NOT NULL DEFAULT 0,
    owner_key bytea, erased_at timestamptz,
    CONSTRAINT uq_workspaces_slug UNIQUE (slug),
    CONSTRAINT ck_workspaces_kind
        CHECK (kind IN ('personal', 'team', 'demo', 'operator'))
);

CREATE TABLE user_channels (
    id uuid CONSTRAINT pk_user_channels PRIMARY KEY DEFAULT uuidv7(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_user_channels_user_id REFERENCES users ON DELETE CASCADE,
    workspace_id uuid
        CONSTRAINT fk_user_channels_workspace_id REFERENCES workspaces
        ON DELETE SET NULL,
    channel text NOT NULL, team_id text NOT NULL DEFAULT '',
    channel_user_id text NOT NULL, channel_username text,
    can_receive boolean NOT NULL DEFAULT true,
    linked_at timestamptz NOT NULL DEFAULT now(), last_seen_at timestamptz,
    CONSTRAINT uq_user_channels_channel_team_id_channel_user_id
        UNIQUE (channel, team_id, channel_user_id),
    CONSTRAINT ck_user_channels_channel
        CHECK (channel IN ('telegram', 'slack', 'web', 'terminal', 'email', 'api'))
);
CREATE INDEX ix_user_channels_workspace_id ON user_channels (workspace_id);
CREATE INDEX ix_user_channels_user_id ON user_channels (user_id);

CREATE TABLE access_tokens (
    id uuid CONSTRAINT pk_access_tokens PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_access_tokens_user_id REFERENCES users ON DELETE CASCADE,
    workspace_id uuid
        CONSTRAINT fk_access_tokens_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    kind text NOT NULL, name text, prefix text NOT NULL, token_hash bytea NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    replaced_by_id uuid
        CONSTRAINT fk_access_tokens_replaced_by_id REFERENCES access_tokens
        ON DELETE SET NULL,
    ip_address inet, user_agent text,
    expires_at timestamptz, last_used_at timestamptz, revoked_at timestamptz,
    CONSTRAINT uq_access_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_access_tokens_kind CHECK (kind IN ('api_key', 'session', 'refresh')),
    CONSTRAINT ck_access_tokens_sessions_expire
        CHECK (kind = 'api_key' OR expires_at IS NOT NULL)
);
CREATE INDEX ix_access_tokens_workspace_id ON access_tokens (workspace_id);
CREATE INDEX ix_access_tokens_user_id ON access_tokens (user_id);
CREATE INDEX ix_access_tokens_replaced_by_id ON access_tokens (replaced_by_id)
    WHERE replaced_by_id IS NOT NULL;
CREATE INDEX ix_access_tokens_prefix ON access_tokens (prefix);

CREATE TABLE link_codes (
    id uuid CONSTRAINT pk_link_codes PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    purpose text NOT NULL, subject text NOT NULL, code_hash bytea NOT NULL,
    user_id uuid CONSTRAINT fk_link_codes_user_id REFERENCES users ON DELETE CASCADE,
    workspace_id uuid
        CONSTRAINT fk_link_codes_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    sent_to text, role text, payload jsonb NOT NULL DEFAULT '{}', sealed bytea,
    sealed_nonce bytea, key_id text,
    attempts smallint NOT NULL DEFAULT 0, expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT ck_link_codes_purpose
        CHECK (purpose IN ('confirm_email', 'login', 'link_channel', 'pair',
            'reset_password', 'change_email', 'invite', 'oauth_state',
            'confirm_erasure')),
    CONSTRAINT ck_link_codes_role
        CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    CONSTRAINT ck_link_codes_attempts_cap CHECK (attempts <= 5),
    CONSTRAINT ck_link_codes_sealed_whole
        CHECK (num_nulls(sealed, sealed_nonce, key_id) IN (0, 3)),
    CONSTRAINT ck_link_codes_nonce_bytes CHECK (length(sealed_nonce) = 12)
);
CREATE INDEX ix_link_codes_user_id ON link_codes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_link_codes_workspace_id ON link_codes (workspace_id)
    WHERE workspace_id IS NOT NULL;
CREATE UNIQUE INDEX uq_link_codes_purpose_subject ON link_codes (purpose, subject)
    WHERE used_at IS NULL;

CREATE TABLE workspace_members (
    id uuid CONSTRAINT pk_workspace_members PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_workspace_members_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_workspace_members_user_id REFERENCES users ON DELETE CASCADE,
    role text NOT NULL DEFAULT 'member', display_name text,
    joined_at timestamptz NOT NULL DEFAULT now(),
    limit_day_usd numeric(12, 6), limit_month_usd numeric(12, 6),
    CONSTRAINT uq_workspace_members_workspace_id_user_id
        UNIQUE (workspace_id, user_id),
    CONSTRAINT ck_workspace_members_role
        CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX ix_workspace_members_user_id ON workspace_members (user_id);

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON workspaces
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON user_channels
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON workspace_members
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT ON alembic_version TO agent_app;
GRANT SELECT, UPDATE ON users TO agent_app;
GRANT SELECT, DELETE, UPDATE (workspace_id, channel_username, can_receive, last_seen_at)
    ON user_channels TO agent_app;
GRANT SELECT, INSERT, DELETE,
    UPDATE (name, replaced_by_id, last_used_at, revoked_at)
    ON access_tokens TO agent_app;
GRANT SELECT,
    UPDATE (name, slug, timezone, locale, currency, settings, task_seq, run_seq)
    ON workspaces TO agent_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_members TO agent_app;

GRANT SELECT, INSERT, UPDATE ON users, user_channels, access_tokens TO agent_door;
GRANT SELECT, INSERT ON workspaces, workspace_members TO agent_door;
GRANT INSERT, UPDATE, DELETE,
    SELECT (id, created_at, purpose, subject, code_hash, user_id, workspace_id, sent_to,
        role, payload, attempts, expires_at, used_at)
    ON link_codes TO agent_door;
GRANT SELECT ON link_codes TO agent_vault;
GRANT DELETE, SELECT (id, user_id, workspace_id, sent_to, expires_at)
    ON link_codes TO agent_eraser;
GRANT SELECT ON workspaces TO agent_worker;
GRANT SELECT, UPDATE (name, slug, settings, owner_key, erased_at)
    ON workspaces TO agent_eraser;
"""

UNDO = """
DROP POLICY owner_all ON alembic_version;
DROP POLICY app ON alembic_version;
ALTER TABLE alembic_version NO FORCE ROW LEVEL SECURITY;
ALTER TABLE alembic_version DISABLE ROW LEVEL SECURITY;
DROP TABLE workspace_members, link_codes, access_tokens, user_channels;
DROP TABLE workspaces, users;
DROP FUNCTION touch_updated_at();
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.readable("alembic_version"),
        *rls.account("users", "id"),
        *rls.account("user_channels"),
        *rls.account("access_tokens"),
        *rls.closed("link_codes"),
        *rls.tenant("workspaces", "id"),
        *rls.tenant("workspace_members"),
        *(rls.allow(table, DOOR, "true") for table in BEFORE_TENANT),
        rls.allow("link_codes", VAULT, "true", verb="SELECT"),
        rls.allow("workspaces", WORKER, "true", verb="SELECT"),
        rls.allow("workspaces", ERASER, "true"),
        rls.allow("link_codes", ERASER, "true"),
        *rls.erasable("users", "user_channels", "access_tokens", "workspace_members"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
