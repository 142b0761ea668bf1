"""For every table and verb: rows of another workspace are neither seen nor changed.

The tables come from the models, their rows from ``tests.db.rows``; what a member may do
to their own rows is written down here, so that each refusal has its counterpart.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, Executable, and_, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.server_bootstrap import Urls
from tests.conftest import connected, copied
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, ANA, EVE, RIVAL

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
DENIED = "42501"
"""Both "permission denied" and "violates row-level security policy"."""
BROKEN = -1
"""Row security let it through, and a constraint refused it."""

READ, ADD = frozenset({"SELECT"}), frozenset({"INSERT"})
CHANGE = READ | {"UPDATE"}
GRANTED: dict[str, frozenset[str]] = {
    # Invisible to the app.
    **dict.fromkeys(
        ("inbox", "link_codes", "throttles", "workspace_keys"), frozenset()
    ),
    "outbox": ADD,
    "models": READ,
    **dict.fromkeys(("users", "workspaces", "chats"), CHANGE),
    "user_channels": CHANGE | {"DELETE"},
    # Frozen: facts, and what was said of them at the time.
    **dict.fromkeys(("events", "outputs", "client_versions"), READ | ADD),
    **dict.fromkeys(("usage_records", "experiment_exposures"), READ | ADD),
    # Only the eraser deletes these.
    **dict.fromkeys(("deliveries", "conversations", "runs", "run_steps"), CHANGE | ADD),
    **dict.fromkeys(("approvals", "routing_labels", "skill_versions"), CHANGE | ADD),
    **dict.fromkeys(("billing_accounts", "budget_periods"), CHANGE | ADD),
    "budget_reservations": CHANGE | ADD,
}
"""What the app may do to its own rows, where that is not everything."""


@dataclass(frozen=True)
class Filled:
    """A database in which both workspaces have a row of every table."""

    urls: Urls
    keys: dict[str, dict[str, Any]]
    """Table -> primary key of RIVAL's row."""
    drafts: dict[str, dict[str, Any]]
    """Table -> values of one more row of RIVAL's, not inserted."""
    updatable: dict[str, str]
    """Table -> a column that the app may update."""


def fill(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    mine = Rows.afresh(connection, ACME, ANA)
    theirs = Rows.afresh(connection, RIVAL, EVE)
    for name in TABLES:
        mine.keys(name)
    keys = {name: theirs.keys(name) for name in TABLES}
    return keys, {name: theirs.draft(name) for name in TABLES}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(server: Urls, bare_template: Urls) -> AsyncIterator[Filled]:
    async with copied(server, bare_template) as urls, connected(urls.owner) as owner:
        async with owner.begin() as connection:
            keys, drafts = await connection.run_sync(fill)
            found = await connection.execute(
                text("""
                    SELECT table_name, min(column_name) FROM information_schema.columns
                    WHERE table_schema = 'public' AND is_generated = 'NEVER'
                    AND has_column_privilege('agent_app',
                        table_name::text, column_name::text, 'UPDATE')
                    GROUP BY 1
                """)
            )
            updatable = {row[0]: row[1] for row in found}
        yield Filled(urls, keys, drafts, updatable)


@pytest.fixture
async def app(filled: Filled) -> AsyncIterator[AsyncConnection]:
    """The app's connection; what it does is undone."""
    async with connected(filled.urls.app) as engine, engine.connect() as connection:
        yield connection


async def settle(app: AsyncConnection, workspace: object, user: object) -> None:
    await app.execute(
        text(
            "SELECT set_config('app.workspace_id', :workspace, true),"
            " set_config('app.user_id', :person, true),"
            " set_config('app.chat_id', '', true)"
        ),
        {"workspace": str(workspace), "person": str(user)},
    )


def statement(filled: Filled, name: str, verb: str) -> Executable:
    """Do ``verb`` to RIVAL's row."""
    table = TABLES[name]
    where = and_(*(table.c[key] == value for key, value in filled.keys[name].items()))
    if verb == "INSERT":
        return insert(table).inline().values(filled.drafts[name])
    if verb == "SELECT":
        return select(*table.primary_key).where(where)
    if verb == "DELETE":
        return table.delete().where(where)
    column = table.c[filled.updatable.get(name, next(iter(table.primary_key)).name)]
    return table.update().where(where).values({column: column})


async def reached(app: AsyncConnection, done: Executable) -> int | None:
    """How many rows a statement reached; None when denied, BROKEN by a constraint."""
    try:
        async with app.begin_nested():
            result = await app.execute(done)
            return len(result.all()) if result.returns_rows else result.rowcount
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        if state == DENIED:
            return None
        if state.startswith("23"):
            return BROKEN
        raise


every_verb = pytest.mark.parametrize("verb", VERBS)
every_table = pytest.mark.parametrize("name", TABLES)


@every_verb
@every_table
async def test_a_row_of_another_workspace_is_out_of_reach(
    app: AsyncConnection, filled: Filled, name: str, verb: str
) -> None:
    await settle(app, ACME, ANA)
    expected = {1} if (name, verb) == ("models", "SELECT") else {0, None}
    assert await reached(app, statement(filled, name, verb)) in expected


@every_verb
@every_table
async def test_a_row_of_ones_own_is_reached_as_far_as_granted(
    app: AsyncConnection, filled: Filled, name: str, verb: str
) -> None:
    await settle(app, RIVAL, EVE)
    found = await reached(app, statement(filled, name, verb))
    if verb not in GRANTED.get(name, VERBS):
        assert found is None
    elif verb == "INSERT":
        assert found in {1, BROKEN}  # the draft may not be unique
    else:
        assert found == 1


@pytest.mark.parametrize("settings", ["unset", "empty"])
@every_verb
@every_table
async def test_nobody_reaches_anything_without_an_error(
    app: AsyncConnection, filled: Filled, name: str, verb: str, settings: str
) -> None:
    if settings == "empty":
        await settle(app, "", "")
    expected = {1} if (name, verb) == ("models", "SELECT") else {0, None}
    assert await reached(app, statement(filled, name, verb)) in expected


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, table in TABLES.items()
        # A person's own row may name any workspace: access is by membership.
        if "workspace_id" in table.c and name not in {"access_tokens", "user_channels"}
    ],
)
async def test_a_row_cannot_move_to_another_workspace(
    app: AsyncConnection, filled: Filled, name: str
) -> None:
    await settle(app, RIVAL, EVE)
    moved = TABLES[name].update().values(workspace_id=ACME)
    assert await reached(app, moved) in {None, BROKEN}


GLOBAL = {
    "skills": "INSERT INTO skills (name, title, description, category, storage_prefix)"
    " VALUES ('everybodys', 't', 'd', 'meta', 'p')",
    "skill_versions": "INSERT INTO skill_versions (skill_id, version, content_hash,"
    " storage_key, prompt_template) SELECT id, '1', 'h', 's', 'p' FROM skills"
    " WHERE workspace_id IS NULL",
    "rules": "INSERT INTO rules (scope, code, statement, skill_id)"
    " SELECT 'skill', 'R1', 's', id FROM skills WHERE workspace_id IS NULL",
}


async def test_a_global_row_is_read_by_all_and_written_by_no_member(
    filled: Filled, app: AsyncConnection
) -> None:
    async with connected(filled.urls.owner) as owner, owner.begin() as connection:
        for line in GLOBAL.values():
            await connection.execute(text(line))
    await settle(app, ACME, ANA)
    for name, line in GLOBAL.items():
        table = TABLES[name]
        ours = table.c.workspace_id.is_(None)
        column = table.c[filled.updatable[name]]
        assert await reached(app, select(table.c.id).where(ours)) == 1
        change = table.update().where(ours).values({column: column})
        assert await reached(app, change) == 0
        assert await reached(app, table.delete().where(ours)) in {0, None}
        assert await reached(app, text(line.replace("everybodys", "mine"))) is None


async def test_the_system_login_reaches_nothing_without_a_role(filled: Filled) -> None:
    async with (
        connected(filled.urls.system) as engine,
        engine.connect() as connection,
    ):
        for name in TABLES:
            for verb in VERBS:
                assert await reached(connection, statement(filled, name, verb)) is None


def test_the_list_of_grants_names_real_tables() -> None:
    assert set(GRANTED) <= set(TABLES)
