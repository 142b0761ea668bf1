"""The assistant has its asker's rights, and no more: every tool, role by role."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from agent.ctx import Caller, Role
from agent.operation import Effect, Surface
from agent.registry import AnyOperation, on
from bot.surfaces import tools
from bot.tool_calls import UNKNOWN
from db.server_bootstrap import Urls
from tests.scenarios.house import Outside
from tests.scenarios.lab import KEY, Lab, open_lab

TOOLS = list(on(Surface.TOOL))
SECRET = "Globex secret"
THERE = {name: UUID(int=n) for n, name in enumerate(["client_id", "run_id"], 801)}
THERE["output_id"] = UUID(int=803)


@pytest_asyncio.fixture(loop_scope="session")
async def lab(urls: Urls, outside: Outside, tmp_path: Path) -> AsyncIterator[Lab]:
    """An installation with a rival whose rows must stay closed."""
    async with open_lab(urls, tmp_path / "home", outside) as lab:
        yield lab


async def rival(lab: Lab) -> None:
    """Another workspace, with a client, a run and a piece."""
    eve = await lab.house.enrol()
    home = eve.workspace_id
    await lab.house.rows(
        "INSERT INTO clients (id, workspace_id, name, slug, storage_prefix)"
        " VALUES (:id, :home, :name, 'globex', 'globex')",
        id=THERE["client_id"],
        home=home,
        name=SECRET,
    )
    await lab.house.rows(
        "INSERT INTO runs (id, workspace_id, number, kind, status, idempotency_key,"
        " user_id, user_message) VALUES (:id, :home, 77, 'skill', 'running', 'r', :me,"
        " :said)",
        id=THERE["run_id"],
        home=home,
        me=eve.user_id,
        said=SECRET,
    )
    await lab.house.rows(
        "INSERT INTO outputs (id, workspace_id, run_id, title, storage_key,"
        " size_bytes, sha256) VALUES (:id, :home, :run, :said, 'k', 1,"
        " decode(repeat('00', 32), 'hex'))",
        id=THERE["output_id"],
        home=home,
        run=THERE["run_id"],
        said=SECRET,
    )


async def asking(lab: Lab, role: str) -> tuple[Caller, dict[str, Any]]:
    """Somebody who has asked, and stands so by now; the data of their run."""
    owner = await lab.member("owner")
    if role == "owner":
        return owner, await lab.asks(owner, "go on")
    asker = await lab.member("member", owner.workspace_id)
    data = await lab.asks(asker, "go on")
    await lab.house.rows(
        "UPDATE workspace_members SET role = :role WHERE user_id = :id",
        role=role,
        id=asker.user_id,
    )
    return replace(asker, role=Role[role.upper()]), data


async def calls(
    lab: Lab,
    data: dict[str, Any],
    asked: Sequence[tuple[AnyOperation, dict[str, Any]]],
) -> list[tuple[str, str, bool]]:
    """Have the model call all these at once; what each was told."""
    run_id = UUID(data["run_id"])
    uses = [
        {"id": f"toolu_{at}", "name": tools.wire_name(op.name), "input": given}
        for at, (op, given) in enumerate(asked)
    ]
    output = {"text": "", "uses": uses, "draft_key": "", "stop": "tool_use"}
    await lab.house.rows(
        "WITH going AS (UPDATE runs SET status = 'running' WHERE id = :id)"
        " INSERT INTO run_steps (workspace_id, run_id, position, name, kind, status,"
        " output) VALUES (:home, :id, 1, 'think-1', 'llm', 'completed',"
        " CAST(:output AS jsonb))",
        id=run_id,
        home=UUID(data["workspace_id"]),
        output=json.dumps(output),
    )
    for place in range(1, len(uses) + 1):
        # What waits for a yes is left waiting: nobody is there.
        await lab.work.call(KEY, data, 1, place)
    rows = await lab.house.rows(
        "SELECT output FROM run_steps WHERE run_id = :id AND kind = 'tool'"
        " ORDER BY position",
        id=run_id,
    )
    said = [row.output for row in rows]
    return [
        (op.name, told.get("content", ""), told.get("is_error", False))
        for (op, _), told in zip(asked, said, strict=True)
    ]


def typical(op: AnyOperation) -> dict[str, Any]:
    """A call of an operation that its shape takes."""
    given: dict[str, Any] = json.loads(json.dumps(dict(op.example), default=str))
    return given


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
async def test_what_is_above_the_asker_s_role_is_no_tool(lab: Lab, role: str) -> None:
    asker, data = await asking(lab, role)
    above = [(op, typical(op)) for op in TOOLS if op.role > Role[role.upper()]]
    before = await lab.picture()
    for name, said, is_error in await calls(lab, data, above):
        assert (said, is_error) == (UNKNOWN, True), name
    assert await lab.deeds() == []
    assert await lab.picture() == before
    offered = tools.offered(asker, tools.Spoken(" ".join(op.name for op in TOOLS)), 99)
    assert all(op.role <= Role[role.upper()] for op in offered)


async def test_a_viewer_s_assistant_changes_nothing_that_is_not_the_viewer_s(
    lab: Lab,
) -> None:
    _, data = await asking(lab, "viewer")
    asked = [(op, typical(op)) for op in TOOLS]
    before = await lab.picture()
    await calls(lab, data, asked)
    after = await lab.picture()
    own = {"users", "user_channels"}  # their language, their hours
    assert {table for table in before if before[table] != after[table]} <= own
    done = {row.type for row in await lab.deeds()}
    allowed = {op.name for op in TOOLS if op.role is Role.VIEWER}
    assert done <= allowed
    held = [op for op in TOOLS if op.effect not in {Effect.READ, Effect.WRITE}]
    assert not done & {op.name for op in held}


async def test_ids_of_another_workspace_give_nothing(lab: Lab) -> None:
    await rival(lab)
    _, data = await asking(lab, "owner")
    asked = []
    for op in TOOLS:
        foreign = {
            field: str(ident)
            for field, ident in THERE.items()
            if field in op.params.model_fields
        }
        if foreign:
            asked.append((op, {**typical(op), **foreign}))
        if "number" in op.params.model_fields:
            asked.append((op, {**typical(op), "number": 77}))
        if "name" in op.params.model_fields:
            asked.append((op, {**typical(op), "name": SECRET}))
    assert len(asked) >= 10
    before = await lab.house.rows(
        "SELECT r::text FROM runs r WHERE id = :id", id=THERE["run_id"]
    )
    for name, said, _ in await calls(lab, data, asked):
        assert str(THERE["client_id"]) not in said, name
        assert "globex" not in said, name
    assert before == await lab.house.rows(
        "SELECT r::text FROM runs r WHERE id = :id", id=THERE["run_id"]
    )
    mine = "SELECT count(*) FROM clients WHERE id = :id AND name = :name AND"
    there = await lab.house.asks(
        f"{mine} archived_at IS NULL AND version = 0",
        id=THERE["client_id"],
        name=SECRET,
    )
    assert there == 1
