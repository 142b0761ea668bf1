"""A yes to one call: asked once, given once, used once, by the right person."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from pydantic import Field

from agent.ctx import Caller, Ctx, Role, Via
from agent.errors import Forbidden, NeedsApproval
from agent.gate import invoke
from agent.operation import Effect, Surface, operation
from agent.registry import AnyOperation
from agent.runs import consents
from agent.runs.consent_operations import approve_call, change_call, refuse_call
from agent.runs.consents import CallClosed, CallNotFound
from agent.shapes import Frozen
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run


class Target(Frozen):
    """What is to go."""

    name: str = Field(description="Its name")


class Gone(Frozen):
    """It is gone."""

    name: str = Field(description="Its name")


@operation("runs.wipe", effect=Effect.DESTROY, role=Role.MEMBER, on={Surface.BUTTON})
async def wipe(ctx: Ctx, p: Target) -> Gone:
    """Wipe something out."""
    ctx.caller.user_id  # noqa: B018 - the caller is known
    return Gone(name=p.name)


async def ask(world: World, caller: Caller, name: str = "Acme") -> UUID:
    """Ask for a call that needs a yes; the card's id."""
    async with world.ctx(caller) as ctx:
        with pytest.raises(NeedsApproval) as held:
            await invoke(wipe, ctx, {"name": name})
        return await consents.ask(ctx, held.value)


async def wiped(world: World, caller: Caller, call: UUID, name: str = "Acme") -> Gone:
    """The call once more, with the card's id."""
    return await world.call(wipe, replace(caller, approval_id=call), name=name)


async def test_an_approved_call_is_made_once_with_those_parameters(
    world: World,
) -> None:
    call = await ask(world, AS_BOB)
    with pytest.raises(NeedsApproval):
        await wiped(world, AS_BOB, call)
    approved = await world.call(approve_call, AS_BOB, call_id=call)
    assert (approved.operation, approved.params) == ("runs.wipe", {"name": "Acme"})
    with pytest.raises(NeedsApproval):
        await wiped(world, AS_BOB, call, name="Globex")
    assert await wiped(world, AS_BOB, call) == Gone(name="Acme")
    with pytest.raises(NeedsApproval):
        await wiped(world, AS_BOB, call)


async def test_asked_again_while_it_waits_it_is_the_same_card(world: World) -> None:
    assert await ask(world, AS_BOB) == await ask(world, AS_BOB)
    assert await ask(world, AS_BOB) != await ask(world, AS_BOB, "Globex")
    assert await ask(world, AS_BOB) != await ask(world, AS_ANA)


async def test_a_card_past_its_time_is_closed_and_asked_for_anew(world: World) -> None:
    call = await ask(world, AS_BOB)
    await run(world.owner, "UPDATE approvals SET expires_at = now()")
    with pytest.raises(CallClosed, match="too old"):
        await world.call(approve_call, AS_BOB, call_id=call)
    anew = await ask(world, AS_BOB)
    assert anew != call
    await world.call(approve_call, AS_BOB, call_id=anew)


async def test_a_yes_past_its_time_allows_nothing(world: World) -> None:
    call = await ask(world, AS_BOB)
    await world.call(approve_call, AS_BOB, call_id=call)
    await run(world.owner, "UPDATE approvals SET expires_at = now()")
    with pytest.raises(NeedsApproval):
        await wiped(world, AS_BOB, call)


async def test_what_is_turned_down_stays_so(world: World) -> None:
    call = await ask(world, AS_BOB)
    await world.call(refuse_call, AS_BOB, call_id=call)
    with pytest.raises(CallClosed, match="already turned down by you"):
        await world.call(approve_call, AS_BOB, call_id=call)
    with pytest.raises(NeedsApproval):
        await wiped(world, AS_BOB, call)


@pytest.mark.parametrize("other", [AS_ANA, AS_EVE], ids=["owner", "rival"])
async def test_another_person_s_card_is_not_there_for_anybody_else(
    world: World, other: Caller
) -> None:
    call = await ask(world, AS_BOB)
    presses: tuple[AnyOperation, ...] = (approve_call, refuse_call, change_call)
    for press in presses:
        with pytest.raises(CallNotFound):
            await world.call(press, other, call_id=call)
    assert await one(world.owner, "SELECT status FROM approvals") == "pending"


@pytest.mark.parametrize(
    "caller",
    [
        replace(AS_BOB, via=Via.MODEL),
        replace(AS_BOB, via=Via.OPERATOR),
        replace(AS_BOB, scopes=frozenset({"*"})),
    ],
    ids=["model", "operator", "key"],
)
async def test_only_a_person_s_press_counts(world: World, caller: Caller) -> None:
    call = await ask(world, AS_BOB)
    with pytest.raises(Forbidden, match="Only a person"):
        await world.call(approve_call, caller, call_id=call)


async def test_of_two_presses_at_once_one_wins_and_the_other_is_told(
    world: World,
) -> None:
    call = await ask(world, AS_BOB)
    came = await asyncio.gather(
        world.call(approve_call, AS_BOB, call_id=call),
        world.call(refuse_call, AS_BOB, call_id=call),
        return_exceptions=True,
    )
    lost = [each for each in came if isinstance(each, CallClosed)]
    assert len(lost) == 1
    assert "by you" in lost[0].said


async def test_a_decision_is_in_the_audit_with_who_and_what(world: World) -> None:
    call = await ask(world, AS_BOB)
    await world.call(approve_call, AS_BOB, call_id=call)
    [line] = await run(
        world.owner,
        "SELECT actor_id, type, after FROM events WHERE stream_id = :id",
        id=str(call),
    )
    assert (line.actor_id, line.type) == (AS_BOB.user_id, "runs.approve_call")
    assert line.after == {"operation": "runs.wipe", "status": "approved"}


async def test_a_role_taken_away_meanwhile_is_what_counts(world: World) -> None:
    call = await ask(world, AS_BOB)
    await world.call(approve_call, AS_BOB, call_id=call)
    with pytest.raises(Forbidden):
        await wiped(world, replace(AS_BOB, role=Role.VIEWER), call)
    assert await wiped(world, AS_BOB, call) == Gone(name="Acme")
