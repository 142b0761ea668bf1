"""Who may do what in the database. An administrator makes them; migrations grant.

Two logins serve. ``agent_app`` does a tenant's work under row security;
``agent_system`` may do nothing until a transaction takes one of four narrow roles.
``agent_release`` is the release's login: it works as ``agent_owner``, and no serving
process knows it.
"""

from collections.abc import Mapping

OWNER = "agent_owner"
"""Owns the tables and migrates. Never serves a request."""
RELEASE = "agent_release"
"""The release's login: every session of its own begins as ``agent_owner``."""
APP = "agent_app"
"""Serves requests. Owns nothing."""
SYSTEM = "agent_system"
"""Works before or beside tenants, only by taking one of the roles below."""

DOOR = "agent_door"
"""Keeps the inbox; finds out who a sender is before the tenant is known."""
WORKER = "agent_worker"
"""Drains queues; writes what is global."""
VAULT = "agent_vault"
"""Alone reads sealed columns."""
ERASER = "agent_eraser"
"""Erases by age or on request."""
SEARCH = "agent_search"
"""Owns the search functions; nobody takes it."""

LOGINS = (RELEASE, APP, SYSTEM)
TAKEN = (DOOR, WORKER, VAULT, ERASER)
"""What ``agent_system`` may take, one at a time."""
ALL = (OWNER, *LOGINS, *TAKEN, SEARCH)

_WEAK = "NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION"


def create(passwords: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the statements that make every role; they may be repeated.

    ``passwords`` (login -> password) sets those logins' passwords; the others keep
    what they have. Needs a superuser, or CREATEROLE.
    """
    given = passwords or {}
    return (
        *(_role(role) for role in ALL),
        *(_login(role, given.get(role)) for role in LOGINS),
        *(_grant(role, SYSTEM) for role in TAKEN),
        # The owner hands functions over to the roles that run them.
        *(_grant(role, OWNER) for role in (*TAKEN, SEARCH)),
        _grant(OWNER, RELEASE),
        f"ALTER ROLE {RELEASE} SET role = '{OWNER}'",
    )


def database(name: str) -> tuple[str, ...]:
    """Return the statements that close database ``name`` to all but our logins."""
    return (
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {', '.join(LOGINS)}",
    )


def _role(role: str) -> str:
    # Two servers may set themselves up at once; the second finds the role there.
    return f"""
        DO $$ BEGIN
            CREATE ROLE {role} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """


def _login(role: str, password: str | None) -> str:
    secret = f" PASSWORD {_quoted(password)}" if password is not None else ""
    return f"ALTER ROLE {role} LOGIN {_WEAK}{secret}"


def _grant(role: str, to: str) -> str:
    # Not inherited: without SET ROLE the member has no right of the role's.
    return f"GRANT {role} TO {to} WITH INHERIT FALSE, SET TRUE"


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{doubled}'"
