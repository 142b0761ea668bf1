"""Add brands and their frozen profiles; a chat may begin with one.

Safe online: new tables, and a column that is NULL everywhere.
"""

from alembic import op

from db import rls
from db.script import statements

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE clients (
    id uuid CONSTRAINT pk_clients PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_clients_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_by_id uuid
        CONSTRAINT fk_clients_created_by_id REFERENCES users ON DELETE SET NULL,
    name text NOT NULL, slug text NOT NULL, description text, website text,
    storage_prefix text NOT NULL, version integer NOT NULL DEFAULT 0,
    analysis_status text NOT NULL DEFAULT 'none', analysis_error text,
    analysed_at timestamptz,
    timezone text, locale text, sender_name text, sender_email text, reply_to text,
    postal_address text, sender_verified_at timestamptz,
    archived_at timestamptz,
    CONSTRAINT uq_clients_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_clients_workspace_id_slug UNIQUE (workspace_id, slug),
    CONSTRAINT ck_clients_analysis_status
        CHECK (analysis_status IN ('none', 'pending', 'running', 'ready', 'failed'))
);
CREATE INDEX ix_clients_created_by_id ON clients (created_by_id)
    WHERE created_by_id IS NOT NULL;

CREATE TABLE client_versions (
    id uuid CONSTRAINT pk_client_versions PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_client_versions_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    client_id uuid NOT NULL, number integer NOT NULL,
    author_id uuid
        CONSTRAINT fk_client_versions_author_id REFERENCES users ON DELETE SET NULL,
    origin text NOT NULL, changelog text,
    summary text, company_name text, industry text, location text,
    business_description text,
    positioning text, unique_value_proposition text,
    key_differentiators text[] NOT NULL DEFAULT '{}',
    value_propositions text[] NOT NULL DEFAULT '{}',
    target_industries text[] NOT NULL DEFAULT '{}',
    messaging_pillars text[] NOT NULL DEFAULT '{}',
    tone_keywords text[] NOT NULL DEFAULT '{}',
    features jsonb NOT NULL DEFAULT '[]', products jsonb NOT NULL DEFAULT '[]',
    pricing_model text, pricing_info text,
    brand_voice jsonb NOT NULL DEFAULT '{}', brand_colors jsonb NOT NULL DEFAULT '{}',
    sources jsonb NOT NULL DEFAULT '{}', extra jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT uq_client_versions_client_id_number UNIQUE (client_id, number),
    CONSTRAINT fk_client_versions_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_client_versions_origin
        CHECK (origin IN ('interview', 'analysis', 'edit', 'import', 'restore'))
);
CREATE INDEX ix_client_versions_workspace_id ON client_versions (workspace_id);
CREATE INDEX ix_client_versions_author_id ON client_versions (author_id)
    WHERE author_id IS NOT NULL;

ALTER TABLE chats
    ADD COLUMN client_id uuid,
    ADD CONSTRAINT fk_chats_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE SET NULL (client_id);
CREATE INDEX ix_chats_workspace_id_client_id ON chats (workspace_id, client_id)
    WHERE client_id IS NOT NULL;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON clients
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON clients TO agent_app;
GRANT SELECT, INSERT ON client_versions TO agent_app;
GRANT UPDATE (client_id) ON chats TO agent_app;
"""

UNDO = """
ALTER TABLE chats DROP COLUMN client_id;
DROP TABLE client_versions, clients;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.tenant("clients"),
        *rls.tenant("client_versions"),
        *rls.erasable("clients", "client_versions"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
