"""Where others read along, a call tells what they may read; nothing of hers alone."""

from dataclasses import replace
from typing import Any

import pytest

from agent.ctx import ONLY, Caller, Ctx, Origin, Via
from agent.earshot import AskedInPrivate
from agent.errors import AgentError
from agent.gate import invoke
from agent.identity.preferences_operations import show_settings
from agent.memory import conversations
from agent.memory.resume_operations import NothingOpen, resume
from agent.memory.schemas import Dialog
from agent.operation import Effect, Surface
from agent.registry import BY_NAME, CATALOGUE, AnyOperation
from agent.runs.errors import RunNotFound
from tests.agent.world import AS_ANA, AS_BOB, World, asked
from tests.bot.web.console.furnished import OUTPUT, furnish, ident
from tests.db.asking import run
from tests.seeds import ACME, ANA

CANARY = "Zanzibar"
IN_CHAT = {Surface.CHAT, Surface.BUTTON, Surface.TOOL}
READS = [
    op
    for op in CATALOGUE
    if op.effect is Effect.READ and op.on & IN_CHAT and not op.personal
]
TELLING = {
    *("catalog.quality", "catalog.unhappy", "clients.files", "runs.approvals"),
    *("runs.export", "runs.feedback", "runs.outputs", "runs.read", "runs.search"),
    *("runs.search_outputs", "runs.show", "runs.status", "runs.why"),
}
NAMED: dict[str, Any] = {
    "number": 2,
    "run_id": None,
    "output_id": str(ident(OUTPUT, 1)),
    "skill": "copywriting",
    "title": "",
    "format": "docx",
    "text": "for Acme",
}
HERS = f"""
    UPDATE runs SET private_user_id = '{ANA}', user_message = '{CANARY}',
        metadata = jsonb_build_object('reasons', jsonb_build_array('{CANARY}'));
    UPDATE outputs SET title = '{CANARY}', preview = '{CANARY}';
    UPDATE feedback SET comment = '{CANARY}', overall_score = 1;
    UPDATE approvals SET request = request || jsonb_build_object('title', '{CANARY}');
    INSERT INTO assets (workspace_id, private_user_id, kind, name, storage_key, mime,
        bytes, sha256, status)
    VALUES ('{ACME}', '{ANA}', 'other', '{CANARY}.pdf', 'a/1', 'text/plain', 7, '\\x00',
        'ready')
"""  # noqa: S608 - constants of ours


async def group_of(world: World) -> Caller:
    """ANA in a group, where all she ever asked for was asked for in private."""
    await furnish(world)
    for key in world.files.kept:
        world.files.kept[key] = CANARY.encode()
    for statement in HERS.split(";\n"):
        await run(world.owner, statement)
    return await world.settled(AS_ANA, chat="-7", kind="group")


async def answer(world: World, op: AnyOperation, caller: Caller) -> str:
    """All that is told where the call is answered."""
    given = {**op.example, **NAMED}
    raw = {name: given[name] for name in op.params.model_fields if name in given}
    try:
        return str((await world.call(op, caller, **raw)).model_dump_json())
    except AgentError as refused:
        return refused.said


async def telling(world: World, caller: Caller) -> set[str]:
    """The operations that tell of what was asked in private."""
    return {op.name for op in READS if CANARY in await answer(world, op, caller)}


async def test_no_operation_reads_out_in_a_group_what_was_asked_in_private(
    world: World,
) -> None:
    group = await group_of(world)
    assert await telling(world, group) == set()
    assert await telling(world, replace(group, via=Via.MODEL)) == set()
    # What tells it to her alone is known, so that the search above finds something.
    assert await telling(world, await world.settled(AS_ANA)) == TELLING
    assert await telling(world, AS_ANA) == TELLING, "with her key, or on her page"


async def test_what_is_shared_is_told_in_the_group_too(world: World) -> None:
    group = await group_of(world)
    await run(world.owner, "UPDATE runs SET private_user_id = NULL")
    files = {"clients.files"}
    assert await telling(world, group) == TELLING - files


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("runs.show", {"number": 2}),
        ("runs.read", {"output_id": str(ident(OUTPUT, 1))}),
        ("runs.export", {"output_id": str(ident(OUTPUT, 1)), "format": "docx"}),
    ],
)
async def test_what_is_named_there_is_said_to_be_private_and_can_be_had_alone(
    world: World, name: str, raw: dict[str, object]
) -> None:
    group, op = await group_of(world), BY_NAME[name]
    with pytest.raises(AskedInPrivate, match="asked in private") as refused:
        await world.call(op, group, **raw)
    again = refused.value
    assert again.operation == name
    assert raw.items() <= again.params.items()
    said = asked(group, "1")
    alone = replace(said, extra={ONLY: "101"})
    assert CANARY in await _told(world, op, group, alone, again.params)
    bob = replace(group, user_id=AS_BOB.user_id, role=AS_BOB.role)
    with pytest.raises(AgentError, match=r"I know no run|no longer have"):
        await world.call(op, bob, **raw)


async def _told(
    world: World, op: AnyOperation, caller: Caller, origin: Origin, raw: Any
) -> str:
    async with world.ctx(caller, origin) as ctx:
        return str(await invoke(op, ctx, raw))


async def test_what_is_nowhere_is_not_said_to_be_private(world: World) -> None:
    group = await group_of(world)
    with pytest.raises(RunNotFound):
        await world.call(BY_NAME["runs.show"], group, number=77)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("runs.revise_output", {"instruction": "shorter"}),
        ("runs.hand_over", {"skill": "cold-email"}),
        ("runs.review", {"overall": 4}),
        ("runs.report_issue", {"issue": "Too long"}),
    ],
)
async def test_a_private_piece_is_not_worked_on_where_others_read_along(
    world: World, name: str, raw: dict[str, object]
) -> None:
    group = await group_of(world)
    given = {"output_id": ident(OUTPUT, 1), **raw}
    with pytest.raises(AskedInPrivate):
        await world.call(BY_NAME[name], group, **given)


async def test_what_is_whispered_begins_nothing_that_others_read(world: World) -> None:
    group = await group_of(world)
    whispered = replace(asked(group, "1"), extra={ONLY: "101"})
    for name, raw in (
        ("runs.revise_output", {"instruction": "shorter"}),
        ("runs.hand_over", {"skill": "cold-email"}),
    ):
        given = {"output_id": ident(OUTPUT, 1), **raw}
        with pytest.raises(AskedInPrivate):
            await _told(world, BY_NAME[name], group, whispered, given)


async def test_a_form_begun_in_private_is_not_gone_on_with_in_a_group(
    world: World,
) -> None:
    alone = await world.settled(AS_ANA)
    group = await world.settled(AS_ANA, chat="-7", kind="group")
    with pytest.raises(NothingOpen):
        await world.call(resume, group)
    form = Dialog(
        id=ident(9, 1),
        kind="form",
        step="x",
        answers={"_form": CANARY},
        subject_type="operation",
    )
    async with world.ctx(alone) as ctx:
        await conversations.ask(ctx.session, alone, form, minutes=5)
    with pytest.raises(AskedInPrivate):
        await world.call(resume, group)
    assert (await world.call(resume, alone)).form == CANARY


async def test_who_reads_a_run_counts_and_not_where_it_was_begun(world: World) -> None:
    await group_of(world)
    alone = await world.settled(AS_ANA)

    async def show(*, is_overheard: bool) -> str:
        async with world.ctx(alone) as ctx:
            heard = replace(ctx, is_overheard=is_overheard)
            return str(await invoke(BY_NAME["runs.show"], heard, {"number": 2}))

    assert CANARY in await show(is_overheard=False)
    with pytest.raises(AskedInPrivate):
        await show(is_overheard=True)


@pytest.mark.parametrize("number", [2, 77, 0])
async def test_after_the_call_she_sees_her_own_again(world: World, number: int) -> None:
    group = await group_of(world)
    async with world.ctx(group) as ctx:
        for name in ("runs.outputs", "runs.show"):
            raw = {"number": number} if name == "runs.show" else {}
            assert CANARY not in await _tried(ctx, BY_NAME[name], raw)
        assert CANARY in str(await run(ctx.session, "SELECT user_message FROM runs"))
        await invoke(show_settings, ctx, {})


async def _tried(ctx: Ctx, op: AnyOperation, raw: dict[str, Any]) -> str:
    try:
        return str(await invoke(op, ctx, raw))
    except AgentError as refused:
        return refused.said
