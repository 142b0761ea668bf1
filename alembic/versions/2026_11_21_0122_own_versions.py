"""Let a version say which one it was made from, and who made it.

Safe online: two columns without a rewrite, a trigger put in another's place;
lock_timeout 5 s.
"""

from alembic import op

from db.script import statements

revision = "0122"
down_revision = "0120"

COLUMNS = """
ALTER TABLE skill_versions
    ADD COLUMN parent_id uuid CONSTRAINT fk_skill_versions_parent_id
        REFERENCES skill_versions ON DELETE SET NULL,
    ADD COLUMN made_by_id uuid CONSTRAINT fk_skill_versions_made_by_id
        REFERENCES users ON DELETE SET NULL;
CREATE INDEX ix_skill_versions_parent_id ON skill_versions (parent_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX ix_skill_versions_made_by_id ON skill_versions (made_by_id)
    WHERE made_by_id IS NOT NULL;
"""

TRIGGER = """
DROP TRIGGER refuse_foreign_shared ON skill_versions;
CREATE TRIGGER refuse_foreign_shared
    BEFORE INSERT OR UPDATE OF skill_id, parent_id, workspace_id
    ON skill_versions FOR EACH ROW EXECUTE FUNCTION
    refuse_foreign_shared('skill_id', 'skills', 'parent_id', 'skill_versions');
"""

OLD_TRIGGER = """
DROP TRIGGER refuse_foreign_shared ON skill_versions;
CREATE TRIGGER refuse_foreign_shared BEFORE INSERT OR UPDATE OF skill_id, workspace_id
    ON skill_versions FOR EACH ROW
    EXECUTE FUNCTION refuse_foreign_shared('skill_id', 'skills');
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(COLUMNS + TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(OLD_TRIGGER):
        op.execute(statement)
    op.execute(
        "ALTER TABLE skill_versions DROP COLUMN parent_id, DROP COLUMN made_by_id"
    )
