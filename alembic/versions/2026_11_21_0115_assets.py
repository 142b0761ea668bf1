"""Add files that people send: whose they are, what they are, what they say.

Safe online: a new table; lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.script import statements

revision = "0115"
down_revision = "0119"

TABLE = """
CREATE TABLE assets (
    id uuid CONSTRAINT pk_assets PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_assets_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid,
    uploaded_by_id uuid
        CONSTRAINT fk_assets_uploaded_by_id REFERENCES users ON DELETE SET NULL,
    private_user_id uuid
        CONSTRAINT fk_assets_private_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid,
    kind text NOT NULL, brand_role text,
    name text NOT NULL, storage_key text NOT NULL,
    mime text NOT NULL, bytes bigint NOT NULL, sha256 bytea NOT NULL,
    width integer, height integer, duration_ms integer,
    alt_text text, tags text[] NOT NULL DEFAULT '{}', palette jsonb,
    status text NOT NULL DEFAULT 'quarantine',
    facts text, note text, excerpt text,
    expires_at timestamptz,
    CONSTRAINT uq_assets_storage_key UNIQUE (storage_key),
    CONSTRAINT fk_assets_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_assets_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_assets_kind CHECK (kind IN ('image', 'video', 'audio', 'document',
        'font', 'card', 'export', 'other')),
    CONSTRAINT ck_assets_brand_role CHECK (brand_role IN ('logo', 'icon', 'palette',
        'font', 'guideline')),
    CONSTRAINT ck_assets_status CHECK (status IN ('quarantine', 'ready', 'rejected')),
    CONSTRAINT ck_assets_size CHECK (bytes BETWEEN 0 AND 2147483648)
);
CREATE INDEX ix_assets_workspace_id_sha256 ON assets (workspace_id, sha256);
CREATE INDEX ix_assets_workspace_id_client_id ON assets (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_assets_workspace_id_private_chat_id
    ON assets (workspace_id, private_chat_id) WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_assets_uploaded_by_id ON assets (uploaded_by_id)
    WHERE uploaded_by_id IS NOT NULL;
CREATE INDEX ix_assets_private_user_id ON assets (private_user_id)
    WHERE private_user_id IS NOT NULL;
CREATE INDEX ix_assets_expires_at ON assets (expires_at)
    WHERE expires_at IS NOT NULL;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON assets
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
GRANT SELECT, INSERT, UPDATE, DELETE ON assets TO agent_app;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(TABLE),
        *rls.closed("assets"),
        rls.allow("assets", "agent_app", f"{rls.HERE} AND {rls.RUN_IN_REACH}"),
        *rls.erasable("assets"),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE assets")
