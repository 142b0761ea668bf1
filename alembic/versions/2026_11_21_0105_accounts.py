"""Let people begin workspaces, move their chats between them, and join two accounts.

Safe online: functions and grants only; lock_timeout 5 s.
"""

from alembic import op

from db import rls
from db.roles import APP, DOOR, OWNER
from db.script import statements

revision = "0105"
down_revision = "0104"

FUNCTIONS = """
CREATE FUNCTION begin_workspace(
    person uuid, workspace uuid, called text, sort text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF person IS DISTINCT FROM
        NULLIF(current_setting('app.user_id', true), '')::uuid
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'begin_workspace() begins one for app.user_id only';
    END IF;
    INSERT INTO workspaces (id, name, kind) VALUES (workspace, called, sort);
    INSERT INTO workspace_members (workspace_id, user_id, role, display_name)
        SELECT workspace, person, 'owner', coalesce(
            (SELECT m.display_name FROM workspace_members m WHERE m.user_id = person
             AND m.workspace_id =
                NULLIF(current_setting('app.workspace_id', true), '')::uuid),
            (SELECT u.full_name FROM users u WHERE u.id = person));
END $$;

CREATE FUNCTION rebind_chat(person uuid, chat uuid, target uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    here uuid := NULLIF(current_setting('app.workspace_id', true), '')::uuid;
    place chats;
    room chats;
    old text := uuidv7()::text;
    found_id uuid;
BEGIN
    SELECT * INTO place FROM chats c WHERE c.id = chat AND c.workspace_id = here;
    IF place.id IS NULL OR person IS DISTINCT FROM
        NULLIF(current_setting('app.user_id', true), '')::uuid
        OR chat IS DISTINCT FROM
        NULLIF(current_setting('app.chat_id', true), '')::uuid
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'rebind_chat() moves the chat that a verified message came from';
    END IF;
    SELECT * INTO room FROM chats c WHERE c.channel = place.channel
        AND c.account = place.account AND c.chat_id = place.chat_id
        AND c.thread_id = '' FOR UPDATE;
    -- A private chat is its person's; a group is moved by who governs both.
    IF NOT EXISTS (
        SELECT FROM workspace_members m JOIN workspaces w ON w.id = m.workspace_id
        WHERE m.workspace_id = target AND m.user_id = person AND w.erased_at IS NULL
        AND (room.kind = 'private' OR m.role IN ('owner', 'admin')))
        OR room.kind <> 'private' AND NOT EXISTS (
            SELECT FROM workspace_members m WHERE m.workspace_id = here
            AND m.user_id = person AND m.role IN ('owner', 'admin'))
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            'a member moves their own chat, an admin of both workspaces a group';
    END IF;
    IF room.kind = 'private' THEN
        UPDATE chats c SET workspace_id = target, conversation_id = NULL,
            client_id = NULL
            WHERE c.channel = room.channel AND c.account = room.account
            AND c.chat_id = room.chat_id;
        RETURN chat;
    END IF;
    -- What was said in a group stays where it was said, under a name of its own.
    UPDATE chats c SET chat_id = c.chat_id || '#' || old, state = 'left'
        WHERE c.channel = room.channel AND c.account = room.account
        AND c.chat_id = room.chat_id;
    INSERT INTO chats (workspace_id, channel, account, chat_id, kind, visibility, title)
        VALUES (target, room.channel, room.account, room.chat_id, room.kind,
            CASE room.kind WHEN 'channel' THEN 'members' ELSE 'private' END, room.title)
        RETURNING id INTO found_id;
    IF place.thread_id <> '' THEN
        INSERT INTO chats (workspace_id, channel, account, chat_id, thread_id, kind,
                visibility, title)
            VALUES (target, room.channel, room.account, room.chat_id, place.thread_id,
                'thread',
                CASE room.kind WHEN 'channel' THEN 'members' ELSE 'private' END,
                place.title)
            RETURNING id INTO found_id;
    END IF;
    RETURN found_id;
END $$;
"""

FUNCTION_NAMES = (
    "begin_workspace(uuid, uuid, text, text)",
    "rebind_chat(uuid, uuid, uuid)",
)

RIGHTS = """
GRANT UPDATE (role, display_name), DELETE ON workspace_members TO agent_door;
"""
"""Two accounts that turn out to be one person become one at the door."""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in statements(FUNCTIONS + RIGHTS):
        op.execute(statement)
    for function in FUNCTION_NAMES:
        for statement in rls.run_as(DOOR, function, APP):
            op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"SET LOCAL ROLE {DOOR}")
    for function in FUNCTION_NAMES:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute(
        "REVOKE UPDATE (role, display_name), DELETE ON workspace_members"
        " FROM agent_door"
    )
