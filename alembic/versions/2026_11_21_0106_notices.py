"""Let a person be pinged where they are reached, and held back in their quiet hours.

Safe online: functions, a policy and a trigger on a small table; lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.roles import APP, DOOR, OWNER, WORKER
from db.script import statements

revision = "0106"
down_revision = "0105"

FUNCTIONS = """
CREATE FUNCTION quiet_end(
    at timestamptz, zone text, begins time, ends time
) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    -- Wall-clock hours: on the days the clocks change they are an hour more or less.
    SELECT CASE
        WHEN begins IS NULL OR ends IS NULL OR begins = ends THEN NULL
        WHEN begins < ends AND here::time >= begins AND here::time < ends
            OR begins > ends AND here::time < ends
            THEN (here::date + ends) AT TIME ZONE zone
        WHEN begins > ends AND here::time >= begins
            THEN (here::date + 1 + ends) AT TIME ZONE zone
    END FROM (SELECT at AT TIME ZONE zone AS here) AS local
$$;

CREATE FUNCTION find_person(workspace uuid, person uuid) RETURNS TABLE (
    conversation_id uuid, channel text, account text, recipient text,
    quiet_until timestamptz, notifications jsonb
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.conversation_id, c.channel, c.account,
        c.chat_id || '/' || c.thread_id,
        quiet_end(statement_timestamp(), u.timezone, u.quiet_from, u.quiet_until),
        u.notifications
    FROM workspace_members m
    JOIN users u ON u.id = m.user_id AND u.is_active
    JOIN chats c ON c.workspace_id = m.workspace_id AND c.kind = 'private'
        AND c.state = 'active'
    JOIN conversations v ON v.workspace_id = c.workspace_id
        AND v.id = c.conversation_id AND v.user_id = m.user_id
    WHERE m.workspace_id = $1 AND m.user_id = $2
    -- A terminal shows what comes only while somebody sits before it.
    ORDER BY c.channel = 'terminal', v.last_message_at DESC NULLS LAST, c.id DESC
    LIMIT 1
$$;

CREATE FUNCTION plan_notice(
    workspace uuid, person uuid, topic text, purpose text, key text, payload jsonb
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    spot record;
BEGIN
    -- A tenant writes to its own members; the worker's transactions have no tenant.
    IF workspace IS DISTINCT FROM coalesce(
        NULLIF(current_setting('app.workspace_id', true), '')::uuid, workspace)
        OR purpose NOT IN ('notice', 'alert', 'digest')
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'plan_notice() writes notices to members of app.workspace_id only';
    END IF;
    SELECT * INTO spot FROM find_person(workspace, person);
    IF NOT FOUND THEN
        RETURN 'nowhere';
    ELSIF spot.notifications ->> topic = 'off' THEN
        RETURN 'muted';
    END IF;
    INSERT INTO deliveries (workspace_id, conversation_id, channel, account, recipient,
        purpose, dedupe_key, payload, status, not_before)
    VALUES (workspace, spot.conversation_id, spot.channel, spot.account,
        spot.recipient, purpose, key, payload,
        CASE WHEN spot.quiet_until IS NULL THEN 'planned' ELSE 'held' END,
        spot.quiet_until)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'known';
    END IF;
    RETURN CASE WHEN spot.quiet_until IS NULL THEN 'planned' ELSE 'held' END;
END $$;

CREATE FUNCTION recall_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Looked at anew: the hours that held it back have changed.
    UPDATE deliveries SET not_before = statement_timestamp()
        WHERE user_id = NEW.id AND status = 'held';
    RETURN NULL;
END $$;
CREATE TRIGGER recall_held AFTER UPDATE OF quiet_from, quiet_until, timezone ON users
    FOR EACH ROW EXECUTE FUNCTION recall_held();
"""

READS = "SELECT (last_message_at)"
NOTICES = "workspace_id IS NOT NULL AND purpose IN ('notice', 'alert', 'digest')"

FIND = "find_person(uuid, uuid)"
PLAN = "plan_notice(uuid, uuid, text, text, text, jsonb)"
QUIET = "quiet_end(timestamptz, text, time, time)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (
        *statements(FUNCTIONS),
        f"GRANT {READS} ON conversations TO {DOOR}",
        rls.allow("deliveries", DOOR, NOTICES, name="notices", verb="INSERT"),
        f"REVOKE EXECUTE ON FUNCTION {QUIET} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {QUIET} TO {DOOR}",
        *rls.run_as(DOOR, FIND, WORKER),
        *rls.run_as(DOOR, PLAN, APP, WORKER),
        "REVOKE EXECUTE ON FUNCTION recall_held() FROM PUBLIC",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {DOOR}")
    op.execute(f"DROP FUNCTION {PLAN}")
    op.execute(f"DROP FUNCTION {FIND}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute(f"REVOKE {READS} ON conversations FROM {DOOR}")
    op.execute("DROP POLICY notices ON deliveries")
    op.execute("DROP FUNCTION recall_held() CASCADE")
    op.execute(f"DROP FUNCTION {QUIET}")
