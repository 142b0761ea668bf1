"""Add the workspaces' keys, chats, the inbox and deliveries.

Safe online: new tables only.
"""

from alembic import op

from db import rls
from db.roles import DOOR, ERASER, VAULT, WORKER
from db.script import statements

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE workspace_keys (
    workspace_id uuid NOT NULL
        CONSTRAINT fk_workspace_keys_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    kid text NOT NULL, wrapped_key bytea NOT NULL, retired_at timestamptz,
    CONSTRAINT pk_workspace_keys PRIMARY KEY (workspace_id, kid)
);
CREATE UNIQUE INDEX uq_workspace_keys_workspace_id ON workspace_keys (workspace_id)
    WHERE retired_at IS NULL;

CREATE TABLE chats (
    id uuid CONSTRAINT pk_chats PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_chats_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL, account text NOT NULL DEFAULT '', chat_id text NOT NULL,
    thread_id text NOT NULL DEFAULT '',
    kind text NOT NULL, visibility text NOT NULL DEFAULT 'private',
    state text NOT NULL DEFAULT 'active', title text,
    CONSTRAINT uq_chats_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT uq_chats_channel_account_chat_id_thread_id
        UNIQUE (channel, account, chat_id, thread_id),
    CONSTRAINT ck_chats_channel
        CHECK (channel IN ('telegram', 'slack', 'web', 'terminal', 'email')),
    CONSTRAINT ck_chats_kind CHECK (kind IN ('private', 'group', 'channel', 'thread')),
    CONSTRAINT ck_chats_visibility CHECK (visibility IN ('private', 'members')),
    CONSTRAINT ck_chats_state CHECK (state IN ('active', 'muted', 'left', 'blocked')),
    CONSTRAINT ck_chats_threads_have_id CHECK ((kind = 'thread') = (thread_id <> ''))
);

CREATE TABLE inbox (
    id uuid CONSTRAINT pk_inbox PRIMARY KEY DEFAULT uuidv7(),
    received_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL, account text NOT NULL DEFAULT '', event_id text NOT NULL,
    message_key text, chat_key text, kind text NOT NULL, body bytea, payload jsonb,
    workspace_id uuid
        CONSTRAINT fk_inbox_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    user_id uuid CONSTRAINT fk_inbox_user_id REFERENCES users ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'received', attempts smallint NOT NULL DEFAULT 0,
    claimed_until timestamptz, processed_at timestamptz, error_message text,
    CONSTRAINT uq_inbox_channel_account_event_id UNIQUE (channel, account, event_id),
    CONSTRAINT uq_inbox_channel_account_message_key
        UNIQUE (channel, account, message_key),
    CONSTRAINT ck_inbox_status
        CHECK (status IN ('received', 'processed', 'ignored', 'failed')),
    CONSTRAINT ck_inbox_body_until_processed
        CHECK (body IS NOT NULL OR processed_at IS NOT NULL)
);
CREATE INDEX ix_inbox_workspace_id ON inbox (workspace_id)
    WHERE workspace_id IS NOT NULL;
CREATE INDEX ix_inbox_user_id ON inbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_inbox_channel_account_chat_key_id
    ON inbox (channel, account, chat_key, id)
    WHERE status = 'received';
CREATE INDEX ix_inbox_received_at ON inbox (received_at) WHERE status = 'received';

CREATE TABLE deliveries (
    id uuid CONSTRAINT pk_deliveries PRIMARY KEY DEFAULT uuidv7(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid
        CONSTRAINT fk_deliveries_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    user_id uuid CONSTRAINT fk_deliveries_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid,
    channel text NOT NULL, account text NOT NULL DEFAULT '', recipient text NOT NULL,
    purpose text NOT NULL, dedupe_key text NOT NULL, payload jsonb NOT NULL,
    partial text, revision integer NOT NULL DEFAULT 0, sent_revision integer,
    status text NOT NULL DEFAULT 'planned', attempts smallint NOT NULL DEFAULT 0,
    claimed_until timestamptz, not_before timestamptz, sent_at timestamptz,
    external_id text, response_code smallint, last_error text,
    CONSTRAINT uq_deliveries_workspace_id_dedupe_key
        UNIQUE NULLS NOT DISTINCT (workspace_id, dedupe_key),
    CONSTRAINT fk_deliveries_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT ck_deliveries_channel
        CHECK (channel IN ('telegram', 'slack', 'web', 'terminal', 'email',
            'webhook')),
    CONSTRAINT ck_deliveries_purpose
        CHECK (purpose IN ('reply', 'progress', 'notice', 'digest', 'alert',
            'code', 'webhook')),
    CONSTRAINT ck_deliveries_status
        CHECK (status IN ('planned', 'held', 'sending', 'sent', 'ambiguous',
            'failed', 'cancelled')),
    CONSTRAINT ck_deliveries_sent_revision_known CHECK (sent_revision <= revision),
    CONSTRAINT ck_deliveries_sent_has_revision
        CHECK (status <> 'sent' OR sent_revision IS NOT NULL)
);
CREATE INDEX ix_deliveries_user_id ON deliveries (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_deliveries_workspace_id_private_chat_id
    ON deliveries (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_deliveries_not_before ON deliveries (not_before)
    WHERE status IN ('planned', 'held');
CREATE INDEX ix_deliveries_claimed_until ON deliveries (claimed_until)
    WHERE status = 'sending';
CREATE INDEX ix_deliveries_updated_at ON deliveries (updated_at)
    WHERE status = 'sent' AND sent_revision < revision;
CREATE INDEX ix_deliveries_open ON deliveries (id)
    WHERE status IN ('planned', 'sending')
        OR status = 'sent' AND sent_revision < revision;
CREATE INDEX ix_deliveries_ambiguous ON deliveries (id) WHERE status = 'ambiguous';
CREATE INDEX ix_deliveries_queue ON deliveries (channel, account, recipient, id)
    WHERE status IN ('planned', 'sending');

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON chats
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON deliveries
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_keys TO agent_vault;
GRANT DELETE, SELECT (workspace_id, kid) ON workspace_keys TO agent_eraser;

GRANT SELECT, UPDATE (state, title) ON chats TO agent_app;
GRANT SELECT, INSERT, UPDATE ON chats TO agent_door;

GRANT SELECT, INSERT, UPDATE ON inbox TO agent_door;
GRANT SELECT, UPDATE ON inbox TO agent_worker;

GRANT SELECT, INSERT, UPDATE ON deliveries TO agent_app;
GRANT INSERT, SELECT (id, workspace_id, user_id, private_chat_id, channel, account,
    recipient, dedupe_key, status) ON deliveries TO agent_door;
GRANT SELECT, INSERT,
    UPDATE (payload, partial, sent_revision, status, attempts, claimed_until,
        not_before, sent_at, external_id, response_code, last_error)
    ON deliveries TO agent_worker;
"""

UNDO = """
DROP TABLE deliveries, inbox, chats, workspace_keys;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.closed("workspace_keys"),
        rls.allow("workspace_keys", VAULT, "true"),
        *rls.tenant("chats"),
        rls.allow("chats", DOOR, "true"),
        *rls.closed("inbox"),
        rls.allow("inbox", DOOR, "true"),
        rls.allow("inbox", WORKER, "true"),
        *rls.user_private("deliveries"),
        rls.allow("deliveries", DOOR, "true", verb="SELECT"),
        rls.allow("deliveries", DOOR, rls.GLOBAL, name="onboarding", verb="INSERT"),
        rls.allow("deliveries", WORKER, "true"),
        rls.allow("workspace_keys", ERASER, "true"),
        *rls.erasable("chats", "inbox", "deliveries"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
