"""Tests of versions beside what others do: at once, with other versions and rules."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog.experiment_errors import TestRunning
from agent.catalog.experiment_operations import resume_test, start_test, stop_test
from agent.catalog.experiment_schemas import TestState
from agent.catalog.proposal_operations import accept_rule, propose_rule
from agent.catalog.proposal_schemas import RuleAccepted
from bot.render.proposals import WORDS
from tests.agent.catalog.test_own_versions import NEW, make
from tests.agent.catalog.test_own_versions import texts as files_of
from tests.agent.catalog.versioned import SKILL, Workshop
from tests.agent.world import AS_ANA, World
from tests.db.asking import one


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


@pytest.fixture
async def candidate(shop: Workshop) -> UUID:
    return (await make(shop, await files_of(shop, NEW))).version_id


async def begin(shop: Workshop, version: str = "1.1") -> TestState:
    started = await shop.world.call(
        start_test, AS_ANA, skill=SKILL, version=version, percent=50, anyway=True
    )
    assert started.state is not None
    return started.state


async def test_two_who_begin_it_at_once_begin_one_test(
    shop: Workshop, candidate: UUID
) -> None:
    states = await asyncio.gather(begin(shop), begin(shop))
    assert len({one.test_id for one in states}) == 1
    assert await one(shop.world.owner, "SELECT count(*) FROM experiment_arms") == 2


async def test_one_that_goes_on_names_the_version_that_is_in_its_way(
    shop: Workshop, candidate: UUID
) -> None:
    first = str((await begin(shop)).test_id)
    await shop.world.call(stop_test, AS_ANA, test_id=first)
    await make(shop, await files_of(shop, NEW, NEW.replace("K03", "K04")))
    await begin(shop, "1.2.0")
    with pytest.raises(TestRunning, match=r"1\.2\.0 is being tested"):
        await shop.world.call(resume_test, AS_ANA, test_id=first)


async def test_ones_own_version_is_tested_though_the_house_has_that_number_later(
    shop: Workshop, candidate: UUID
) -> None:
    await shop.release("1.1.0")
    await begin(shop)
    tried = await one(
        shop.world.owner,
        "SELECT skill_version_id FROM experiment_arms WHERE key = 'candidate'",
    )
    assert tried == candidate


async def test_a_rule_accepted_meanwhile_says_that_the_test_goes_without_it(
    shop: Workshop, candidate: UUID
) -> None:
    await begin(shop)
    said = "Each step begins with a verb"
    made = await shop.world.call(propose_rule, AS_ANA, skill=SKILL, statement=said)
    rule_id = made.proposal.rule_id
    done = await shop.world.call(accept_rule, AS_ANA, rule_id=rule_id)
    assert done.is_tested
    words = WORDS[RuleAccepted](done).text
    assert "if you promote the version it tries, this rule is not in it" in words
