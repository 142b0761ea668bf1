"""Add conversations, messages, dialogs; chats and deliveries point at them.

Safe online: new tables, and columns that are NULL everywhere.
"""

from alembic import op

from db import rls
from db.roles import DOOR
from db.script import statements

revision = "0008"
down_revision = "0007"

OPENED = ("conversations", "messages", "dialogs")
"""What changes hands when a chat is opened to all members, or closed."""

TABLES = """
CREATE TABLE conversations (
    id uuid CONSTRAINT pk_conversations PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_conversations_workspace_id REFERENCES workspaces
        ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid
        CONSTRAINT fk_conversations_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid, client_id uuid,
    title text, summary text, pinned jsonb NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'active', last_message_at timestamptz,
    CONSTRAINT uq_conversations_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_conversations_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_conversations_workspace_id_client_id
        FOREIGN KEY (workspace_id, client_id) REFERENCES clients (workspace_id, id)
        ON DELETE SET NULL (client_id),
    CONSTRAINT ck_conversations_status CHECK (status IN ('active', 'archived')),
    CONSTRAINT ck_conversations_one_reader
        CHECK (num_nonnulls(user_id, private_chat_id) <= 1)
);
CREATE INDEX ix_conversations_user_id ON conversations (user_id)
    WHERE user_id IS NOT NULL;
CREATE INDEX ix_conversations_workspace_id_private_chat_id
    ON conversations (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_conversations_workspace_id_client_id
    ON conversations (workspace_id, client_id)
    WHERE client_id IS NOT NULL;
CREATE INDEX ix_conversations_workspace_id_user_id_last_message_at
    ON conversations (workspace_id, user_id, last_message_at DESC);

CREATE TABLE messages (
    id uuid CONSTRAINT pk_messages PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_messages_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid CONSTRAINT fk_messages_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid, conversation_id uuid NOT NULL,
    author_id uuid
        CONSTRAINT fk_messages_author_id REFERENCES users ON DELETE SET NULL,
    reply_to_id uuid, run_id uuid, inbox_id uuid,
    role text NOT NULL, channel text NOT NULL, account text NOT NULL DEFAULT '',
    chat_id text, thread_id text, channel_message_id text, content text NOT NULL,
    attachments jsonb NOT NULL DEFAULT '[]', language text, token_count integer,
    embedding vector(384), embedding_model text,
    tsv tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', content)) STORED,
    edited_at timestamptz, redacted_at timestamptz,
    CONSTRAINT uq_messages_workspace_id_id UNIQUE (workspace_id, id),
    CONSTRAINT fk_messages_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_messages_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_messages_workspace_id_reply_to_id
        FOREIGN KEY (workspace_id, reply_to_id) REFERENCES messages (workspace_id, id)
        ON DELETE SET NULL (reply_to_id),
    CONSTRAINT ck_messages_role
        CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    CONSTRAINT ck_messages_channel
        CHECK (channel IN ('telegram', 'slack', 'web', 'terminal', 'email', 'api')),
    CONSTRAINT ck_messages_embedding_has_model
        CHECK ((embedding IS NULL) = (embedding_model IS NULL))
);
CREATE INDEX ix_messages_user_id ON messages (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_messages_workspace_id_private_chat_id
    ON messages (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_messages_author_id ON messages (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX ix_messages_workspace_id_reply_to_id
    ON messages (workspace_id, reply_to_id)
    WHERE reply_to_id IS NOT NULL;
CREATE INDEX ix_messages_conversation_id_id ON messages (conversation_id, id);
CREATE INDEX ix_messages_channel_message_id
    ON messages (workspace_id, channel, account, chat_id, channel_message_id);
CREATE INDEX ix_messages_tsv ON messages USING gin (tsv);

CREATE TABLE dialogs (
    id uuid CONSTRAINT pk_dialogs PRIMARY KEY DEFAULT uuidv7(),
    workspace_id uuid NOT NULL
        CONSTRAINT fk_dialogs_workspace_id REFERENCES workspaces ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid CONSTRAINT fk_dialogs_user_id REFERENCES users ON DELETE CASCADE,
    private_chat_id uuid, conversation_id uuid NOT NULL,
    author_id uuid CONSTRAINT fk_dialogs_author_id REFERENCES users ON DELETE CASCADE,
    skill_id uuid CONSTRAINT fk_dialogs_skill_id REFERENCES skills ON DELETE SET NULL,
    kind text NOT NULL, step text NOT NULL, answers jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active',
    subject_type text, subject_id uuid, result_type text, result_id uuid,
    expires_at timestamptz, completed_at timestamptz,
    CONSTRAINT fk_dialogs_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE,
    CONSTRAINT fk_dialogs_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_dialogs_kind
        CHECK (kind IN ('interview', 'form', 'copilot', 'confirm', 'import',
            'review')),
    CONSTRAINT ck_dialogs_status
        CHECK (status IN ('active', 'completed', 'saved', 'abandoned', 'expired'))
);
CREATE INDEX ix_dialogs_workspace_id ON dialogs (workspace_id);
CREATE INDEX ix_dialogs_user_id ON dialogs (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_dialogs_workspace_id_private_chat_id
    ON dialogs (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
CREATE INDEX ix_dialogs_workspace_id_conversation_id
    ON dialogs (workspace_id, conversation_id);
CREATE INDEX ix_dialogs_author_id ON dialogs (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX ix_dialogs_skill_id ON dialogs (skill_id) WHERE skill_id IS NOT NULL;
CREATE UNIQUE INDEX uq_dialogs_conversation_id_author_id
    ON dialogs (conversation_id, author_id) NULLS NOT DISTINCT
    WHERE status = 'active';

ALTER TABLE chats
    ADD COLUMN conversation_id uuid,
    ADD CONSTRAINT fk_chats_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id)
        ON DELETE SET NULL (conversation_id);
CREATE INDEX ix_chats_workspace_id_conversation_id
    ON chats (workspace_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
ALTER TABLE deliveries
    ADD COLUMN conversation_id uuid,
    ADD CONSTRAINT fk_deliveries_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id)
        ON DELETE SET NULL (conversation_id);
CREATE INDEX ix_deliveries_workspace_id_conversation_id
    ON deliveries (workspace_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
ALTER TABLE deliveries
    ADD COLUMN message_id uuid,
    ADD CONSTRAINT fk_deliveries_workspace_id_message_id
        FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id)
        ON DELETE SET NULL (message_id);
CREATE INDEX ix_deliveries_workspace_id_message_id
    ON deliveries (workspace_id, message_id)
    WHERE message_id IS NOT NULL;

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON conversations
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON dialogs
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
"""

RIGHTS = """
GRANT SELECT, INSERT,
    UPDATE (client_id, title, summary, pinned, status, last_message_at)
    ON conversations TO agent_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages, dialogs TO agent_app;
GRANT UPDATE (conversation_id) ON chats TO agent_app;

GRANT SELECT (id, workspace_id, user_id, private_chat_id),
    UPDATE (user_id, private_chat_id) ON conversations TO agent_door;
GRANT SELECT (id, workspace_id, conversation_id, user_id, private_chat_id),
    UPDATE (user_id, private_chat_id) ON messages, dialogs TO agent_door;
GRANT SELECT (conversation_id), UPDATE (user_id, private_chat_id)
    ON deliveries TO agent_door;
"""

UNDO = """
ALTER TABLE deliveries DROP COLUMN message_id, DROP COLUMN conversation_id;
ALTER TABLE chats DROP COLUMN conversation_id;
DROP TABLE dialogs, messages, conversations;
"""


def upgrade() -> None:
    for statement in (
        *statements(TABLES),
        *statements(RIGHTS),
        *rls.user_private("conversations"),
        *rls.user_private("messages"),
        *rls.user_private("dialogs"),
        *(rls.allow(table, DOOR, "true") for table in OPENED),
        rls.allow("deliveries", DOOR, "true", name="opening", verb="UPDATE"),
        *rls.erasable("conversations", "messages", "dialogs"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in statements(UNDO):
        op.execute(statement)
