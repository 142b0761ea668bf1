"""The progress line: what is being done, and how long that usually takes."""

from datetime import timedelta
from typing import Any

import pytest

from agent.gate import invoke
from agent.mailroom import deliveries
from agent.ports import SkillRef
from agent.runs import usual
from agent.runs.operations import cancel_run, start_run
from agent.runs.usual import rounded
from tests.agent.world import AS_ANA, World, asked
from tests.db.asking import one, run
from tests.fakes.ports import Skills

SKILL = "copywriting"


@pytest.fixture(autouse=True)
async def _shelf(world: World) -> None:
    skill_id = await one(
        world.owner,
        """INSERT INTO skills (name, title, description, category, storage_prefix)
           VALUES (:name, 'Copywriting', 'd', 'content', 'p') RETURNING id""",
        name=SKILL,
    )
    version_id = await one(
        world.owner,
        """INSERT INTO skill_versions (skill_id, version, content_hash, storage_key,
               prompt_template)
           VALUES (:id, '1.0.0', '\\x00', 'skills', 'Write.') RETURNING id""",
        id=skill_id,
    )
    ref = SkillRef(skill_id, version_id, SKILL, "Copywriting")
    world.skills = Skills((ref,))


async def start(world: World, key: str) -> Any:
    ana = await world.settled(AS_ANA)
    async with world.ctx(ana, asked(ana, key, "write about tea")) as ctx:
        asks = {"skill": SKILL, "brief": "write about tea"}
        return await invoke(start_run, ctx, asks)


async def placeholder(world: World, started: Any) -> str:
    payload = "SELECT payload->>'placeholder' FROM deliveries WHERE id = :id"
    return str(await one(world.owner, payload, id=started.delivery_id))


async def finish(world: World, started: Any, seconds: int) -> None:
    await run(
        world.owner,
        """UPDATE runs SET status = 'completed', started_at = now(),
           completed_at = now() + make_interval(secs => :took) WHERE id = :id""",
        id=started.run_id,
        took=seconds,
    )


async def test_nothing_is_claimed_of_too_few(world: World) -> None:
    for number in range(usual.ENOUGH - 1):
        await finish(world, await start(world, f"inbox:{number}"), 20)
    assert "Usually" not in await placeholder(world, await start(world, "inbox:last"))


async def test_it_says_how_long_such_pieces_took(world: World) -> None:
    for number, seconds in enumerate((4, 21, 600)):
        await finish(world, await start(world, f"inbox:{number}"), seconds)
    said = await placeholder(world, await start(world, "inbox:last"))
    assert said == "Working on it: copywriting. Usually about 20 s."


async def test_time_that_people_took_is_not_the_works(world: World) -> None:
    for number in range(usual.ENOUGH):
        started = await start(world, f"inbox:{number}")
        await finish(world, started, 20)
        await run(
            world.owner,
            """INSERT INTO run_steps (workspace_id, run_id, position, name, kind,
               attempt, status) SELECT workspace_id, id, 9, 'ask-1', 'wait', 1,
               'completed' FROM runs WHERE id = :id""",
            id=started.run_id,
        )
    assert "Usually" not in await placeholder(world, await start(world, "inbox:last"))


async def test_a_line_stands_until_the_next_and_ends_with_the_run(world: World) -> None:
    started = await start(world, "inbox:1")

    async def says(line: str) -> tuple[str | None, int]:
        ana = await world.settled(AS_ANA)
        async with world.tenant(ana) as session:
            await deliveries.progress(session, started.run_id, 1, line)
        [row] = await run(
            world.owner,
            "SELECT payload->>'progress' AS line, revision FROM deliveries",
        )
        return row.line, row.revision

    assert await says("Checking against your 3 rules.") == (
        "Checking against your 3 rules.",
        1,
    )
    assert (await says("Checking against your 3 rules."))[1] == 1  # nothing is new
    assert await says("") == (None, 2)
    ana = await world.settled(AS_ANA)
    async with world.ctx(ana) as ctx:
        await invoke(cancel_run, ctx, {"run_id": str(started.run_id)})
    assert (await says("Too late"))[0] is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (7.4, "7 s"), (21, "20 s"), (88, "90 s"), (100, "2 min")],
)
def test_a_span_is_said_as_one_says_it(seconds: float, said: str) -> None:
    assert rounded(timedelta(seconds=seconds)) == said
