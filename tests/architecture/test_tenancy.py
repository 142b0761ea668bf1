"""The catalogue, read: what every table, view and function must be."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import roles
from db.server_bootstrap import Urls
from tests.conftest import connected
from tests.db.rows import TABLES

ROOT = Path(__file__).parents[2]

OPEN = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
"""
OWNERLESS = """
    SELECT tablename FROM pg_tables t WHERE schemaname = 'public' AND NOT EXISTS (
        SELECT FROM pg_policies p WHERE p.tablename = t.tablename
        AND p.policyname = 'owner_all' AND p.roles = '{agent_owner}'
        AND p.cmd = 'ALL' AND p.qual = 'true' AND p.with_check = 'true')
"""
NAMELESS = """
    SELECT tablename || '.' || policyname FROM pg_policies
    WHERE 'public' = ANY (roles) OR cardinality(roles) <> 1
"""
UNPLACED = """
    SELECT c.table_name FROM information_schema.columns c
    JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = c.table_schema
    WHERE c.table_schema = 'public' AND c.column_name = 'workspace_id'
    AND has_any_column_privilege('agent_app', c.table_name::text, 'SELECT')
    AND c.table_name NOT IN ('access_tokens', 'user_channels')
    AND NOT EXISTS (
        SELECT FROM pg_policies p WHERE p.tablename = c.table_name AND p.cmd = 'ALL'
        AND p.roles = '{agent_app}' AND p.qual LIKE '%workspace_id = %app.workspace_id%'
        AND p.with_check = p.qual)
"""
UNINDEXED = """
    SELECT c.table_name FROM information_schema.columns c
    JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = c.table_schema
    WHERE c.table_schema = 'public' AND c.column_name = 'workspace_id'
    AND has_any_column_privilege('agent_app', c.table_name::text, 'SELECT')
    AND NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a
            ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = c.table_name::regclass AND a.attname = 'workspace_id'
        AND i.indpred IS NULL)
"""
KEYS_UNINDEXED = """
    SELECT k.conname FROM pg_constraint k
    WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND (
            i.indkey[0] = k.conkey[cardinality(k.conkey)]
            OR i.indkey[0] = k.conkey[1] AND i.indkey[1] = k.conkey[2]))
"""
LOOSE_VIEWS = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND (relkind = 'm' OR relkind = 'v'
        AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}')
"""
MIGHTY = """
    SELECT rolname FROM pg_roles
    WHERE rolname LIKE 'agent\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole)
"""
LOGINS = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'agent\\_%' AND rolcanlogin"
OWNED_BY_LOGINS = """
    SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) IN
        ('agent_app', 'agent_system', 'agent_release')
    UNION SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) IN
        ('agent_app', 'agent_system', 'agent_release')
"""
FOREIGN_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'v', 'S') AND pg_get_userbyid(relowner) <> 'agent_owner'
"""
UNPINNED = """
    SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    AND prosecdef AND NOT coalesce(proconfig, '{}') @> '{"search_path=public, pg_temp"}'
"""
CALLABLE_BY_ALL = """
    SELECT p.proname FROM pg_proc p, aclexplode(
        coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0
    AND p.proname <> 'touch_updated_at'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
UNTOUCHED = """
    SELECT c.table_name FROM information_schema.columns c
    WHERE c.table_schema = 'public' AND c.column_name = 'updated_at' AND NOT EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgname = 'touch_updated_at'
        AND t.tgrelid = c.table_name::regclass)
"""
PUBLIC_GRANTS = """
    SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
"""
MAY_CREATE = """
    SELECT rolname FROM pg_roles WHERE rolname LIKE 'agent\\_%'
    AND rolname NOT IN ('agent_owner')
    AND has_schema_privilege(rolname, 'public', 'CREATE')
"""

FAULTS = {
    "tables without forced row security": OPEN,
    "tables whose owner would see no rows": OWNERLESS,
    "policies that name no role, or several": NAMELESS,
    "tenant tables whose policy does not name the workspace": UNPLACED,
    "tenant tables without an index led by the workspace": UNINDEXED,
    "foreign keys without an index": KEYS_UNINDEXED,
    "views with their owner's rights, and materialized ones": LOOSE_VIEWS,
    "roles that pass row security by": MIGHTY,
    "things that a login owns": OWNED_BY_LOGINS,
    "tables that are not the owner's": FOREIGN_TABLES,
    "functions with borrowed rights and an open search path": UNPINNED,
    "functions that anybody may call": CALLABLE_BY_ALL,
    "tables whose updated_at nobody keeps": UNTOUCHED,
    "tables granted to everybody": PUBLIC_GRANTS,
    "roles that may create in our schema": MAY_CREATE,
}

PLANTED = """
    CREATE TABLE forgotten (workspace_id uuid, updated_at timestamptz,
        parent uuid REFERENCES users);
    GRANT SELECT ON forgotten TO agent_app, public;
    CREATE POLICY loose ON forgotten USING (true);
    CREATE VIEW leak AS SELECT * FROM users;
    CREATE FUNCTION lend() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE theirs (id int);
    ALTER TABLE theirs OWNER TO agent_app;
    GRANT CREATE ON SCHEMA public TO agent_app
"""


async def column(connection: AsyncConnection, query: str) -> list[object]:
    return list((await connection.scalars(text(query))).all())


@pytest.fixture
async def catalogue(owner_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with owner_engine.connect() as connection:
        yield connection


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_catalogue_has_no(catalogue: AsyncConnection, fault: str) -> None:
    assert await column(catalogue, FAULTS[fault]) == []


async def test_each_of_these_questions_finds_its_fault(database: Urls) -> None:
    # All but a mighty role, which would outlive the test's database.
    asked = {fault: query for fault, query in FAULTS.items() if query != MIGHTY}
    async with connected(database.admin) as admin, admin.connect() as connection:
        for statement in PLANTED.split(";\n"):
            await connection.execute(text(statement))
        silent = [
            f for f, query in asked.items() if not await column(connection, query)
        ]
        assert silent == []


async def test_only_three_roles_may_log_in(catalogue: AsyncConnection) -> None:
    assert set(await column(catalogue, LOGINS)) == set(roles.LOGINS)


async def test_the_app_and_the_system_login_belong_to_no_owner(
    catalogue: AsyncConnection,
) -> None:
    inherited = """
        SELECT a.rolname || ' has ' || b.rolname FROM pg_roles a, pg_roles b
        WHERE a.rolname IN ('agent_app', 'agent_system') AND a.rolname <> b.rolname
        AND pg_has_role(a.oid, b.oid, 'USAGE')
    """
    assert await column(catalogue, inherited) == []
    taken = """
        SELECT b FROM unnest(ARRAY['agent_owner', 'agent_door', 'agent_worker',
            'agent_vault', 'agent_eraser', 'agent_search']) b
        WHERE pg_has_role('agent_system', b, 'SET')
    """
    assert set(await column(catalogue, taken)) == set(roles.TAKEN)


async def test_only_the_vault_reads_what_is_sealed(catalogue: AsyncConnection) -> None:
    readers = """
        SELECT r.rolname || ' reads ' || s.t || '.' || s.c FROM pg_roles r, (VALUES
            ('link_codes', 'sealed'), ('link_codes', 'sealed_nonce'),
            ('workspace_keys', 'wrapped_key')) s (t, c)
        WHERE r.rolname LIKE 'agent\\_%' AND r.rolname NOT IN
            ('agent_owner', 'agent_vault')
        AND has_column_privilege(r.rolname, s.t, s.c, 'SELECT')
    """
    assert await column(catalogue, readers) == []


async def test_the_app_may_only_send_events_to_the_engine(
    catalogue: AsyncConnection,
) -> None:
    granted = """
        SELECT c.relname || ' ' || a.privilege_type FROM pg_class c,
            aclexplode(c.relacl) a
        WHERE c.relnamespace = to_regnamespace('engine')
        AND a.grantee = 'agent_app'::regrole
    """
    assert set(await column(catalogue, granted)) <= {"events INSERT"}


async def test_the_database_has_the_tables_of_the_models_and_no_others(
    catalogue: AsyncConnection,
) -> None:
    found = await column(
        catalogue, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    assert set(found) == {*TABLES, "alembic_version"}


def _commits(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]


def test_nobody_commits_but_the_tenancy_module() -> None:
    sources = [
        path
        for floor in ("agent", "bot", "channels")
        for path in ROOT.glob(f"{floor}/**/*.py")
    ]
    assert sources
    assert [line for path in sources for line in _commits(path)] == []
