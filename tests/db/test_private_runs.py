"""For every table that may carry a private chat's words: no colleague reaches a row.

Whatever their role; by reading, changing, deleting, or by adding a row in the other's
name. The person's own reach is the counterpart, and sharing the run moves the border.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Connection, Executable, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.server_bootstrap import Urls
from tests.conftest import connected, copied
from tests.db.rows import TABLES, Rows
from tests.db.test_isolation import BROKEN, reached, settle
from tests.seeds import ACME, ANA

OF_THE_RUN = ("runs", "run_steps", "outputs", "feedback", "approvals")
OF_THE_CHAT = ("conversations", "messages", "dialogs", "deliveries", "routing_labels")
WORDS = (*OF_THE_RUN, *OF_THE_CHAT)
ROLES = ("owner", "admin", "member", "viewer")
VERBS = ("SELECT", "UPDATE", "DELETE", "INSERT")
CHANGED = {"title", "payload", "status", "comment", "content", "text", "step"}
"""A column of each table that people's calls change."""
SHARE = "UPDATE runs SET private_user_id = NULL, private_chat_id = NULL"


@dataclass(frozen=True)
class Filled:
    """ANA's private chat with a run of hers, and a colleague of every role."""

    urls: Urls
    keys: dict[str, UUID]
    drafts: dict[str, dict[str, Any]]
    """Table -> one more row of hers, not inserted."""
    colleagues: dict[str, UUID]


def hers(connection: Connection) -> tuple[dict[str, UUID], dict[str, Any]]:
    rows = Rows(connection, ACME, ANA)
    run = {"conversation_id": rows.keys("conversations")["id"]}
    tied = {
        "runs": run,
        "deliveries": run,
        "approvals": {"run_id": None},
        "routing_labels": {"message_id": None, "run_id": None},
    }

    def draft(name: str) -> dict[str, Any]:
        values = rows.draft(name) | tied.get(name, {})
        for column, parent in (("run_id", "runs"), ("message_id", "messages")):
            if column in values:
                values[column] = keys[parent]
        return values

    keys = {"conversations": run["conversation_id"]}
    for name in ("messages", "runs", *WORDS):
        if name not in keys:
            table = TABLES[name]
            added = insert(table).values(draft(name)).returning(table.c.id)
            keys[name] = connection.execute(added).scalar_one()
            rows.use(name, keys[name])
    return keys, {name: draft(name) for name in WORDS}


def colleague(connection: Connection, role: str) -> UUID:
    users, members = TABLES["users"], TABLES["workspace_members"]
    person: UUID = connection.execute(
        insert(users).values(full_name=role).returning(users.c.id)
    ).scalar_one()
    connection.execute(
        insert(members).values(workspace_id=ACME, user_id=person, role=role)
    )
    return person


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(server: Urls, template: Urls) -> AsyncIterator[Filled]:
    async with copied(server, template) as urls, connected(urls.owner) as owner:
        async with owner.begin() as connection:
            keys, drafts = await connection.run_sync(hers)
            made = {role: await connection.run_sync(colleague, role) for role in ROLES}
        yield Filled(urls, keys, drafts, made)


@pytest.fixture
async def app(filled: Filled) -> AsyncIterator[AsyncConnection]:
    """The app's connection; what it does is undone."""
    async with connected(filled.urls.app) as engine, engine.connect() as connection:
        yield connection


def statement(filled: Filled, name: str, verb: str) -> Executable:
    """Do ``verb`` to her row."""
    table = TABLES[name]
    mine = table.c.id == filled.keys[name]
    if verb == "INSERT":
        return insert(table).inline().values(filled.drafts[name])
    if verb == "SELECT":
        return select(table.c.id).where(mine)
    if verb == "DELETE":
        return table.delete().where(mine)
    column = next(c for c in table.c if c.name in CHANGED)
    return table.update().where(mine).values({column: column})


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", WORDS)
async def test_a_colleague_of_any_role_reaches_no_row_of_hers(
    app: AsyncConnection, filled: Filled, name: str, role: str, verb: str
) -> None:
    await settle(app, ACME, filled.colleagues[role])
    assert await reached(app, statement(filled, name, verb)) in {0, None}


@pytest.mark.parametrize("name", WORDS)
async def test_she_reads_her_own_adds_to_it_and_changes_it(
    app: AsyncConnection, filled: Filled, name: str
) -> None:
    await settle(app, ACME, ANA)
    assert await reached(app, statement(filled, name, "SELECT")) == 1
    assert await reached(app, statement(filled, name, "INSERT")) in {1, BROKEN}
    changed = await reached(app, statement(filled, name, "UPDATE"))
    assert changed == (None if name == "outputs" else 1)


@pytest.mark.parametrize("role", ROLES)
async def test_a_shared_run_is_read_by_all_and_what_was_said_by_nobody(
    app: AsyncConnection, filled: Filled, role: str
) -> None:
    await settle(app, ACME, ANA)
    assert await reached(app, text(SHARE)) == 1
    await settle(app, ACME, filled.colleagues[role])
    for name in OF_THE_RUN:
        assert await reached(app, statement(filled, name, "SELECT")) == 1
    for name in OF_THE_CHAT:
        assert await reached(app, statement(filled, name, "SELECT")) == 0


@pytest.mark.parametrize("role", ROLES)
async def test_no_count_of_a_private_run_is_in_a_view(
    app: AsyncConnection, filled: Filled, role: str
) -> None:
    views = ("ai_model_update_logs", "skill_stats", "autopilot_weekly_reports")
    await settle(app, ACME, filled.colleagues[role])
    for view in views:
        assert await reached(app, text(f"SELECT * FROM {view}")) == 0  # noqa: S608


async def test_nobody_gives_a_run_of_theirs_to_another(
    app: AsyncConnection, filled: Filled
) -> None:
    await settle(app, ACME, filled.colleagues["owner"])
    mine = filled.drafts["runs"] | {"conversation_id": None, "number": 8}
    assert await reached(app, insert(TABLES["runs"]).inline().values(mine)) == 1
    given = text(f"UPDATE runs SET private_user_id = '{ANA}'")  # noqa: S608
    assert await reached(app, given) is None
