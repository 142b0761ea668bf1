"""Carry a chat's privacy through to its runs and what they made; mark tainted runs.

Safe online: columns without a rewrite, policies, and one backfill of a column that was
just added; lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.script import statements

revision = "0103"
down_revision = "0102"

COLUMNS = """
ALTER TABLE runs ADD COLUMN private_user_id uuid
        CONSTRAINT fk_runs_private_user_id REFERENCES users ON DELETE CASCADE,
    ADD COLUMN private_chat_id uuid,
    ADD COLUMN is_tainted boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT fk_runs_workspace_id_private_chat_id
        FOREIGN KEY (workspace_id, private_chat_id) REFERENCES chats (workspace_id, id)
        ON DELETE CASCADE;
CREATE INDEX ix_runs_private_user_id ON runs (private_user_id)
    WHERE private_user_id IS NOT NULL;
CREATE INDEX ix_runs_workspace_id_private_chat_id
    ON runs (workspace_id, private_chat_id)
    WHERE private_chat_id IS NOT NULL;
UPDATE runs r SET private_user_id = c.user_id, private_chat_id = c.private_chat_id
    FROM conversations c WHERE c.id = r.conversation_id;
"""

FUNCTIONS = """
CREATE FUNCTION set_run_privacy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- On the way in only: later its owner may share the run, and the chat stays closed.
    IF NEW.conversation_id IS NOT NULL THEN
        SELECT c.user_id, c.private_chat_id
            INTO NEW.private_user_id, NEW.private_chat_id
            FROM conversations c WHERE c.id = NEW.conversation_id;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION follow_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE runs SET private_user_id = NEW.user_id,
        private_chat_id = NEW.private_chat_id
        WHERE workspace_id = NEW.workspace_id AND conversation_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER set_run_privacy BEFORE INSERT ON runs
    FOR EACH ROW EXECUTE FUNCTION set_run_privacy();
CREATE TRIGGER follow_conversation AFTER UPDATE OF user_id, private_chat_id
    ON conversations FOR EACH ROW
    WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id
        OR OLD.private_chat_id IS DISTINCT FROM NEW.private_chat_id)
    EXECUTE FUNCTION follow_conversation();
"""
NAMES = ("set_run_privacy", "follow_conversation")

OF_A_RUN = "EXISTS (SELECT FROM runs r WHERE r.id = {table}.run_id)"
"""Policies see what the asker sees: who cannot read the run reads nothing of it."""

ROWS = {
    "runs": rls.RUN_IN_REACH,
    "run_steps": OF_A_RUN.format(table="run_steps"),
    "outputs": OF_A_RUN.format(table="outputs"),
    "feedback": "EXISTS (SELECT FROM outputs o WHERE o.id = feedback.output_id)",
    # A call that waits for its own asker is nobody else's, unless it is part of a run.
    "approvals": (
        f"CASE WHEN run_id IS NOT NULL THEN {OF_A_RUN.format(table='approvals')}"
        " ELSE subject_type <> 'operation' OR requested_by_id IS NULL"
        f" OR requested_by_id = {rls.ME} END"
    ),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(COLUMNS + FUNCTIONS):
        op.execute(statement)
    for name in NAMES:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC")
    for table, rows in ROWS.items():
        op.execute(f"DROP POLICY app ON {table}")
        op.execute(rls.allow(table, rls.APP, f"{rls.HERE} AND {rows}"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ROWS:
        op.execute(f"DROP POLICY app ON {table}")
        op.execute(rls.allow(table, rls.APP, rls.HERE))
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.execute(
        "ALTER TABLE runs DROP COLUMN private_user_id, DROP COLUMN private_chat_id,"
        " DROP COLUMN is_tainted"
    )
