"""The gate: who may, with what, after whose press, at whose cost, and what is kept."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import queries
from agent.clients.operations import list_clients, new_client
from agent.ctx import Caller, Ctx, Role, Via
from agent.errors import BadInput, Conflict, Forbidden, NeedsApproval, OverBudget
from agent.gate import invoke, params_hash
from agent.operation import Command, Effect, Operation, Surface, operation
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.fakes.ports import (
    Approvals,
    Diary,
    Files,
    Ids,
    Outbox,
    Purse,
    Skills,
    Still,
)

PRESS = UUID(int=900)
LETTER = {"to": "bob@example.com", "copies": 1}


class Letter(BaseModel):
    to: str
    copies: int = Field(ge=1, description="how many go out")


@operation("mailroom.post", effect=Effect.SEND, role=Role.MEMBER, on={Surface.TOOL})
async def post(_: Ctx, p: Letter) -> Letter:
    """Send a letter."""
    return p


@pytest.fixture
def ctx() -> Ctx:
    """Bob's call; the session is never asked."""
    return Ctx(
        caller=AS_BOB,
        session=AsyncSession(),
        approvals=Approvals(),
        budget=Purse(),
        audit=Diary(),
        clock=Still(),
        events=Outbox(),
        ids=Ids(),
        objects=Files(),
        skills=Skills(),
    )


def as_model(ctx: Ctx) -> Ctx:
    return replace(ctx, caller=replace(ctx.caller, via=Via.MODEL))


async def pressed(ctx: Ctx, op: Operation[Letter, Letter] = post) -> Ctx:
    """``op(LETTER)`` is asked for, a person presses, and the asker comes back."""
    with pytest.raises(NeedsApproval) as asked:
        await invoke(op, ctx, LETTER)
    assert isinstance(ctx.approvals, Approvals)
    ctx.approvals.press(asked.value, PRESS)
    return replace(ctx, caller=replace(ctx.caller, approval_id=PRESS))


def recorded(ctx: Ctx) -> list[str]:
    assert isinstance(ctx.audit, Diary)
    return [action for _, action in ctx.audit.lines]


@pytest.mark.parametrize("needed", Role)
@pytest.mark.parametrize("has", Role)
async def test_a_role_below_the_operation_s_is_refused(
    ctx: Ctx, has: Role, needed: Role
) -> None:
    op = replace(post, role=needed)
    caller = replace(ctx, caller=replace(ctx.caller, role=has))
    if has >= needed:
        assert await invoke(op, caller, LETTER) == Letter(**LETTER)
        return
    with pytest.raises(Forbidden) as refused:
        await invoke(op, caller, LETTER)
    assert f"the {needed.name.lower()} role" in refused.value.message
    assert f"you are a {has.name.lower()}" in refused.value.message
    assert "Ask an owner" in refused.value.hint


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"to": "b", "copies": 0}, "copies: Input should be greater than or equal"),
        ({"to": 7, "copies": 0}, "to: "),
        ({"copies": 1}, "to: Field required."),
        ({}, "to: Field required."),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_first_bad_field(
    ctx: Ctx, raw: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await invoke(post, ctx, raw)
    assert refused.value.message.startswith(said)
    assert recorded(ctx) == []


async def test_a_refused_field_is_explained(ctx: Ctx) -> None:
    with pytest.raises(BadInput) as refused:
        await invoke(post, ctx, {"to": "b", "copies": "many"})
    assert refused.value.hint == "It is: how many go out."


async def test_the_role_is_checked_before_anything_is_read(ctx: Ctx) -> None:
    viewer = replace(ctx, caller=replace(ctx.caller, role=Role.VIEWER))
    with pytest.raises(Forbidden):
        await invoke(post, viewer, {"copies": "nonsense"})


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize(
    ("via", "guarded"),
    [(Via.PERSON, "destroy"), (Via.MODEL, "spend send publish destroy")],
)
async def test_who_asks_decides_which_effects_wait_for_a_press(
    ctx: Ctx, via: Via, guarded: str, effect: Effect
) -> None:
    asks = replace(ctx, caller=replace(ctx.caller, via=via))
    op = replace(post, effect=effect)
    if effect in guarded.split():
        with pytest.raises(NeedsApproval) as asked:
            await invoke(op, asks, LETTER)
        assert asked.value.operation == "mailroom.post"
        await invoke(op, await pressed(asks, op), LETTER)
    else:
        await invoke(op, asks, LETTER)
    assert recorded(ctx) == ([] if effect is Effect.READ else ["mailroom.post"])


async def test_one_press_is_one_call(ctx: Ctx) -> None:
    approved = await pressed(as_model(ctx))
    await invoke(post, approved, LETTER)
    with pytest.raises(NeedsApproval):
        await invoke(post, approved, LETTER)


@pytest.mark.parametrize("change", [{"to": "eve@example.com"}, {"copies": 100}])
async def test_a_press_does_not_cover_a_changed_parameter(
    ctx: Ctx, change: dict[str, object]
) -> None:
    approved = await pressed(as_model(ctx))
    with pytest.raises(NeedsApproval):
        await invoke(post, approved, LETTER | change)
    await invoke(post, approved, LETTER)  # and is not used up by the attempt


async def test_a_press_does_not_cover_another_operation(ctx: Ctx) -> None:
    approved = await pressed(as_model(ctx))
    with pytest.raises(NeedsApproval):
        await invoke(replace(post, name="mailroom.forward"), approved, LETTER)


async def test_a_press_does_not_cover_another_person(ctx: Ctx) -> None:
    approved = await pressed(as_model(ctx))
    ana = replace(approved, caller=replace(approved.caller, user_id=AS_ANA.user_id))
    with pytest.raises(NeedsApproval):
        await invoke(post, ana, LETTER)


async def test_a_press_covers_another_spelling_of_its_call(ctx: Ctx) -> None:
    approved = await pressed(as_model(ctx))
    await invoke(post, approved, {"copies": "1", "to": LETTER["to"]})


@pytest.mark.parametrize("effect", Effect)
async def test_only_what_spends_is_asked_whether_anything_is_left(
    ctx: Ctx, effect: Effect
) -> None:
    purse = Purse(is_empty=True)
    broke = replace(ctx, budget=purse)
    op = replace(post, effect=effect)
    if effect is Effect.SPEND:
        with pytest.raises(OverBudget):
            await invoke(op, broke, LETTER)
        assert purse.asked == [AS_BOB.user_id]
        assert recorded(ctx) == []
    elif effect is not Effect.DESTROY:
        await invoke(op, broke, LETTER)
        assert purse.asked == []


def test_an_operation_is_declared_whole_or_not_at_all() -> None:
    async def silent(_: Ctx, p: Letter) -> Letter:
        return p

    async def loose(_: Ctx, p: Letter):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Say nothing of the result."""
        return p

    declare = operation("a.b", effect=Effect.READ, role=Role.VIEWER, on={Surface.TOOL})
    with pytest.raises(TypeError, match="needs a docstring"):
        declare(silent)
    with pytest.raises(TypeError, match="needs p and its result"):
        declare(loose)
    for on, command in (({Surface.CHAT}, None), ({Surface.TOOL}, Command("a"))):
        with pytest.raises(TypeError, match="CHAT and a command"):
            operation(
                "a.b", effect=Effect.READ, role=Role.VIEWER, on=on, command=command
            )(post.run)


# Over the real tables.

AUDITED = "SELECT type, actor_id, metadata->>'channel' AS channel FROM events"


async def approve(world: World, wanted: str, caller: Caller = AS_BOB) -> UUID:
    """A person's yes to the call with this hash, as a row."""
    approved: UUID = await one(
        world.owner,
        """
        INSERT INTO approvals (workspace_id, subject_type, params_hash, status,
            requested_by_id, decided_by_id, decided_at)
        VALUES (:w, 'operation', :hash, 'approved', :u, :u, now()) RETURNING id
        """,
        w=caller.workspace_id,
        hash=bytes.fromhex(wanted),
        u=caller.user_id,
    )
    return approved


def wanted(caller: Caller = AS_BOB) -> str:
    return params_hash(post.name, caller.user_id, Letter.model_validate(LETTER))


def with_press(press: UUID, caller: Caller = AS_BOB) -> Caller:
    return replace(caller, via=Via.MODEL, approval_id=press)


async def test_of_calls_that_race_for_one_press_one_wins(world: World) -> None:
    model = with_press(await approve(world, wanted()))
    results = await asyncio.gather(
        *(world.call(post, model, **LETTER) for _ in range(6)), return_exceptions=True
    )
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == ["Letter", *["NeedsApproval"] * 5]
    assert len(await run(world.owner, AUDITED)) == 1


async def test_a_press_is_good_in_its_own_workspace_and_time(world: World) -> None:
    press = await approve(world, wanted(AS_EVE))
    with pytest.raises(NeedsApproval):  # Bob's workspace's row, Eve's call
        await world.call(post, with_press(press, AS_EVE), **LETTER)
    late = await approve(world, wanted())
    await run(
        world.owner,
        "UPDATE approvals SET expires_at = now() WHERE id = :id",
        id=late,
    )
    with pytest.raises(NeedsApproval):
        await world.call(post, with_press(late), **LETTER)
    await run(
        world.owner,
        "UPDATE approvals SET status = 'rejected', expires_at = NULL WHERE id = :id",
        id=late,
    )
    with pytest.raises(NeedsApproval):
        await world.call(post, with_press(late), **LETTER)


async def test_what_fails_leaves_no_effect_no_line_and_its_press(world: World) -> None:
    press = await approve(world, wanted())

    async def write_and_fail(ctx: Ctx, p: Letter) -> Letter:
        await new_client.run(ctx, new_client.params(name="Half done"))
        raise Conflict("It failed late.")

    failing = replace(post, run=write_and_fail)
    with pytest.raises(Conflict):
        await world.call(failing, with_press(press), **LETTER)
    assert await run(world.owner, "SELECT * FROM clients") == []
    assert await run(world.owner, AUDITED) == []
    await world.call(post, with_press(press), **LETTER)  # the press is still good


async def test_what_changes_anything_is_recorded_and_a_look_is_not(
    world: World,
) -> None:
    await world.call(new_client, AS_BOB, name="Acme")
    await world.call(list_clients, AS_BOB)
    [line] = await run(world.owner, AUDITED)
    assert tuple(line) == ("clients.new", AS_BOB.user_id, "telegram")
    async with world.tenant(AS_EVE) as session:
        assert await run(session, AUDITED) == []


async def test_a_used_up_budget_stops_the_call_before_it_writes(world: World) -> None:
    async with world.tenant(AS_BOB) as session:
        ids = {"workspace_id": AS_BOB.workspace_id, "user_id": AS_BOB.user_id}
        nothing = Decimal(0)
        await queries.ensure_periods(session, ids, day=nothing, month=nothing)
    spends = replace(new_client, effect=Effect.SPEND)
    with pytest.raises(OverBudget):
        await world.call(spends, AS_BOB, name="Acme")
    assert await run(world.owner, "SELECT * FROM clients") == []
