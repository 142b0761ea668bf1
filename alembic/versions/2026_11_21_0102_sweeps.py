"""Let the worker see how runs stand, end what expired, and find dead letters.

Safe online: grants and policies, and partial indexes over the few rows that failed
(building them reads each table once and stops writes meanwhile); lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.roles import WORKER
from db.script import statements

revision = "0102"
down_revision = "0101"

# How a run stands, never what was asked or answered.
RIGHTS = """
GRANT SELECT (id, workspace_id, user_id, client_id, skill_id, conversation_id, number,
    kind, status, attempt, error_code, cost_usd, queued_at, started_at, completed_at,
    updated_at) ON runs TO agent_worker;
GRANT SELECT (id, workspace_id, run_id, status, expires_at), UPDATE (status)
    ON approvals TO agent_worker;
"""
INDEXES = """
CREATE INDEX ix_inbox_failed ON inbox (received_at) WHERE status = 'failed';
CREATE INDEX ix_deliveries_failed ON deliveries (updated_at) WHERE status = 'failed';
"""
UNDO = """
DROP INDEX ix_deliveries_failed, ix_inbox_failed;
DROP POLICY worker ON approvals;
DROP POLICY worker ON runs;
REVOKE SELECT (id, workspace_id, user_id, client_id, skill_id, conversation_id, number,
    kind, status, attempt, error_code, cost_usd, queued_at, started_at, completed_at,
    updated_at) ON runs FROM agent_worker;
REVOKE SELECT (id, workspace_id, run_id, status, expires_at), UPDATE (status)
    ON approvals FROM agent_worker;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(RIGHTS),
        rls.allow("runs", WORKER, "true", verb="SELECT"),
        rls.allow("approvals", WORKER, "true"),
        *statements(INDEXES),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(UNDO):
        op.execute(statement)
