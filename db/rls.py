"""Row security as data: the same lines serve migrations and the tests that try them.

Migrations are history: what a function here returns never changes once released. A
better rule gets a new name and a new migration.
"""

from db.roles import APP, ERASER, OWNER

WORKSPACE = "app.workspace_id"
USER = "app.user_id"
CHAT = "app.chat_id"


def _uuid(setting: str) -> str:
    # A GUC that was SET LOCAL reads '' afterwards, not NULL; NULLIF keeps that closed.
    return f"NULLIF(current_setting('{setting}', true), '')::uuid"


HERE = f"workspace_id = {_uuid(WORKSPACE)}"
MINE = f"user_id = {_uuid(USER)}"
ME = _uuid(USER)
GLOBAL = "workspace_id IS NULL"
IN_REACH = (
    f"(user_id IS NULL OR {MINE})"
    f" AND (private_chat_id IS NULL OR private_chat_id = {_uuid(CHAT)})"
)
"""One person's, one private chat's, or, with neither set, every member's."""
RUN_IN_REACH = (
    f"(private_user_id IS NULL OR private_user_id = {ME})"
    f" AND (private_chat_id IS NULL OR private_chat_id = {_uuid(CHAT)})"
)
"""The same of a run, whose ``user_id`` says who asked."""


def tenant(table: str, key: str = "workspace_id") -> list[str]:
    """Return the statements that show ``table`` to the row's workspace only."""
    return [*closed(table), allow(table, APP, f"{key} = {_uuid(WORKSPACE)}")]


def user_private(table: str) -> list[str]:
    """Return the statements for rows of one person, one chat, or all members."""
    return [*closed(table), allow(table, APP, f"{HERE} AND {IN_REACH}")]


def account(table: str, key: str = "user_id") -> list[str]:
    """Return the statements for a person's own rows, whatever the workspace."""
    return [*closed(table), allow(table, APP, f"{key} = {_uuid(USER)}")]


def shared(table: str, also: str = "true") -> list[str]:
    """Return the statements that let all read global rows, and write only their own.

    ``also`` narrows both further.
    """
    return [
        *closed(table),
        allow(table, APP, f"{HERE} AND {also}"),
        allow(table, APP, f"{GLOBAL} AND {also}", name="everybody", verb="SELECT"),
    ]


def readable(table: str) -> list[str]:
    """Return the statements for a global table: all read, the app writes nothing."""
    return [*closed(table), allow(table, APP, "true", verb="SELECT")]


def closed(table: str) -> list[str]:
    """Return the statements that show ``table`` to its owner alone.

    FORCE binds the owner too: it sees rows by its policy (for backfills), and a role
    that comes to own the table by accident sees none.
    """
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        allow(table, OWNER, "true", name="owner_all"),
    ]


def allow(
    table: str, role: str, rows: str, *, name: str = "", verb: str = "ALL"
) -> str:
    """Return the policy that lets ``role`` do ``verb`` to ``rows``; grants do the rest.

    A policy bears its role's name unless told otherwise.
    """
    using = "" if verb == "INSERT" else f" USING ({rows})"
    check = "" if verb in {"SELECT", "DELETE"} else f" WITH CHECK ({rows})"
    policy = name or role.removeprefix("agent_")
    return f"CREATE POLICY {policy} ON {table} FOR {verb} TO {role}{using}{check}"


def erasable(*tables: str) -> list[str]:
    """Return the statements that let the eraser find and delete rows of ``tables``."""
    return [
        statement
        for table in tables
        for statement in (
            allow(table, ERASER, "true"),
            f"GRANT SELECT, DELETE ON {table} TO {ERASER}",
        )
    ]


def run_as(role: str, function: str, *callers: str) -> list[str]:
    """Return the statements that make ``function`` run with the rights of ``role``.

    ``function`` is its signature. Only ``role`` and ``callers`` may call it.
    """
    named = [f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(callers)}"]
    return [
        f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC",
        *(named if callers else []),
        # Taking a function over needs CREATE on its schema, for this moment only.
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"ALTER FUNCTION {function} OWNER TO {role}",
        f"REVOKE CREATE ON SCHEMA public FROM {role}",
    ]
