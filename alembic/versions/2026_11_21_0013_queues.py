"""Add the queues: claims of the inbox and of deliveries, and who is woken when.

Safe online: functions, and triggers on small tables.

``attempts`` is the fencing token: a claim raises it, and the holder writes its result
with ``WHERE attempts = <what it was given>``. Leases use the database's clock.
"""

from alembic import op

from db import rls
from db.roles import OWNER, WORKER
from db.script import statements

revision = "0013"
down_revision = "0012"

CLAIMS = """
CREATE FUNCTION claim_inbox(n integer, lease interval) RETURNS TABLE (
    id uuid, channel text, account text, kind text, payload jsonb, attempts smallint,
    received_at timestamptz
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

CREATE FUNCTION claim_deliveries(n integer, lease interval, channels text[])
RETURNS TABLE (
    id uuid, workspace_id uuid, channel text, account text, recipient text,
    purpose text, payload jsonb, partial text, revision integer, sent_revision integer,
    external_id text, attempts smallint, status text
) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
-- As above: what is open is walked in order, never what was sent long ago.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
SET enable_bitmapscan = off AS $$
    -- Its sender is gone, and nobody knows whether it went out: it is never repeated.
    -- What a repeat cannot hurt is: webhooks know it by its id, the web chat shows the
    -- row itself, a placeholder says nothing yet, an edit may be made twice.
    UPDATE deliveries d SET status = 'ambiguous', claimed_until = NULL,
        last_error = coalesce(d.last_error, 'the sender was lost while sending')
    WHERE d.id IN (
        SELECT lost.id FROM deliveries lost
        WHERE lost.status = 'sending' AND lost.claimed_until < statement_timestamp()
        AND lost.external_id IS NULL AND lost.channel NOT IN ('webhook', 'web')
        AND coalesce(lost.payload->>'placeholder', '') = ''
        AND lost.channel = ANY (channels)
        FOR UPDATE SKIP LOCKED);

    WITH due AS MATERIALIZED (
        SELECT next.id FROM deliveries next
        WHERE next.channel = ANY (channels)
        -- The predicate of ix_deliveries_open, word for word.
        AND (next.status IN ('planned', 'sending')
            OR next.status = 'sent' AND next.sent_revision < next.revision)
        AND (next.status = 'planned'
            OR next.status = 'sending'
                AND next.claimed_until < statement_timestamp()
            OR next.status = 'sent' AND next.sent_revision < next.revision
                AND (next.claimed_until IS NULL
                    OR next.claimed_until < statement_timestamp()))
        AND (next.not_before IS NULL OR next.not_before <= statement_timestamp())
        AND (next.status = 'sent' OR NOT EXISTS (
            -- In order to one recipient. What waits for a date holds nobody up, but
            -- what failed once and waits to be tried again does.
            SELECT FROM deliveries older
            WHERE older.status IN ('planned', 'sending')
            AND older.channel = next.channel AND older.account = next.account
            AND older.recipient = next.recipient AND older.id < next.id
            AND (older.status = 'sending' OR older.attempts > 0
                OR older.not_before IS NULL
                OR older.not_before <= statement_timestamp())))
        ORDER BY next.id LIMIT n FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d SET attempts = d.attempts + 1,
            status = CASE d.status WHEN 'planned' THEN 'sending' ELSE d.status END,
            claimed_until = statement_timestamp() + lease
        FROM due WHERE d.id = due.id RETURNING d.*)
    SELECT c.id, c.workspace_id, c.channel, c.account, c.recipient, c.purpose,
        c.payload, c.partial, c.revision, c.sent_revision, c.external_id, c.attempts,
        c.status
    FROM claimed c ORDER BY c.id
$$;
"""

NEWS = """
CREATE FUNCTION notify_inbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('inbox', '');
    RETURN NULL;
END $$;

CREATE FUNCTION notify_planned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE status = 'planned') THEN
        PERFORM pg_notify('deliveries', '');
    END IF;
    PERFORM pg_notify('run_' || run_id, id::text) FROM fresh WHERE run_id IS NOT NULL;
    PERFORM pg_notify('u_' || user_id, id::text) FROM fresh WHERE user_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION notify_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change record;
BEGIN
    FOR change IN
        SELECT f.id, f.run_id, f.user_id,
            f.status = 'planned' AND (s.status <> 'planned'
                OR s.not_before IS DISTINCT FROM f.not_before)
            OR f.status = 'sent' AND f.sent_revision < f.revision
                AND (s.revision <> f.revision OR s.status <> 'sent')
            -- Its end may be what the next one to this recipient waits for.
            OR s.status IN ('planned', 'sending')
                AND f.status NOT IN ('planned', 'sending') AS sendable,
            s.revision <> f.revision OR s.partial IS DISTINCT FROM f.partial
                OR s.status <> f.status AND f.status <> 'sending' AS visible
        FROM fresh f JOIN stale s USING (id)
    LOOP
        IF change.sendable THEN
            PERFORM pg_notify('deliveries', '');
        END IF;
        IF change.visible AND change.run_id IS NOT NULL THEN
            PERFORM pg_notify('run_' || change.run_id, change.id::text);
        END IF;
        IF change.visible AND change.user_id IS NOT NULL THEN
            PERFORM pg_notify('u_' || change.user_id, change.id::text);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER notify_inbox AFTER INSERT ON inbox
    FOR EACH STATEMENT EXECUTE FUNCTION notify_inbox();
CREATE TRIGGER notify_planned AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION notify_planned();
CREATE TRIGGER notify_changed AFTER UPDATE ON deliveries
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION notify_changed();
"""

CLAIMED = (
    "claim_inbox(integer, interval)",
    "claim_deliveries(integer, interval, text[])",
)
TOLD = ("notify_inbox", "notify_planned", "notify_changed")


def upgrade() -> None:
    for statement in statements(CLAIMS + NEWS):
        op.execute(statement)
    for function in CLAIMED:
        for statement in rls.run_as(WORKER, function):
            op.execute(statement)
    for name in TOLD:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC")


def downgrade() -> None:
    for name in TOLD:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.execute(f"SET LOCAL ROLE {WORKER}")
    for function in CLAIMED:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
