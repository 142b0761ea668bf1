"""One case of a proposed rule, tried: written both ways, judged, and paid for once."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog import rule_changes
from agent.catalog.rule_changes import Change, Draft
from agent.catalog.skillfile import assemble
from agent.catalog.versions import held
from agent.runs import trials
from agent.runs.trial_cases import Case, Kind
from agent.runs.trials import Trial
from bot.ports import TimeOrderedIds
from tests.agent.catalog.versioned import SKILL, Workshop
from tests.agent.runs.voices import HAIKU, SONNET, Desk, bench, busy
from tests.agent.world import AS_ANA, World
from tests.db.asking import one

SAMPLE = Case("sample-1", Kind.SAMPLE, sample="one")
WRITTEN, JUDGED = 2, 4
"""Calls for an anchor: a text a side; two criteria, two looks."""


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    return Workshop(world, tmp_path)


async def trial(shop: Workshop) -> Trial:
    before = await shop.release("1.0.0")
    draft = Draft(Change.ADD, "Each step begins with a verb.", "K03")
    texts = rule_changes.applied(before.texts, draft, SKILL)
    after = assemble(held(SKILL, texts))
    rule_id: UUID = TimeOrderedIds().new()
    return Trial(rule_id, 1, shop.skill_id, before, after, "")


def spoken(desk: Desk, *kinds: object) -> list[int]:
    return [sum(ref == str(kind) for ref in desk.refs) for kind in kinds]


async def test_what_was_written_is_found_when_the_step_is_done_again(
    shop: Workshop,
) -> None:
    made, desk = await trial(shop), Desk()
    # The skill is of the fast tier: both write and judge with the same model.
    desk.tell(HAIKU, "before", "after", *["first: 3\nsecond: 3"] * JUDGED)
    at = bench(shop.world, desk)
    tried = await trials.run(at, AS_ANA, made, SAMPLE)
    assert tried.scores == ((3.0, 3.0),) * JUDGED
    assert spoken(desk, HAIKU, SONNET) == [WRITTEN + JUDGED, 0]
    assert await trials.run(at, AS_ANA, made, SAMPLE) == tried
    assert spoken(desk, HAIKU) == [WRITTEN + JUDGED]
    # Once more on purpose: judged anew, and every call that was made is booked.
    again = await trials.run(at, AS_ANA, replace(made, times=1), SAMPLE)
    assert again.unclear == JUDGED  # by now it says "done", which is no score
    assert spoken(desk, HAIKU) == [WRITTEN + JUDGED + JUDGED]
    booked = "SELECT count(*) FROM usage_records WHERE run_id = :id"
    paid = WRITTEN + JUDGED + JUDGED
    assert await one(shop.world.owner, booked, id=made.rule_id) == paid
    held_usd = "SELECT coalesce(sum(reserved_usd), 0) FROM budget_periods"
    assert await one(shop.world.owner, held_usd) == 0


async def test_a_text_that_could_not_be_had_is_owned_up_to(shop: Workshop) -> None:
    made, desk = await trial(shop), Desk()
    desk.tell(HAIKU, busy, busy)
    tried = await trials.run(bench(shop.world, desk), AS_ANA, made, SAMPLE)
    assert (tried.is_written, tried.scores) == (False, ())


async def test_a_case_that_is_gone_costs_nothing(shop: Workshop) -> None:
    made, desk = await trial(shop), Desk()
    nobody = str(AS_ANA.user_id)
    gone = Case("low-1", Kind.SEEN, nobody, nobody, nobody)
    tried = await trials.run(bench(shop.world, desk), AS_ANA, made, gone)
    assert not tried.is_written
    assert desk.asked == []


async def test_an_estimate_is_made_without_asking_anybody(shop: Workshop) -> None:
    made, desk = await trial(shop), Desk()
    at = bench(shop.world, desk)
    small = await trials.estimate(at, AS_ANA, made, [SAMPLE], 1_000)
    large = await trials.estimate(at, AS_ANA, made, [SAMPLE] * 3, 4_000)
    assert small is not None
    assert large is not None
    assert 0 < 3 * small < large
    assert desk.asked == []
    keyless = replace(at, seating=None)
    assert await trials.estimate(keyless, AS_ANA, made, [SAMPLE], 1_000) is None
