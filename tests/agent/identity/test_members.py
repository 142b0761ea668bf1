"""Who may do what in a workspace, and who may change that."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from agent.ctx import Caller, Role
from agent.errors import BadInput, Conflict, Forbidden, NeedsApproval, NotFound
from agent.gate import invoke
from agent.identity.account_schemas import RoleName
from agent.identity.member_operations import (
    SetRole,
    leave,
    list_members,
    remove_member,
    set_role,
)
from agent.operation import Operation, P, R
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

ZOE = UUID("00000000-0000-7000-8000-0000000020e0")

ADD = """
    WITH somebody AS (INSERT INTO users (id, full_name) VALUES (:id, :name)
        ON CONFLICT (id) DO NOTHING)
    INSERT INTO workspace_members (workspace_id, user_id, role, display_name)
    VALUES (:workspace, :id, :role, :name)
"""


async def add(world: World, user_id: UUID, name: str, role: str) -> Caller:
    values = {"id": user_id, "name": name, "role": role, "workspace": ACME}
    await run(world.owner, ADD, **values)
    return Caller(ACME, user_id, Role[role.upper()], channel="telegram")


async def role_of(world: World, user_id: UUID, workspace: UUID = ACME) -> str | None:
    query = """SELECT role FROM workspace_members
               WHERE user_id = :u AND workspace_id = :w"""
    rows = await run(world.owner, query, u=user_id, w=workspace)
    return rows[0][0] if rows else None


async def approved(
    world: World, op: Operation[P, R], caller: Caller, **raw: object
) -> R:
    """Call, let the asker say yes, and call again."""
    with pytest.raises(NeedsApproval) as asked:
        await world.call(op, caller, **raw)
    query = """
        INSERT INTO approvals (workspace_id, subject_type, subject_id, request,
            required_role, params_hash, requested_by_id, status, decided_by_id,
            decided_at)
        VALUES (:w, 'operation', uuidv7(), '{}', 'member', :hash, :me, 'approved', :me,
            now())
        RETURNING id
    """
    wanted = bytes.fromhex(asked.value.params_hash)
    values = {"w": caller.workspace_id, "me": caller.user_id, "hash": wanted}
    press = await one(world.owner, query, **values)
    return await world.call(op, replace(caller, approval_id=press), **raw)


async def audited(world: World, action: str) -> list[Mapping[str, object]]:
    query = """SELECT before, after, actor_id FROM events WHERE type = :t
               ORDER BY id"""
    return [dict(row._mapping) for row in await run(world.owner, query, t=action)]


async def test_members_are_listed_by_role_and_name(world: World) -> None:
    await add(world, ZOE, "Zoe", "viewer")
    found = await world.call(list_members, AS_BOB)
    assert [(line.name, line.role, line.is_me) for line in found.lines] == [
        ("Ana", "owner", False),
        ("Bob", "member", True),
        ("Zoe", "viewer", False),
    ]
    assert (found.workspace, found.may_change) == ("Acme", False)


@pytest.mark.parametrize(
    ("typed", "name", "role"),
    [
        ({"name": "Ana", "standing": "viewer"}, "Ana", "viewer"),
        ({"name": "Ana", "standing": "Maria VIEWER"}, "Ana Maria", "viewer"),
        ({"name": "Ana", "standing": "Maria to admin"}, "Ana Maria", "admin"),
        ({"name": "Bob", "standing": "as an owner"}, "Bob", "owner"),
    ],
)
def test_a_role_is_read_from_the_end_of_what_was_typed(
    typed: dict[str, str], name: str, role: str
) -> None:
    assert SetRole.model_validate(typed) == SetRole(name=name, standing=RoleName(role))


async def test_a_change_of_role_counts_from_the_next_call_and_is_on_record(
    world: World,
) -> None:
    done = await world.call(set_role, AS_ANA, name="bob", standing="viewer")
    assert (done.name, done.before, done.role) == ("Bob", "member", "viewer")
    assert await role_of(world, BOB) == "viewer"
    [line] = await audited(world, "identity.set_role")
    assert line == {
        "before": {"role": "member"},
        "after": {"role": "viewer"},
        "actor_id": ANA,
    }


GOVERNING = {
    # (who, whose, into what) -> whether they may
    ("admin", "owner", "member"): False,
    ("admin", "owner", "owner"): False,
    ("admin", "admin", "member"): True,
    ("admin", "member", "owner"): False,
    ("admin", "member", "admin"): True,
    ("admin", "viewer", "member"): True,
    ("member", "viewer", "member"): False,
    ("viewer", "viewer", "owner"): False,
    ("owner", "admin", "owner"): True,
    ("owner", "owner", "viewer"): True,
}


@pytest.mark.parametrize(("case", "may"), GOVERNING.items(), ids=str)
async def test_who_may_give_whom_which_role(
    world: World, case: tuple[str, str, str], *, may: bool
) -> None:
    mine, theirs, wanted = case
    caller = await add(world, ZOE, "Zoe", mine)
    await add(world, EVE, "Eve", theirs)
    if may:
        await world.call(set_role, caller, name="Eve", standing=wanted)
    else:
        with pytest.raises(Forbidden):
            await world.call(set_role, caller, name="Eve", standing=wanted)
    assert await role_of(world, EVE) == (wanted if may else theirs)


async def test_an_admin_s_reach_for_an_owner_is_on_record(world: World) -> None:
    zoe = await add(world, ZOE, "Zoe", "admin")
    with pytest.raises(Forbidden, match="Only an owner"):
        await world.call(set_role, zoe, name="Ana", standing="viewer")
    with pytest.raises(Forbidden, match="higher role"):
        await world.call(set_role, zoe, name="Bob", standing="owner")
    tried = await audited(world, "identity.refused")
    assert [line["after"] for line in tried] == [
        {"refused": "viewer"},
        {"refused": "owner"},
    ]
    assert {line["actor_id"] for line in tried} == {ZOE}


async def test_the_last_owner_can_neither_be_demoted_nor_leave(world: World) -> None:
    with pytest.raises(Conflict, match="needs an owner"):
        await world.call(set_role, AS_ANA, name="Ana", standing="admin")
    with pytest.raises(Conflict, match="needs an owner"):
        await approved(world, leave, AS_ANA)
    assert await role_of(world, ANA) == "owner"


async def test_of_two_owners_who_leave_at_once_one_stays(world: World) -> None:
    zoe = await add(world, ZOE, "Zoe", "owner")
    come = asyncio.gather(
        approved(world, leave, AS_ANA),
        approved(world, leave, zoe),
        return_exceptions=True,
    )
    ends = await asyncio.wait_for(come, 20)
    assert sum(isinstance(end, Conflict) for end in ends) == 1, ends
    owners = "SELECT count(*) FROM workspace_members WHERE workspace_id = :w"
    assert await one(world.owner, f"{owners} AND role = 'owner'", w=ACME) == 1


async def test_of_two_owners_who_demote_each_other_one_stays(world: World) -> None:
    zoe = await add(world, ZOE, "Zoe", "owner")
    ends = await asyncio.gather(
        world.call(set_role, AS_ANA, name="Zoe", standing="member"),
        world.call(set_role, zoe, name="Ana", standing="member"),
        return_exceptions=True,
    )
    assert sum(isinstance(end, Conflict) for end in ends) == 1, ends


TOKEN = """
    INSERT INTO access_tokens (user_id, workspace_id, kind, prefix, token_hash,
        expires_at)
    VALUES (:u, :w, :kind, 'p', :hash, now() + interval '1 day')
"""


async def test_who_is_removed_loses_sessions_and_keys_of_that_workspace_at_once(
    world: World,
) -> None:
    await run(world.owner, ADD, id=BOB, name="Bob", role="viewer", workspace=RIVAL)
    for at, (kind, workspace) in enumerate(
        [("session", ACME), ("api_key", ACME), ("api_key", RIVAL)]
    ):
        values = {"u": BOB, "w": workspace, "kind": kind, "hash": bytes([at])}
        await run(world.owner, TOKEN, **values)
    done = await approved(world, remove_member, AS_ANA, name="Bob")
    assert (done.name, done.workspace) == ("Bob", "Acme")
    assert await role_of(world, BOB) is None
    assert await role_of(world, BOB, RIVAL) == "viewer"
    live = "SELECT workspace_id, kind FROM access_tokens WHERE revoked_at IS NULL"
    assert [tuple(row) for row in await run(world.owner, live)] == [(RIVAL, "api_key")]
    [line] = await audited(world, "identity.remove_member")
    assert line["before"] == {"name": "Bob", "role": "member"}


async def test_removing_asks_once_and_one_yes_is_for_one_person(world: World) -> None:
    await add(world, ZOE, "Zoe", "viewer")
    with pytest.raises(NeedsApproval) as asked:
        await world.call(remove_member, AS_ANA, name="Bob")
    assert asked.value.operation == "identity.remove_member"
    assert asked.value.params == {"name": "Bob"}
    assert await role_of(world, BOB) == "member"


async def test_an_admin_removes_no_owner_and_nobody_removes_themself(
    world: World,
) -> None:
    zoe = await add(world, ZOE, "Zoe", "admin")
    with pytest.raises(Forbidden, match="Only an owner"):
        await approved(world, remove_member, zoe, name="Ana")
    with pytest.raises(BadInput, match="That is you"):
        await approved(world, remove_member, zoe, name="Zoe")
    assert await role_of(world, ANA) == "owner"


async def test_names_that_fit_nobody_or_several_are_told(world: World) -> None:
    await add(world, ZOE, "Bobby", "viewer")
    with pytest.raises(NotFound, match='called "Kim"') as nobody:
        await world.call(set_role, AS_ANA, name="Kim", standing="viewer")
    assert "Bob" in nobody.value.hint
    with pytest.raises(BadInput, match="Several people"):
        await world.call(set_role, AS_ANA, name="bo", standing="viewer")
    done = await world.call(set_role, AS_ANA, name="Bob", standing="viewer")
    assert done.name == "Bob"


async def test_somebody_of_another_workspace_is_nobody_here(world: World) -> None:
    query = "SELECT id FROM workspace_members WHERE user_id = :eve"
    eves = await one(world.owner, query, eve=EVE)
    with pytest.raises(NotFound):
        await world.call(set_role, AS_ANA, name=str(eves), standing="viewer")
    assert await role_of(world, EVE, RIVAL) == "owner"


@pytest.mark.parametrize("op", [set_role, remove_member], ids=lambda op: op.name)
async def test_a_viewer_and_a_member_change_nobody(
    world: World, op: Operation[P, R]
) -> None:
    for role in ("viewer", "member"):
        caller = replace(AS_BOB, role=Role[role.upper()])
        async with world.ctx(caller) as ctx:
            with pytest.raises(Forbidden, match=f"you are a {role}"):
                await invoke(op, ctx, {"name": "Ana", "standing": "viewer"})
