"""Let a proposed rule keep what it changes, and how it did when it was tried.

Safe online: a column without a rewrite, and an index over the few rows that are open;
lock_timeout 5 s.
"""

from alembic import op

from db.script import statements

revision = "0123"
down_revision = "0122"

UP = """
ALTER TABLE rules ADD COLUMN proposal jsonb;
CREATE UNIQUE INDEX uq_rules_workspace_id_skill_id_open
    ON rules (workspace_id, skill_id) WHERE status = 'proposed';
"""

DOWN = """
DROP INDEX uq_rules_workspace_id_skill_id_open;
ALTER TABLE rules DROP COLUMN proposal;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(UP):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(DOWN):
        op.execute(statement)
