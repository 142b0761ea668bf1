"""Every piece is held against standing instructions: put right once, else owned up."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.billing.budgets import Budgets
from agent.catalog.instruction_operations import instruct
from agent.ctx import Caller
from agent.gate import invoke
from agent.identity.preferences_operations import set_language
from agent.llm.port import (
    Completion,
    Delta,
    ModelFailed,
    Piece,
    Prompt,
    Spent,
    Stop,
    Tier,
    Usage,
)
from agent.runs import checks, writing
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.operations import cancel_run, show_run, start_run
from agent.runs.rule_operations import show_rules
from agent.runs.verdicts import Patience
from tests.agent.llm.fakes import Played, Step
from tests.agent.runs.skilled import begun as skilled_begun
from tests.agent.runs.skilled import shelved, with_folders
from tests.agent.runs.test_writing import bench
from tests.agent.world import AS_ANA, World, asked
from tests.db.asking import one, run

EMOJIS = "Never use emojis"
BRITISH = "Always write British English"
Outcomes = dict[str, str]


def says(text: str, *, model: str = "played", output: int = 5) -> list[Step]:
    """A whole call that answers ``text``."""
    usage = Usage(input_tokens=10, output_tokens=output)
    done = Completion(text, usage, Stop.END, "played", model, 7, 3)
    return [Spent(Usage(input_tokens=10, output_tokens=1)), Delta(text), done]


@pytest.fixture
async def ana(world: World) -> Caller:
    return await world.settled(AS_ANA)


async def begun(world: World, ana: Caller, *rules: str) -> Job:
    for rule in rules:
        await world.call(instruct, ana, text=rule)
    async with world.ctx(ana, asked(ana, "inbox:1", "write about tea")) as ctx:
        started = await invoke(start_run, ctx, {"brief": "write about tea"})
    return Job(started.run_id, 1, ana)


async def checked(at: Bench, job: Job) -> dict[str, Any]:
    """Write and check, as the workflow does."""
    written = await writing.write(at, job)
    return await checks.check(at, replace(job, step="check"), asdict(written))


def outcomes(done: Mapping[str, Any]) -> Outcomes:
    return {one["code"]: one["outcome"] for one in done["rulings"]}


def text_of(world: World, done: Mapping[str, Any]) -> str:
    return world.files.kept[done["draft_key"]].decode()


async def test_a_piece_that_keeps_its_rules_is_asked_about_once_a_rule(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, EMOJIS, BRITISH)
    model = Played(says("Tea"), says("KEPT\nIt does."))
    at = bench(world, model)
    done = await checked(at, job)
    assert outcomes(done) == {"U1": "kept", "U2": "kept"}
    assert text_of(world, done) == "Tea"
    asked_about = model.prompts[1]
    assert asked_about.tier is Tier.FAST
    assert asked_about.turns[-1].text == f"The rule: {BRITISH}"
    assert "Tea" in asked_about.system[1].text
    assert await checks.check(at, replace(job, step="check"), done) == done
    assert len(model.prompts) == 2, "asked nothing twice"


async def test_a_broken_rule_is_put_right_once_and_looked_at_again(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, EMOJIS)
    model = Played(says("Tea 🍵"), says("Tea"))
    at = bench(world, model)
    done = await checked(at, job)
    assert outcomes(done) == {"U1": "kept"}
    assert text_of(world, done) == "Tea"
    draft, wish = model.prompts[1].turns[-2:]
    assert (draft.role, draft.text) == ("assistant", "Tea 🍵")
    assert f"- {EMOJIS}" in wish.text
    assert not model.prompts[1].may_use_tools
    [first, again] = await run(
        world.owner,
        "SELECT name, output->>'outcome' AS found FROM run_steps"
        " WHERE kind = 'check' AND output ? 'outcome' ORDER BY position",
    )
    assert tuple(first) == ("check-U1", "broken")
    assert tuple(again) == ("check-again-U1", "kept")
    assert await checked(at, job) == done, "done twice it costs nothing"
    assert len(model.prompts) == 2


async def test_what_stays_broken_is_owned_up_to(world: World, ana: Caller) -> None:
    job = await begun(world, ana, EMOJIS)
    model = Played(says("Tea 🍵"), says("Tea 🫖"))
    done = await checked(bench(world, model), job)
    assert outcomes(done) == {"U1": "broken"}
    assert text_of(world, done) == "Tea 🫖"


async def test_a_cure_worse_than_the_disease_is_not_taken(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, EMOJIS, "Never use hashtags")
    model = Played(says("Tea 🍵"), says("Tea 🍵 #tea"))
    done = await checked(bench(world, model), job)
    assert outcomes(done) == {"U1": "broken", "U2": "kept"}
    assert text_of(world, done) == "Tea 🍵"


async def test_a_model_that_fails_spoils_no_piece(world: World, ana: Caller) -> None:
    job = await begun(world, ana, EMOJIS, BRITISH)
    broken: list[Step] = [ModelFailed("Busy.")]
    done = await checked(bench(world, Played(says("Tea 🍵"), broken, broken)), job)
    assert outcomes(done) == {"U1": "broken", "U2": "n/a"}
    assert done["rulings"][1]["why"] == "no model could tell"
    assert text_of(world, done) == "Tea 🍵"
    assert not await one(world.owner, "SELECT sum(reserved_usd) FROM budget_periods")


class Slow(Played):
    """Writes at once, and then thinks for ever."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        if self.prompts:
            self.prompts.append(prompt)
            await asyncio.sleep(60)
        async for piece in super().stream(prompt):
            yield piece


async def test_a_judge_is_not_waited_for_for_ever(world: World, ana: Caller) -> None:
    job = await begun(world, ana, BRITISH, "Always sound warm", "Always be brief")
    at = bench(world, Slow(says("Tea")))
    written = await writing.write(at, job)
    hurry = Patience(each_s=0.05, all_s=0.1)
    done = await checks.check(at, replace(job, step="check"), asdict(written), hurry)
    assert outcomes(done) == {"U1": "n/a", "U2": "n/a", "U3": "n/a"}
    assert {one["why"] for one in done["rulings"]} == {"no answer in time"}
    assert text_of(world, done) == "Tea"
    assert not await one(world.owner, "SELECT sum(reserved_usd) FROM budget_periods")


async def test_a_skill_s_rules_are_told_from_instructions_and_should_is_not_mended(
    world: World, ana: Caller, tmp_path: Path
) -> None:
    await world.call(instruct, ana, text=EMOJIS)
    await shelved(world, tmp_path, {"RULES.md": RULES})
    job = await skilled_begun(world, ana)
    model = Played(says("# Tea\n\nTea, tea!"), says("KEPT"))
    at = with_folders(bench(world, model), world)
    done = await checked(at, job)
    assert outcomes(done) == {
        "K01": "kept",
        "K02": "broken",
        "K03": "kept",
        "U1": "kept",
    }
    [broken] = [each for each in done["rulings"] if each["outcome"] == "broken"]
    assert (broken["why"], broken["skill"]) == ("1 exclamation mark", "kettles")
    assert len(model.prompts) == 2, "what only should hold is said, not put right"
    assert "write about tea for Acme" in model.prompts[1].system[2].text
    shown = await world.call(show_rules, ana)
    assert [line.code for line in shown.lines] == ["K01", "K02", "K03", "U1"]


RULES = """\
| id | severity | check | rule | why |
|---|---|---|---|---|
| K01 | must | `code: max-words 9` | It is short. | so |
| K02 | should | `code: max-exclamations 0` | It does not shout. | so |
| K03 | must | judge | It is true. | so |
"""


async def test_what_there_is_no_money_for_is_not_checked(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, BRITISH)
    poor = Budgets(day_usd=Decimal("1.01"), month_usd=Decimal(9))
    done = await checked(bench(world, Played(says("Tea")), poor), job)
    assert outcomes(done) == {"U1": "n/a"}
    assert done["rulings"][0]["why"] == "the budget is used up"


async def test_without_a_model_code_still_checks_and_the_rest_says_so(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, EMOJIS, BRITISH)
    at = bench(world, Played(says("Tea 🍵")))
    written = await writing.write(at, job)
    await run(world.owner, "UPDATE runs SET provider = 'rehearsal'")
    done = await checks.check(at, replace(job, step="check"), asdict(written))
    assert outcomes(done) == {"U1": "broken", "U2": "n/a"}
    assert done["rulings"][1]["why"] == "needs a model"


async def test_a_chosen_language_is_a_rule_that_code_can_tell(
    world: World, ana: Caller
) -> None:
    await world.call(set_language, ana, language="Hindi")
    job = await begun(world, ana)
    model = Played(says("Tea is good"), says("चाय अच्छी है"))
    done = await checked(bench(world, model), job)
    assert outcomes(done) == {"L": "kept"}
    assert "Devanagari" in model.prompts[1].turns[-1].text
    assert any("Write in Hindi" in block.text for block in model.prompts[0].system)


async def test_the_run_names_who_wrote_it_and_costs_what_all_of_it_cost(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, BRITISH)
    written, ruled = says("Tea", model="writer"), says("KEPT", model="judge", output=2)
    await checked(bench(world, Played(written, ruled)), job)
    shown = await world.call(show_run, ana)
    assert shown.model == "writer"
    assert shown.cost_usd == Decimal("0.07")


async def test_a_stopped_run_is_checked_no_further(world: World, ana: Caller) -> None:
    job = await begun(world, ana, BRITISH)
    at = bench(world, Played(says("Tea")))
    written = await writing.write(at, job)
    await world.call(cancel_run, ana, run_id=job.run_id)
    with pytest.raises(Cancelled):
        await checks.check(at, replace(job, step="check"), asdict(written))


async def test_nothing_of_a_check_is_shown_as_it_grows(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana, BRITISH)
    await checked(bench(world, Played(says("Tea"), says("KEPT"))), job)
    assert await one(world.owner, "SELECT partial FROM deliveries") == "Tea"


async def test_a_run_without_rules_has_none_to_be_checked_against(
    world: World, ana: Caller
) -> None:
    job = await begun(world, ana)
    assert (await writing.write(bench(world, Played(says("Tea"))), job)).rules == 0
