"""Let messages that fail be given up and told elsewhere; let answers be judged.

Safe online: columns without a rewrite, a function, a constraint that is only widened;
lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.roles import DOOR, OWNER, WORKER
from db.script import statements

revision = "0119"
down_revision = "0116"

COLUMNS = """
ALTER TABLE deliveries ADD COLUMN failing_since timestamptz,
    ADD COLUMN whole_at timestamptz, ADD COLUMN told_at timestamptz;
CREATE INDEX ix_deliveries_untold ON deliveries (updated_at)
    WHERE status = 'failed' AND told_at IS NULL;
GRANT UPDATE (failing_since, whole_at, told_at) ON deliveries TO agent_worker;
"""

FUNCTIONS = """
CREATE FUNCTION find_person_elsewhere(
    workspace uuid, person uuid, avoided text[]
) RETURNS TABLE (
    conversation_id uuid, channel text, account text, recipient text,
    quiet_until timestamptz, notifications jsonb
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.conversation_id, c.channel, c.account,
        c.chat_id || '/' || c.thread_id,
        quiet_end(statement_timestamp(), u.timezone, u.quiet_from, u.quiet_until),
        u.notifications
    FROM workspace_members m
    JOIN users u ON u.id = m.user_id AND u.is_active
    -- Only what is one person's alone is theirs, a thread like the chat it is in.
    JOIN chats c ON c.workspace_id = m.workspace_id
        AND c.kind IN ('private', 'thread') AND c.state = 'active'
    JOIN conversations v ON v.workspace_id = c.workspace_id
        AND v.id = c.conversation_id AND v.user_id = m.user_id
    WHERE m.workspace_id = $1 AND m.user_id = $2
    AND NOT EXISTS (
        SELECT FROM unnest($3) AS place
        WHERE starts_with(
            c.channel || '/' || c.account || '/' || c.chat_id || '/' || c.thread_id,
            place))
    -- A terminal shows what comes only while somebody sits before it.
    ORDER BY c.channel = 'terminal', v.last_message_at DESC NULLS LAST, c.id DESC
    LIMIT 1
$$;
"""
FIND = "find_person_elsewhere(uuid, uuid, text[])"

OLD = (
    "'document', 'draft', 'positioning', 'funnel', 'gap_analysis', 'kpi_framework',"
    " 'keyword_research', 'report', 'weekly_report', 'insight', 'forecast',"
    " 'simulation', 'export'"
)


def _kinds(kinds: str) -> tuple[str, str]:
    return (
        "ALTER TABLE outputs DROP CONSTRAINT ck_outputs_kind",
        f"ALTER TABLE outputs ADD CONSTRAINT ck_outputs_kind CHECK (kind IN ({kinds}))",
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(COLUMNS),
        *statements(FUNCTIONS),
        *rls.run_as(DOOR, FIND, WORKER),
        *_kinds(f"{OLD}, 'answer'"),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {DOOR}")
    op.execute(f"DROP FUNCTION {FIND}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute("DELETE FROM outputs WHERE kind = 'answer'")
    for statement in _kinds(OLD):
        op.execute(statement)
    op.execute(
        "ALTER TABLE deliveries DROP COLUMN failing_since, DROP COLUMN whole_at,"
        " DROP COLUMN told_at"
    )
