"""Let files follow the conversation they came in, when its chat is opened or closed.

Safe online: a column without a rewrite, one backfill of it, functions; lock_timeout
5 s.
"""

from alembic import op

from db.script import statements

revision = "0120"
down_revision = "0115"

COLUMN = """
ALTER TABLE assets ADD COLUMN conversation_id uuid,
    ADD CONSTRAINT fk_assets_workspace_id_conversation_id
        FOREIGN KEY (workspace_id, conversation_id)
        REFERENCES conversations (workspace_id, id)
        ON DELETE SET NULL (conversation_id);
CREATE INDEX ix_assets_workspace_id_conversation_id
    ON assets (workspace_id, conversation_id) WHERE conversation_id IS NOT NULL;
UPDATE assets a SET conversation_id = m.conversation_id
    FROM messages m CROSS JOIN jsonb_array_elements(m.attachments) AS one
    WHERE m.workspace_id = a.workspace_id AND one->>'asset_id' = a.id::text;
"""

FUNCTION = """
CREATE FUNCTION files_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE assets SET private_user_id = NEW.user_id,
        private_chat_id = NEW.private_chat_id
        WHERE workspace_id = NEW.workspace_id AND conversation_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER files_follow AFTER UPDATE OF user_id, private_chat_id
    ON conversations FOR EACH ROW
    WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id
        OR OLD.private_chat_id IS DISTINCT FROM NEW.private_chat_id)
    EXECUTE FUNCTION files_follow();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(COLUMN + FUNCTION):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION files_follow() FROM PUBLIC")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION files_follow() CASCADE")
    op.execute("ALTER TABLE assets DROP COLUMN conversation_id")
