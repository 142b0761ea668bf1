"""Add the function that admits an API key: who it is, and that it was used.

Safe online: a function only.
"""

from alembic import op

from db import rls
from db.roles import APP, DOOR, OWNER
from db.script import statements

revision = "0108"
down_revision = "0106"

# One statement for all a request must know, and leave behind, before its tenant is
# known. Windows are counted in the order of their names, so that two requests never
# wait for each other crosswise; last_used_at is written once a minute.
FUNCTION = """
CREATE FUNCTION admit_key(
    prefix text, hash bytea, names text[], times interval[]
) RETURNS TABLE (
    key_id uuid, user_id uuid, workspace_id uuid, role text, scopes text[],
    timezone text, is_first boolean, is_tainted boolean, counts integer[],
    left_s integer[]
) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH found AS MATERIALIZED (
        SELECT t.*, u.timezone FROM resolve_token($1, $2) t
        JOIN users u ON u.id = t.user_id
        WHERE t.kind = 'api_key' AND t.role IS NOT NULL
    ), named AS (
        SELECT 'api:' || w.name || ':' || CASE w.name
                   WHEN 'key' THEN found.id ELSE found.workspace_id END AS key,
               w.time, w.at
        FROM found, unnest($3, $4) WITH ORDINALITY AS w (name, time, at)
    ), counted AS (
        INSERT INTO throttles AS h (key, kind, count, expires_at)
        SELECT n.key, 'rate', 1, statement_timestamp() + n.time FROM named n
        ORDER BY n.key
        ON CONFLICT (key) DO UPDATE SET
            count = CASE WHEN h.expires_at <= statement_timestamp() THEN 1
                         ELSE h.count + 1 END,
            window_started_at = CASE WHEN h.expires_at <= statement_timestamp()
                THEN statement_timestamp() ELSE h.window_started_at END,
            expires_at = CASE WHEN h.expires_at <= statement_timestamp()
                THEN excluded.expires_at ELSE h.expires_at END
        RETURNING h.key, h.count, greatest(1, ceil(extract(
            epoch FROM h.expires_at - statement_timestamp())))::integer AS left_s
    ), touched AS (
        UPDATE access_tokens a SET last_used_at = statement_timestamp()
        WHERE a.id = (SELECT f.id FROM found f)
          AND (a.last_used_at IS NULL
               OR a.last_used_at < statement_timestamp() - interval '1 minute')
        RETURNING old.last_used_at IS NULL AS is_first
    )
    SELECT f.id, f.user_id, f.workspace_id, f.role, f.scopes,
           coalesce(f.timezone, 'UTC'),
           coalesce((SELECT t.is_first FROM touched t), false),
           EXISTS (SELECT FROM throttles h WHERE h.key = 'taint:' || f.id
                   AND h.expires_at > statement_timestamp()),
           (SELECT array_agg(c.count ORDER BY n.at)
            FROM named n JOIN counted c USING (key)),
           (SELECT array_agg(c.left_s ORDER BY n.at)
            FROM named n JOIN counted c USING (key))
    FROM found f
$$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(FUNCTION),
        *rls.run_as(DOOR, "admit_key(text, bytea, text[], interval[])", APP),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {DOOR}")
    op.execute("DROP FUNCTION admit_key(text, bytea, text[], interval[])")
    op.execute(f"SET LOCAL ROLE {OWNER}")
