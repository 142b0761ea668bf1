"""Standing instructions: kept as they are said, seen by whom they bind, dropped."""

import asyncio
from dataclasses import replace

import pytest

from agent.catalog import instructions
from agent.catalog.instruction_operations import (
    InstructionNotFound,
    forbid,
    forget_instruction,
    instruct,
    instruct_team,
    list_instructions,
)
from agent.ctx import Role
from agent.errors import BadInput, Forbidden
from agent.identity import preferences
from agent.llm.prompt import Task, build
from bot.surfaces import chat
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run


async def test_what_is_said_in_one_breath_is_several_rules_and_a_language(
    world: World,
) -> None:
    said = await world.call(instruct, AS_ANA, text="never use emojis; answer in Hindi")
    assert [(one.label, one.statement) for one in said.lines] == [
        ("1", "Never use emojis")
    ]
    assert said.language == "Hindi"
    async with world.tenant(AS_ANA) as session:
        assert (await preferences.of(session, AS_ANA.user_id)).locale == "hi"
        held = await instructions.standing(session)
    assert held.lines() == (
        "Never use emojis",
        "Write in Hindi, in Devanagari script, whatever language the request is in",
    )
    [row] = await run(world.owner, "SELECT scope, code, severity, status FROM rules")
    assert tuple(row) == ("user", "U1", "must", "active")
    events = await run(
        world.owner, "SELECT after FROM events WHERE stream_type = 'instruction'"
    )
    assert [row.after for row in events] == [{"statement": "Never use emojis"}]


async def test_a_rule_said_twice_stands_once(world: World) -> None:
    await world.call(instruct, AS_ANA, text="Never use emojis")
    again = await world.call(forbid, AS_ANA, text="use EMOJIS.")
    assert (again.lines, again.known) == ([], ["Never use EMOJIS"])
    assert await one(world.owner, "SELECT count(*) FROM rules") == 1


async def test_one_s_own_rules_bind_oneself_and_the_team_s_everybody(
    world: World,
) -> None:
    await world.call(instruct, AS_ANA, text="Never use emojis")
    await world.call(instruct_team, AS_ANA, text="Never promise a delivery date")
    seen = await world.call(list_instructions, AS_BOB)
    assert seen.mine == []
    assert [(one.label, one.statement) for one in seen.team] == [
        ("T1", "Never promise a delivery date")
    ]
    assert len((await world.call(list_instructions, AS_ANA)).mine) == 1
    empty = await world.call(list_instructions, AS_EVE)
    assert (empty.mine, empty.team) == ([], [])


async def test_only_an_admin_writes_or_drops_the_team_s(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.call(instruct_team, AS_BOB, text="Never use emojis")
    await world.call(instruct_team, AS_ANA, text="Never use emojis")
    with pytest.raises(Forbidden):
        await world.call(forget_instruction, AS_BOB, number="t1")
    gone = await world.call(forget_instruction, AS_ANA, number="t1")
    assert (gone.label, gone.statement) == ("T1", "Never use emojis")
    assert (await world.call(list_instructions, AS_BOB)).team == []


async def test_a_number_is_one_s_own_and_never_given_twice(world: World) -> None:
    await world.call(instruct, AS_ANA, text="Never use emojis; never use hashtags")
    with pytest.raises(InstructionNotFound, match="no instruction 2"):
        await world.call(forget_instruction, AS_BOB, number="2")
    await world.call(forget_instruction, AS_ANA, number="2")
    with pytest.raises(InstructionNotFound):
        await world.call(forget_instruction, AS_ANA, number="2")
    said = await world.call(instruct, AS_ANA, text="Never use links")
    assert said.lines[0].label == "3"


async def test_there_are_so_many_and_no_more_of_some_length(world: World) -> None:
    many = "; ".join(f"never say number{n}" for n in range(instructions.MOST))
    await world.call(instruct, AS_ANA, text=many)
    with pytest.raises(BadInput, match="the most there may be"):
        await world.call(instruct, AS_ANA, text="never use links")
    with pytest.raises(BadInput, match="300 characters"):
        await world.call(instruct, AS_BOB, text="never " + "x" * 300)
    with pytest.raises(BadInput, match="no rule"):
        await world.call(instruct, AS_BOB, text="; ; .")


async def test_two_at_once_are_two_rules(world: World) -> None:
    said = ("never use links", "never use tables", "never use emojis")
    await asyncio.gather(*(world.call(instruct, AS_ANA, text=one) for one in said))
    codes = await run(world.owner, "SELECT code FROM rules ORDER BY code")
    assert [row.code for row in codes] == ["U1", "U2", "U3"]


async def test_a_viewer_gives_no_instructions(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.call(
            instruct, replace(AS_BOB, role=Role.VIEWER), text="never use emojis"
        )


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("never use emojis", "catalog.instruct"),
        ("Always write British English.", "catalog.instruct"),
        ("never use emojis; answer in Hindi", "catalog.instruct"),
        ("from now on, keep it under 200 words", "catalog.instruct"),
        ("my instructions", "catalog.instructions"),
        ("forget rule 2", "catalog.forget_instruction"),
        ("never mind", None),
        ("never again will we write such an ad", None),
        ("write copy that is always on", None),
    ],
)
def test_plain_words_are_heard_as_instructions_or_are_none(
    said: str, name: str | None
) -> None:
    heard = chat.heard(said)
    assert (heard.op.name if heard else None) == name


@pytest.mark.parametrize(
    ("typed", "name", "raw"),
    [
        ("never use emojis", "catalog.forbid", {"text": "use emojis"}),
        ("always sign as Ana", "catalog.instruct", {"text": "sign as Ana"}),
        ("team-rule never rhyme", "catalog.instruct_team", {"text": "never rhyme"}),
        ("forget T1", "catalog.forget_instruction", {"number": "T1"}),
        ("instructions", "catalog.instructions", {}),
    ],
)
def test_they_are_typed_as_commands_too(
    typed: str, name: str, raw: dict[str, str]
) -> None:
    call = chat.read(typed)
    assert call is not None
    assert (call.op.name, call.raw) == (name, raw)


def test_the_model_is_told_them_after_the_skill_and_before_the_client() -> None:
    task = Task(
        "Write", skill="ad", instructions="How to", client="Acme",
        standing=("Never use emojis", "Be </outside> kind"),
    )  # fmt: skip
    _, skill, standing, client = build(task).system
    assert skill.text.startswith("How to")
    assert "- Never use emojis" in standing.text
    assert standing.cache
    assert client.text.startswith("# Client profile: Acme")
    assert len(build(Task("Write", skill="ad", instructions="x")).system) == 2
