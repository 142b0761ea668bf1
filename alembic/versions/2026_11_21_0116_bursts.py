"""Claim the parts of one message together; follow chats that move, and threads.

Safe online: a column without a rewrite, and functions; lock_timeout 5 s.

Telegram delivers an album, a paste longer than one message, and a comment with what it
forwards as several messages. ``claim_inbox`` takes them in one claim, about a second
after the last one came, under their first row's id: ``part_of`` keeps who belonged to
whom, so that a second try works on exactly what the first one did.

Who writes to us directly in threads alone (Slack's sessions) is reached in the latest.
"""

from alembic import op

from db import rls
from db.roles import DOOR, OWNER, WORKER
from db.script import statements

revision = "0116"
down_revision = "0108"

COLUMN = "ALTER TABLE inbox ADD COLUMN part_of uuid"

# What the door says of a message in ``extra``: its album, that it fills a whole
# message (so that the rest of a paste may follow), that it is forwarded.
CLAIM = """
CREATE FUNCTION inbox_goes_on(before jsonb, after jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        after->>'kind' = 'message' AND before->>'kind' IN ('message', 'command')
        -- Keys are sealed to their own event, and worked on alone.
        AND before->'sealed' = '{}'::jsonb AND after->'sealed' = '{}'::jsonb
        AND (before#>>'{extra,album}' = after#>>'{extra,album}'
            OR abs(extract(epoch FROM (after->>'sent_at')::timestamptz
                - (before->>'sent_at')::timestamptz)) <= 3
            AND (before#>>'{extra,long}' IS NOT NULL
                OR before->>'kind' = 'message'
                    AND after#>>'{extra,forwarded}' IS NOT NULL)), false)
$$;

CREATE FUNCTION inbox_may_go_on(part jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
    SELECT part->>'kind' IN ('message', 'command')
        AND part->'extra' ?| ARRAY['album', 'long', 'forwarded']
$$;

CREATE FUNCTION claim_inbox(
    n integer, lease interval, hold interval DEFAULT '1 second'
) RETURNS TABLE (
    id uuid, channel text, account text, kind text, payload jsonb, attempts smallint,
    received_at timestamptz, head uuid
) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
-- Whatever the statistics say: walk the queue's own index and stop when n are found.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
SET enable_bitmapscan = off AS $$
    -- Three claims without a result, and a fourth to say so: the row is put aside and
    -- lets the next one pass.
    UPDATE inbox i SET status = 'failed', processed_at = statement_timestamp(),
        error_message = coalesce(i.error_message, 'given up after 4 attempts')
    WHERE i.id IN (
        SELECT tired.id FROM inbox tired
        WHERE tired.status = 'received' AND tired.attempts >= 4
        AND tired.claimed_until < statement_timestamp()
        FOR UPDATE SKIP LOCKED);

    WITH free AS MATERIALIZED (
        SELECT head.id, head.channel, head.account, head.chat_key, head.payload,
            head.attempts, head.received_at FROM inbox head
        WHERE head.status = 'received'
        AND (head.claimed_until IS NULL
            OR head.claimed_until < statement_timestamp())
        AND NOT EXISTS (
            SELECT FROM inbox older
            WHERE older.status = 'received' AND older.channel = head.channel
            AND older.account = head.account AND older.chat_key = head.chat_key
            AND older.id < head.id)
        ORDER BY head.received_at LIMIT n FOR UPDATE SKIP LOCKED
    ), line AS MATERIALIZED (
        -- The head, and what its sender wrote after it in the same chat.
        SELECT f.id AS head, f.attempts AS tries, f.id, f.payload, f.received_at,
            f.attempts, NULL::uuid AS part_of FROM free f
        UNION ALL
        SELECT f.id, f.attempts, p.id, p.payload, p.received_at, p.attempts, p.part_of
        FROM free f CROSS JOIN LATERAL (
            SELECT i.* FROM inbox i
            WHERE i.status = 'received' AND i.channel = f.channel
            AND i.account = f.account AND i.chat_key = f.chat_key AND i.id > f.id
            AND i.payload->>'sender' = f.payload->>'sender'
            ORDER BY i.id LIMIT 100) p
    ), linked AS (
        SELECT l.*, lag(l.payload) OVER (PARTITION BY l.head ORDER BY l.id) AS before
        FROM line l
    ), told AS (
        SELECT k.*, CASE WHEN k.tries > 0
            -- Tried before: exactly what was tried.
            THEN k.id = k.head OR coalesce(k.part_of = k.head, false)
            ELSE 0 = count(*) FILTER (
                WHERE k.before IS NOT NULL AND NOT (k.attempts = 0
                    AND inbox_goes_on(k.before, k.payload)))
                OVER (PARTITION BY k.head ORDER BY k.id) END AS is_part
        FROM linked k
    ), held AS MATERIALIZED (
        -- More of it may be on its way, unless its sender has gone on already; what
        -- keeps coming is not waited for without end.
        SELECT t.head, least(max(t.received_at) + hold,
            min(t.received_at) + 10 * hold) AS until FROM told t
        GROUP BY t.head HAVING bool_and(t.is_part AND t.tries = 0)
            AND least(max(t.received_at) + hold,
                min(t.received_at) + 10 * hold) > statement_timestamp()
            AND inbox_may_go_on((array_agg(t.payload ORDER BY t.id DESC))[1])
    ), waits AS (
        UPDATE inbox i SET claimed_until = h.until FROM held h WHERE i.id = h.head
    ), claimed AS (
        UPDATE inbox i SET attempts = i.attempts + 1, part_of = nullif(t.head, i.id),
            claimed_until = statement_timestamp() + lease
        FROM told t WHERE i.id = t.id AND t.is_part
        AND NOT EXISTS (SELECT FROM held h WHERE h.head = t.head)
        RETURNING i.*, t.head)
    SELECT c.id, c.channel, c.account, c.kind, c.payload, c.attempts, c.received_at,
        c.head
    FROM claimed c ORDER BY c.received_at, c.id
$$;
"""

# What claims one row at a time again.
CLAIM_BEFORE = """
CREATE FUNCTION claim_inbox(n integer, lease interval) RETURNS TABLE (
    id uuid, channel text, account text, kind text, payload jsonb, attempts smallint,
    received_at timestamptz
) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
SET enable_bitmapscan = off AS $$
    UPDATE inbox i SET status = 'failed', processed_at = statement_timestamp(),
        error_message = coalesce(i.error_message, 'given up after 4 attempts')
    WHERE i.id IN (
        SELECT tired.id FROM inbox tired
        WHERE tired.status = 'received' AND tired.attempts >= 4
        AND tired.claimed_until < statement_timestamp()
        FOR UPDATE SKIP LOCKED);

    WITH free AS MATERIALIZED (
        SELECT head.id FROM inbox head
        WHERE head.status = 'received'
        AND (head.claimed_until IS NULL
            OR head.claimed_until < statement_timestamp())
        AND NOT EXISTS (
            SELECT FROM inbox older
            WHERE older.status = 'received' AND older.channel = head.channel
            AND older.account = head.account AND older.chat_key = head.chat_key
            AND older.id < head.id)
        ORDER BY head.received_at LIMIT n FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE inbox i SET attempts = i.attempts + 1,
            claimed_until = statement_timestamp() + lease
        FROM free WHERE i.id = free.id RETURNING i.*)
    SELECT c.id, c.channel, c.account, c.kind, c.payload, c.attempts, c.received_at
    FROM claimed c ORDER BY c.received_at, c.id
$$;
"""

REACH = """
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
    JOIN chats c ON c.workspace_id = m.workspace_id AND c.kind IN ({kinds})
        AND c.state = 'active'
    -- A conversation has one reader where only they and we can see it.
    JOIN conversations v ON v.workspace_id = c.workspace_id
        AND v.id = c.conversation_id AND v.user_id = m.user_id
    WHERE m.workspace_id = $1 AND m.user_id = $2
    -- A terminal shows what comes only while somebody sits before it.
    ORDER BY c.channel = 'terminal', v.last_message_at DESC NULLS LAST, c.id DESC
    LIMIT 1
$$;
"""
FIND = "find_person(uuid, uuid)"

NOW = "claim_inbox(integer, interval, interval)"
BEFORE = "claim_inbox(integer, interval)"
JUDGES = ("inbox_goes_on(jsonb, jsonb)", "inbox_may_go_on(jsonb)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(COLUMN)
    # What is still to be sent follows a chat to its new id.
    op.execute(f"GRANT UPDATE (recipient) ON deliveries TO {WORKER}")
    _drop(BEFORE)
    for statement in statements(CLAIM):
        op.execute(statement)
    for function in (*JUDGES, NOW):
        for statement in rls.run_as(WORKER, function):
            op.execute(statement)
    _reach("'private', 'thread'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for function in (NOW, *JUDGES):
        _drop(function)
    for statement in statements(CLAIM_BEFORE):
        op.execute(statement)
    for statement in rls.run_as(WORKER, BEFORE):
        op.execute(statement)
    op.execute(f"REVOKE UPDATE (recipient) ON deliveries FROM {WORKER}")
    op.execute("ALTER TABLE inbox DROP COLUMN part_of")
    _reach("'private'")


def _reach(kinds: str) -> None:
    _drop(FIND, DOOR)
    for statement in statements(REACH.format(kinds=kinds)):
        op.execute(statement)
    for statement in rls.run_as(DOOR, FIND, WORKER):
        op.execute(statement)


def _drop(function: str, role: str = WORKER) -> None:
    op.execute(f"SET LOCAL ROLE {role}")
    op.execute(f"DROP FUNCTION {function}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
