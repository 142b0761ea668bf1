"""Let a version say which one it was made from, and who made it; find who lags behind.

Two functions look across workspaces, for the worker alone: they return whom to
tell of which versions, and count pieces that nobody did anything with.

Safe online: two columns without a rewrite, a trigger put in another's place, functions;
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

# Seen: whoever asked wrote in its conversation afterwards. What they did with it leaves
# feedback, or a later version of it.
IGNORED = """
CREATE FUNCTION note_ignored(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH noted AS (
        INSERT INTO feedback (workspace_id, output_id, reviewer_id, reviewer_key,
                              source, channel, signal)
        SELECT o.workspace_id, o.id, r.user_id, 'user:' || r.user_id, 'implicit',
               'system', 'ignored'
        FROM outputs o JOIN runs r ON r.workspace_id = o.workspace_id
            AND r.id = o.run_id AND r.kind = 'skill' AND r.user_id IS NOT NULL
        WHERE o.created_at < now() - interval '3 days'
          AND o.created_at > now() - interval '14 days'
          AND o.kind NOT IN ('answer', 'export')
          AND r.provider IS DISTINCT FROM 'rehearsal'
          AND NOT EXISTS (SELECT FROM feedback f WHERE f.output_id = o.id)
          AND NOT EXISTS (SELECT FROM outputs later WHERE later.revises_id = o.id
                          AND later.workspace_id = o.workspace_id)
          AND EXISTS (SELECT FROM deliveries d WHERE d.run_id = r.id
                      AND d.purpose = 'reply' AND d.status = 'sent')
          AND EXISTS (SELECT FROM messages m
                      WHERE m.conversation_id = r.conversation_id
                        AND m.author_id = r.user_id AND m.role = 'user'
                        AND m.created_at > o.created_at)
        ORDER BY o.id LIMIT most
        ON CONFLICT (output_id, source, reviewer_key, signal) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM noted
$$;
"""

OUTDATED = """
CREATE FUNCTION find_outdated() RETURNS TABLE (
    workspace_id uuid, user_id uuid, skill text, title text, own text, house text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE line AS (
        SELECT t.workspace_id, t.skill_id, v.version AS own, v.id, v.parent_id,
               v.workspace_id AS place
        FROM skill_settings t JOIN skill_versions v ON v.id = t.version_id
        WHERE t.client_id IS NULL AND v.workspace_id IS NOT NULL
        UNION
        SELECT l.workspace_id, l.skill_id, l.own, p.id, p.parent_id, p.workspace_id
        FROM line l JOIN skill_versions p ON p.id = l.parent_id
        WHERE l.place IS NOT NULL
    )
    SELECT l.workspace_id, m.user_id, s.name, s.title, l.own, now.version
    FROM line l
    JOIN workspace_members m ON m.workspace_id = l.workspace_id
        AND m.role IN ('owner', 'admin')
    JOIN skills s ON s.id = l.skill_id AND s.is_active AND s.workspace_id IS NULL
    JOIN skill_versions base ON base.id = l.id
    JOIN skill_versions now ON now.skill_id = s.id AND now.workspace_id IS NULL
        AND now.version = s.current_version
    WHERE l.place IS NULL AND now.released_at > base.released_at
    ORDER BY l.workspace_id, s.name, m.user_id
$$;
"""

FUNCTIONS = ("note_ignored(integer)", "find_outdated()")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(COLUMNS + TRIGGER + IGNORED + OUTDATED):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO agent_worker")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for statement in statements(OLD_TRIGGER):
        op.execute(statement)
    op.execute(
        "ALTER TABLE skill_versions DROP COLUMN parent_id, DROP COLUMN made_by_id"
    )
