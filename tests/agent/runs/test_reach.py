"""Who may stop a run or start it again: whoever can read its answer from here.

Others do not even learn that it is there, unless it was shared: then they see it, and
its chat stays closed to them.
"""

from uuid import UUID

import pytest

from agent.ctx import Caller
from agent.gate import invoke
from agent.operation import Operation
from agent.runs.errors import ElsewhereRun, RunNotFound
from agent.runs.operations import cancel_run, retry_run, start_run
from agent.runs.schemas import Ended, OneRun
from agent.runs.sharing_operations import share_run
from tests.agent.world import AS_ANA, AS_BOB, World, asked
from tests.db.asking import one, run

ENDS: tuple[tuple[Operation[OneRun, Ended], str], ...] = (
    (cancel_run, "running"),
    (retry_run, "failed"),
)


async def started(world: World, caller: Caller, status: str) -> UUID:
    """A run in the caller's chat that stands at ``status``."""
    async with world.ctx(caller, asked(caller, "inbox:1")) as ctx:
        made = await invoke(start_run, ctx, {"brief": "write"})
    await run(world.owner, "UPDATE runs SET status = :status", status=status)
    return made.run_id


@pytest.mark.parametrize(("op", "status"), ENDS)
async def test_a_colleague_s_private_run_is_not_mine_to_move(
    world: World, op: Operation[OneRun, Ended], status: str
) -> None:
    ana, bob = await world.settled(AS_ANA), await world.settled(AS_BOB, "2")
    await started(world, ana, status)
    with pytest.raises(RunNotFound, match="no run #1"):
        await world.call(op, bob, number=1)
    assert await one(world.owner, "SELECT status FROM runs") == status
    await world.call(op, ana, number=1)


@pytest.mark.parametrize(("op", "status"), ENDS)
async def test_a_group_s_run_is_moved_in_that_group(
    world: World, op: Operation[OneRun, Ended], status: str
) -> None:
    group = await world.settled(AS_ANA, "-7", "group")
    await started(world, group, status)
    with pytest.raises(RunNotFound):
        await world.call(op, await world.settled(AS_ANA), number=1)
    await world.call(op, await world.settled(AS_BOB, "-7", "group"), number=1)


@pytest.mark.parametrize(("op", "status"), ENDS)
async def test_a_shared_run_is_seen_by_all_and_moved_where_it_was_asked(
    world: World, op: Operation[OneRun, Ended], status: str
) -> None:
    """Its answer would be written with my rights: hers lost, and kept as told to me."""
    ana, bob = await world.settled(AS_ANA), await world.settled(AS_BOB, "2")
    await started(world, ana, status)
    await world.call(share_run, ana, number=1)
    with pytest.raises(ElsewhereRun):
        await world.call(op, bob, number=1)
    assert await one(world.owner, "SELECT status FROM runs") == status
    await world.call(op, ana, number=1)


async def test_what_is_started_again_is_answered_where_it_was_asked(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    await started(world, ana, "failed")
    elsewhere = await world.settled(AS_ANA, "another chat of hers")
    await world.call(retry_run, elsewhere, number=1)
    [again] = [data for key, (_, data) in world.outbox.sent.items() if ":2" in key]
    assert again["conversation_id"] == str(ana.conversation_id)
