"""Add connections and idempotent requests; let a model be chosen for every skill.

Safe online: new tables, a column without a default, a constraint dropped; lock_timeout
5 s.
"""

from alembic import op

from db import rls
from db.roles import DOOR, OWNER, VAULT, WORKER
from db.script import statements

revision = "0104"
down_revision = "0103"

TABLES = """
CREATE TABLE connections (
    id uuid CONSTRAINT pk_connections PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_connections_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid,
    connected_by_id uuid
        CONSTRAINT fk_connections_connected_by_id REFERENCES users ON DELETE SET NULL,
    kind text NOT NULL, provider text NOT NULL, account_id text NOT NULL DEFAULT '',
    account_name text, label text, scopes text[] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    secret_ciphertext bytea, secret_nonce bytea,
    refresh_ciphertext bytea, refresh_nonce bytea, key_id text, secret_hint text,
    status text NOT NULL DEFAULT 'active', expires_at timestamptz,
    last_ok_at timestamptz, last_used_at timestamptz, last_error text,
    CONSTRAINT uq_connections_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_connections_workspace_id_client_id_provider_account_id
        UNIQUE NULLS NOT DISTINCT (workspace_id, client_id, provider, account_id),
    CONSTRAINT fk_connections_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_connections_kind
        CHECK (kind IN ('llm', 'channel', 'social', 'email', 'ads', 'analytics',
            'blog', 'crm', 'payment')),
    CONSTRAINT ck_connections_status
        CHECK (status IN ('active', 'expiring', 'expired', 'revoked', 'error',
            'disabled')),
    CONSTRAINT ck_connections_secret_whole
        CHECK ((secret_ciphertext IS NULL) = (secret_nonce IS NULL)),
    CONSTRAINT ck_connections_refresh_whole
        CHECK ((refresh_ciphertext IS NULL) = (refresh_nonce IS NULL)),
    CONSTRAINT ck_connections_nonce_bytes CHECK (length(secret_nonce) = 12),
    CONSTRAINT ck_connections_hint_is_short CHECK (length(secret_hint) <= 4)
);
CREATE UNIQUE INDEX uq_connections_channel_account ON connections (provider, account_id)
    WHERE kind = 'channel';
CREATE INDEX ix_connections_workspace_id_client_id ON connections
    (workspace_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX ix_connections_connected_by_id ON connections (connected_by_id)
    WHERE connected_by_id IS NOT NULL;
CREATE INDEX ix_connections_expires_at ON connections (expires_at)
    WHERE status = 'active';
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON connections
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE idempotent_requests (
    id uuid CONSTRAINT pk_idempotent_requests PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_idempotent_requests_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL
        CONSTRAINT fk_idempotent_requests_user_id REFERENCES users ON DELETE CASCADE,
    key text NOT NULL, operation text NOT NULL, params_hash bytea NOT NULL,
    status_code smallint, body jsonb, expires_at timestamptz NOT NULL,
    CONSTRAINT uq_idempotent_requests_workspace_id_user_id_key
        UNIQUE (workspace_id, user_id, key),
    CONSTRAINT ck_idempotent_requests_key_length CHECK (length(key) BETWEEN 1 AND 255)
);
CREATE INDEX ix_idempotent_requests_user_id ON idempotent_requests (user_id);
CREATE INDEX ix_idempotent_requests_expires_at ON idempotent_requests (expires_at);

ALTER TABLE skill_settings ALTER COLUMN skill_id DROP NOT NULL,
    ADD COLUMN model text;
"""

RIGHTS = """
GRANT SELECT (id, workspace_id, created_at, updated_at, client_id, connected_by_id,
        kind, provider, account_id, account_name, label, scopes, settings, key_id,
        secret_hint, status, expires_at, last_ok_at, last_used_at, last_error),
    INSERT (id, workspace_id, client_id, connected_by_id, kind, provider, account_id,
        account_name, label, scopes, settings, status),
    UPDATE (account_name, label, scopes, settings, status, last_ok_at, last_used_at,
        last_error),
    DELETE ON connections TO agent_app;
GRANT SELECT, INSERT, UPDATE ON connections TO agent_vault;
GRANT SELECT (id, workspace_id, kind, provider, account_id, account_name, status),
    INSERT (id, workspace_id, connected_by_id, kind, provider, account_id,
        account_name),
    UPDATE (workspace_id, connected_by_id, account_name, status),
    DELETE ON connections TO agent_door;
GRANT SELECT (id, workspace_id, kind, provider, status, expires_at, last_ok_at),
    UPDATE (status, last_ok_at, last_error) ON connections TO agent_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_requests TO agent_app;
"""

FUNCTIONS = """
CREATE FUNCTION resolve_install(provider text, account text) RETURNS TABLE (
    workspace_id uuid, connection_id uuid, status text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT c.workspace_id, c.id, c.status FROM connections c
    WHERE c.kind = 'channel' AND c.provider = $1 AND c.account_id = $2
$$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("connections"),
        *(rls.allow("connections", role, "true") for role in (DOOR, VAULT, WORKER)),
        *rls.closed("idempotent_requests"),
        rls.allow("idempotent_requests", rls.APP, f"{rls.HERE} AND {rls.MINE}"),
        *rls.erasable("connections", "idempotent_requests"),
        *statements(FUNCTIONS),
        *rls.run_as(DOOR, "resolve_install(text, text)", WORKER),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {DOOR}")
    op.execute("DROP FUNCTION resolve_install(text, text)")
    op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute("DROP TABLE idempotent_requests, connections")
    op.execute("DELETE FROM skill_settings WHERE skill_id IS NULL")
    op.execute(
        "ALTER TABLE skill_settings DROP COLUMN model,"
        " ALTER COLUMN skill_id SET NOT NULL"
    )
