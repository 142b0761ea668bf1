"""Every operation, by REST and MCP, in every role, with another workspace's things.

Generic over the catalogue: an operation that is added is tried without a line here. The
other workspace has a row of every table, with a word in every text that its own people
alone know; ids, names and numbers of those rows are what is asked with.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Connection, String, text
from sqlalchemy.exc import DBAPIError

from agent.ctx import Caller, Role
from agent.operation import Effect, Surface
from agent.registry import AnyOperation, on
from bot.surfaces import mcp_tools
from db.server_bootstrap import Urls
from tests.bot.surfaces.conftest import Api, whole
from tests.conftest import connected, copied
from tests.db.asking import run
from tests.db.rows import TABLES, Rows
from tests.seeds import ACME, EVE, RIVAL

SECRET, NAME, NUMBER = "zanzibar-7731", "quetzal-9012", 7
"""What only their people know; what their things are called; the number of a run."""
NAMED = ("name", "title", "slug", "label", "prefix")
PEOPLE = {role: UUID(int=0xACE0 + role.value) for role in Role}
TABLE_OF = {
    "run_id": "runs",
    "output_id": "outputs",
    "client_id": "clients",
    "draft_id": "approvals",
    "call_id": "approvals",
    "key_id": "access_tokens",
    "session_id": "access_tokens",
    "message_id": "messages",
    "delivery_id": "deliveries",
    "dialog_id": "dialogs",
    "connection_id": "connections",
}
"""Which rows a parameter names; any other, a client."""
ARRIVE = text("""
    INSERT INTO workspace_members (workspace_id, user_id, role, display_name)
    VALUES (:acme, :user, :role, :role)
    ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role
""")


@dataclass(frozen=True)
class Walls:
    """The surfaces, a key a role, and what the other workspace has."""

    api: Api
    keys: dict[Role, str]
    theirs: dict[str, Any]


def furnish(connection: Connection) -> dict[str, Any]:
    """Fill RIVAL with a row of every table, and give ACME a person a role."""
    rows = Rows.afresh(connection, RIVAL, EVE)
    connection.execute(
        text("INSERT INTO workspaces (id, name, kind) VALUES (:id, 'Acme', 'team')"),
        {"id": ACME},
    )
    keys = {name: rows.keys(name) for name in TABLES}
    connection.execute(text("SET session_replication_role = replica"))
    for name, table in TABLES.items():
        if "workspace_id" in table.c:
            for column in table.c:
                is_said = isinstance(column.type, String) and not column.foreign_keys
                if is_said and "version" not in column.name:
                    _tell(connection, name, column.name)
    connection.execute(text("SET session_replication_role = origin"))
    for role, user in PEOPLE.items():
        values = {"id": user, "name": role.name}
        connection.execute(
            text("INSERT INTO users (id, full_name) VALUES (:id, :name)"), values
        )
        _arrive(connection, role, user)
    return keys


def _tell(connection: Connection, table: str, column: str) -> None:
    # A column that takes only certain words keeps them.
    try:
        with connection.begin_nested():
            connection.execute(
                text(
                    f"UPDATE {table} SET {column} = :said"  # noqa: S608 - our models
                    " WHERE workspace_id = :rival"
                ),
                {"said": NAME if column in NAMED else SECRET, "rival": RIVAL},
            )
    except DBAPIError:
        return


def _arrive(connection: Connection, role: Role, user: UUID) -> None:
    values = {"acme": ACME, "user": user, "role": role.name.lower()}
    connection.execute(ARRIVE, values)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def walls(
    server: Urls, bare_template: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Walls]:
    home = tmp_path_factory.mktemp("walls")
    async with copied(server, bare_template) as urls, whole(urls, Path(home)) as api:
        # Only an administrator may tell immutable rows anew.
        async with connected(urls.admin) as admin, admin.begin() as connection:
            theirs = await connection.run_sync(furnish)
        keys = {}
        for role, user in PEOPLE.items():
            maker = Caller(ACME, user, Role.MEMBER)
            keys[role] = await api.key(maker, name=role.name)
        yield Walls(api, keys, theirs)


def asked(op: AnyOperation, theirs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Parameters that mean something of theirs: by id, by name and by number."""
    example = json.loads(json.dumps(dict(op.example), default=str))
    yield example
    kinds = {
        name: {field.annotation, *get_args(field.annotation)}
        for name, field in op.params.model_fields.items()
    }
    ids = {name: _id(name, theirs) for name, kind in kinds.items() if UUID in kind}
    names = {name: NAME for name, kind in kinds.items() if str in kind}
    numbers = {name: NUMBER for name, kind in kinds.items() if int in kind}
    for foreign in (ids, names, numbers):
        if foreign:
            yield example | foreign


def _id(name: str, theirs: dict[str, Any]) -> str:
    return str(theirs[TABLE_OF.get(name, "clients")]["id"])


async def state(walls: Walls) -> list[Any]:
    """All that the other workspace has, as one line a table."""
    lines = (
        f"SELECT '{name}' AS name, md5(string_agg(t::text, '' ORDER BY t::text))"  # noqa: S608 - our models
        f" FROM {name} t WHERE workspace_id = :w"
        for name, table in TABLES.items()
        if "workspace_id" in table.c
    )
    whole = " UNION ALL ".join(lines)
    return await run(walls.api.world.owner, f"{whole} ORDER BY 1", w=RIVAL)


async def restore(walls: Walls) -> None:
    """Let everybody be in again whom a call sent away, with a key that works."""
    async with walls.api.world.owner.begin() as connection:
        for role, user in PEOPLE.items():
            await connection.run_sync(_arrive, role, user)
        await connection.execute(text("UPDATE access_tokens SET revoked_at = NULL"))


async def by_rest(walls: Walls, op: AnyOperation, key: str, raw: Any) -> str:
    answer = await walls.api.post(op.name, key, raw)
    assert answer.status_code not in {401, 429, 500}, (op.name, raw, answer.text)
    # What was sent may come back in a refusal; nothing else may.
    return answer.text if answer.is_success else ""


async def by_mcp(walls: Walls, op: AnyOperation, key: str, raw: Any) -> str:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": mcp_tools.tool_name(op), "arguments": raw},
    }
    answer = await walls.api.http.post(
        "/mcp",
        json=call,
        headers={
            "authorization": f"Bearer {key}",
            "accept": "application/json, text/event-stream",
        },
    )
    assert answer.status_code == 200, (op.name, raw, answer.text)
    result = answer.json()["result"]
    return "" if result.get("isError") else answer.text


WAYS = {Surface.REST: by_rest, Surface.MCP: by_mcp}
TRIED = [
    *((Surface.REST, role) for role in Role),
    *((Surface.MCP, role) for role in (Role.VIEWER, Role.OWNER)),
]


@pytest.mark.parametrize(
    ("surface", "role"), TRIED, ids=lambda one: str(one.name).lower()
)
@pytest.mark.asyncio(loop_scope="session")
async def test_nothing_of_another_workspace_is_told_or_touched(
    walls: Walls, surface: Surface, role: Role
) -> None:
    before, told = await state(walls), []
    strange = {str(keys["id"]) for keys in walls.theirs.values() if "id" in keys}
    for op in on(surface):
        for raw in asked(op, walls.theirs):
            said = await WAYS[surface](walls, op, walls.keys[role], raw)
            found = {SECRET, *strange - set(map(str, raw.values()))}
            told += [(op.name, raw, said) for one in found if one in said]
        if op.effect is not Effect.READ:
            await restore(walls)
    assert told == []
    assert await state(walls) == before


@pytest.mark.asyncio(loop_scope="session")
async def test_its_own_people_are_told(walls: Walls) -> None:
    """Else nothing would be proven by the silence above."""
    key = await walls.api.key(Caller(RIVAL, EVE, Role.OWNER))
    heard = set()
    for op in on(Surface.REST):
        if op.effect is Effect.READ:
            for raw in asked(op, walls.theirs):
                answer = await walls.api.post(op.name, key, raw)
                if answer.is_success and SECRET in answer.text:
                    heard.add(op.name)
    assert {"runs.list", "runs.show", "identity.members"} <= heard, heard
