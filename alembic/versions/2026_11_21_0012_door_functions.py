"""Add the narrow functions of the door: who is this, before the tenant is known.

Safe online: functions only.
"""

from alembic import op

from db import rls
from db.roles import APP, DOOR, OWNER, WORKER
from db.script import statements

revision = "0012"
down_revision = "0011"

FUNCTIONS = """
CREATE FUNCTION resolve_sender(
    channel text, team text, sender text, account text, chat text, thread text
) RETURNS TABLE (
    user_id uuid, channel_workspace_id uuid, locale text, timezone text,
    is_active boolean, chat_row_id uuid, workspace_id uuid, role text, client_id uuid,
    conversation_id uuid, chat_state text, visibility text, chat_kind text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT u.id, k.workspace_id, u.locale, u.timezone, u.is_active,
        CASE WHEN c.thread_id = coalesce($6, '') THEN c.id END,
        coalesce(c.workspace_id, k.workspace_id), m.role, c.client_id,
        CASE WHEN c.thread_id = coalesce($6, '') THEN c.conversation_id END,
        c.state, c.visibility, c.kind
    FROM (VALUES (1)) AS always
    LEFT JOIN user_channels k ON k.channel = $1 AND k.team_id = coalesce($2, '')
        AND k.channel_user_id = $3
    LEFT JOIN users u ON u.id = k.user_id
    LEFT JOIN LATERAL (
        -- A thread without a row of its own takes its chat's workspace and brand.
        SELECT * FROM chats
        WHERE chats.channel = $1 AND chats.account = coalesce($4, '')
        AND chats.chat_id = $5 AND chats.thread_id IN ('', coalesce($6, ''))
        ORDER BY chats.thread_id DESC LIMIT 1
    ) c ON true
    LEFT JOIN workspace_members m ON m.user_id = u.id AND u.is_active
        AND m.workspace_id = coalesce(c.workspace_id, k.workspace_id)
$$;

CREATE FUNCTION resolve_token(prefix text, hash bytea) RETURNS TABLE (
    id uuid, user_id uuid, workspace_id uuid, role text, kind text, scopes text[],
    expires_at timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT t.id, t.user_id, t.workspace_id, m.role, t.kind, t.scopes, t.expires_at
    FROM access_tokens t
    JOIN users u ON u.id = t.user_id AND u.is_active
    LEFT JOIN workspace_members m
        ON m.user_id = t.user_id AND m.workspace_id = t.workspace_id
    WHERE t.prefix = $1 AND t.token_hash = $2
    AND t.revoked_at IS NULL AND t.replaced_by_id IS NULL
    AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp())
$$;

CREATE FUNCTION resolve_delivery(id uuid) RETURNS TABLE (
    workspace_id uuid, channel text, account text, recipient text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT d.workspace_id, d.channel, d.account, d.recipient
    FROM deliveries d WHERE d.id = $1
$$;

CREATE FUNCTION my_workspaces(person uuid) RETURNS TABLE (
    id uuid, name text, role text
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF person IS DISTINCT FROM
        NULLIF(current_setting('app.user_id', true), '')::uuid
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'my_workspaces() answers for app.user_id only';
    END IF;
    RETURN QUERY SELECT w.id, w.name, m.role
        FROM workspace_members m JOIN workspaces w ON w.id = m.workspace_id
        WHERE m.user_id = person AND w.erased_at IS NULL ORDER BY w.name, w.id;
END $$;

CREATE FUNCTION set_chat_visibility(
    workspace uuid, person uuid, chat uuid, wanted text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    place chats;
    moved uuid[];
    inside uuid := CASE wanted WHEN 'private' THEN chat END;
    total integer;
    more integer;
BEGIN
    IF workspace IS DISTINCT FROM
        NULLIF(current_setting('app.workspace_id', true), '')::uuid
        OR person IS DISTINCT FROM
        NULLIF(current_setting('app.user_id', true), '')::uuid
        OR NOT EXISTS (
            SELECT FROM workspace_members m WHERE m.workspace_id = workspace
            AND m.user_id = person AND m.role IN ('owner', 'admin'))
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'an owner or admin of this workspace opens or closes a chat';
    END IF;
    UPDATE chats c SET visibility = wanted
        WHERE c.id = chat AND c.workspace_id = workspace AND c.kind <> 'private'
        RETURNING * INTO place;
    IF place.id IS NULL THEN
        RAISE no_data_found USING MESSAGE =
            'no such chat here, or it is a one-to-one chat';
    END IF;
    -- The conversations first: the rows of each copy it by their own trigger.
    WITH opened AS (
        UPDATE conversations c SET private_chat_id = inside, user_id = NULL
        WHERE c.workspace_id = workspace
        AND (c.id = place.conversation_id OR c.private_chat_id = chat)
        RETURNING c.id)
    SELECT array_agg(id) INTO moved FROM opened;
    total := coalesce(cardinality(moved), 0);
    UPDATE messages x SET private_chat_id = inside, user_id = NULL
        WHERE x.workspace_id = workspace AND x.conversation_id = ANY (moved);
    GET DIAGNOSTICS more = ROW_COUNT;
    total := total + more;
    UPDATE dialogs x SET private_chat_id = inside, user_id = NULL
        WHERE x.workspace_id = workspace AND x.conversation_id = ANY (moved);
    GET DIAGNOSTICS more = ROW_COUNT;
    total := total + more;
    UPDATE deliveries x SET private_chat_id = inside, user_id = NULL
        WHERE x.workspace_id = workspace AND x.conversation_id = ANY (moved);
    GET DIAGNOSTICS more = ROW_COUNT;
    total := total + more;
    UPDATE routing_labels x SET private_chat_id = inside, user_id = NULL
        FROM messages m WHERE x.workspace_id = workspace AND m.id = x.message_id
        AND m.conversation_id = ANY (moved);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN total + more;
END $$;
"""

CALLERS = {
    "resolve_sender(text, text, text, text, text, text)": (WORKER,),
    "resolve_token(text, bytea)": (),
    "resolve_delivery(uuid)": (WORKER,),
    "my_workspaces(uuid)": (APP,),
    "set_chat_visibility(uuid, uuid, uuid, text)": (APP,),
}
"""The door itself may call them all."""


def upgrade() -> None:
    for statement in statements(FUNCTIONS):
        op.execute(statement)
    for function, callers in CALLERS.items():
        for statement in rls.run_as(DOOR, function, *callers):
            op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL ROLE {DOOR}")
    for function in CALLERS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
