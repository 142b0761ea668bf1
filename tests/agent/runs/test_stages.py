"""A complex skill's stages, and references that are read when they are needed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.ctx import Caller
from agent.llm.port import Completion, ModelFailed, Prompt, Spent, Stop, ToolUse, Usage
from agent.runs import writing
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.operations import cancel_run
from agent.runs.reading import MOST, NOBODY
from tests.agent.llm.fakes import Played, Step, said
from tests.agent.runs.skilled import begun, shelved, with_folders
from tests.agent.runs.test_writing import bench
from tests.agent.world import AS_ANA, World
from tests.db.asking import one, run

STEPS = """\
steps:
  - key: heat
    title: Finding the heat
    instructions: How hot?
    references: [references/heat.md]
  - key: write
    title: Writing it
    instructions: Write it from the notes.
"""
HEAT = "# Heat\n\nGreen tea wants 80 degrees."
LONG = {
    "references/leaf.md": f"# Leaves\n\nOf the leaf. {'leaf ' * 900}",
    "references/cup.md": f"# Cups\n\nOf the cup. {'cup ' * 900}",
}
STAGED = {"steps.yaml": STEPS, "references/heat.md": HEAT}


@pytest.fixture
async def ana(world: World) -> Caller:
    return await world.settled(AS_ANA)


def calling(*uses: tuple[str, dict[str, str]]) -> Sequence[Step]:
    """A call that asks for tools."""
    spent = Usage(input_tokens=10, output_tokens=4)
    done = Completion("", spent, Stop.TOOL_USE, "played", "played", 7)
    asked = tuple(ToolUse(f"u{at}", *use) for at, use in enumerate(uses))
    return [Spent(spent), replace(done, tool_uses=asked)]


def read(*names: str) -> Sequence[Step]:
    return calling(*(("read_reference", {"name": name}) for name in names))


async def staged(
    world: World, root: Path, ana: Caller, model: Played
) -> tuple[Bench, Job]:
    await shelved(world, root, STAGED)
    return with_folders(bench(world, model), world), await begun(world, ana)


def at(job: Job, step: str) -> Job:
    return replace(job, step=step)


def told(prompt: Prompt) -> str:
    return "\n".join(turn.text for turn in prompt.turns)


async def test_stages_come_first_and_the_piece_is_written_from_their_notes(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    model = Played(said("80"), said("Tea"))
    desk, job = await staged(world, tmp_path, ana, model)
    assert (await writing.write(desk, job)).stages == 1
    await writing.work(desk, at(job, "stage-1"))
    await writing.work(desk, at(job, "stage-1"))
    written = await writing.write(desk, at(job, "write-2"))
    assert world.files.kept[written.draft_key] == b"Tea"
    notes, piece = model.prompts
    assert "Stage 1 of 2: Finding the heat" in told(notes)
    assert "80 degrees" in told(notes), "what only this stage reads"
    assert piece.turns[-2].text == "80"
    assert piece.turns[-1].text.startswith("Stage 2 of 2: Writing it")
    assert "80 degrees" not in str(piece)
    lines = "SELECT payload->>'progress' FROM deliveries"
    assert await one(world.owner, lines) == "2 of 2 · Writing it"
    keys = await run(world.owner, "SELECT call_key FROM usage_records ORDER BY id")
    assert [row.call_key.partition(":1:")[2] for row in keys] == [
        "stage-1:1",
        "write-2:1",
    ]


async def test_a_stage_that_fails_is_done_again_alone(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    broken: list[Step] = [ModelFailed("Busy.")]
    model = Played(broken, said("80"))
    desk, job = await staged(world, tmp_path, ana, model)
    with pytest.raises(ModelFailed):
        await writing.work(desk, at(job, "stage-1"))
    assert (await writing.write(desk, job)).stages == 1
    await writing.work(desk, at(job, "stage-1"))
    assert not await one(world.owner, "SELECT sum(reserved_usd) FROM budget_periods")


async def test_a_stopped_run_works_through_no_stage(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    model = Played(said("80"))
    desk, job = await staged(world, tmp_path, ana, model)
    await world.call(cancel_run, ana, run_id=job.run_id)
    with pytest.raises(Cancelled):
        await writing.work(desk, at(job, "stage-1"))
    assert model.prompts == []


async def test_long_references_are_read_on_demand_and_paid_for_round_by_round(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    await shelved(world, tmp_path, LONG)
    job = await begun(world, ana)
    model = Played(read("references/cup.md", "tap.md"), said("Tea"))
    desk = with_folders(bench(world, model), world)
    written = await writing.write(desk, job)
    assert world.files.kept[written.draft_key] == b"Tea"
    first, second = model.prompts
    assert "- references/leaf.md: Leaves. Of the leaf" in first.system[1].text
    assert len(first.system[1].text) < 2500
    assert first.system == second.system, "what is cached stays"
    cup, tap = second.turns[-1].tool_results
    assert cup.content.startswith("# Cups")
    assert not cup.is_error
    assert tap.is_error
    assert "references/cup.md, references/leaf.md" in tap.content
    assert await one(world.owner, "SELECT count(*) FROM usage_records") == 2
    assert await writing.write(desk, job) == written


async def test_a_round_of_reading_that_was_paid_for_is_not_paid_for_again(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    await shelved(world, tmp_path, LONG)
    job = await begun(world, ana)
    broken: list[Step] = [ModelFailed("Busy.")]
    model = Played(read("cup.md"), broken, said("Tea"))
    desk = with_folders(bench(world, model), world)
    with pytest.raises(ModelFailed):
        await writing.write(desk, job)
    await writing.write(desk, job)
    assert "# Cups" in model.prompts[2].turns[-1].tool_results[0].content
    assert len(model.prompts) == 3


async def test_reading_ends_and_nobody_is_asked_who_is_not_there(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    await shelved(world, tmp_path, LONG)
    job = await begun(world, ana)
    await run(world.owner, "UPDATE runs SET conversation_id = NULL")
    question = {"question": "Which tea?", "choices": [], "default": "green"}
    rounds = [read("cup.md")] * (MOST - 1)
    model = Played(calling(("ask_person", question)), *rounds, said("Tea"))  # type: ignore[arg-type]
    written = await writing.write(with_folders(bench(world, model), world), job)
    assert written.draft_key
    assert model.prompts[1].turns[-1].tool_results[0].content == NOBODY
    assert [prompt.may_use_tools for prompt in model.prompts] == [True] * MOST + [False]


async def test_short_references_go_with_the_method(
    world: World, tmp_path: Path, ana: Caller
) -> None:
    await shelved(world, tmp_path, {"references/heat.md": HEAT})
    job = await begun(world, ana)
    model = Played(said("Tea"))
    await writing.write(with_folders(bench(world, model), world), job)
    assert "80 degrees" in model.prompts[0].system[1].text
    assert [tool.name for tool in model.prompts[0].tools] == ["ask_person"]
