"""Tests of versions beside what others do: at once, with other versions and rules."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog.chosen_version_operations import (
    pin_version,
    roll_back,
    unpin_version,
)
from agent.catalog.experiment_errors import Overtaken, Pinned, TestRunning
from agent.catalog.experiment_operations import (
    list_tests,
    resume_test,
    start_test,
    stop_test,
)
from agent.catalog.experiment_schemas import Tests, TestState
from agent.catalog.promotion_operations import promote
from agent.catalog.proposal_operations import accept_rule, propose_rule
from agent.catalog.proposal_schemas import RuleAccepted
from agent.catalog.version_schemas import RolledBack
from agent.clients.operations import new_client
from bot.render.experiments import WORDS as TEST_WORDS
from bot.render.proposals import WORDS
from bot.render.versions import WORDS as VERSION_WORDS
from tests.agent.catalog.test_own_versions import NEW, make
from tests.agent.catalog.test_own_versions import texts as files_of
from tests.agent.catalog.versioned import SKILL, Workshop
from tests.agent.world import AS_ANA, AS_BOB, World
from tests.db.asking import one, run
from tests.seeds import BOB


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


@pytest.fixture
async def candidate(shop: Workshop) -> UUID:
    return (await make(shop, await files_of(shop, NEW))).version_id


async def begin(shop: Workshop, version: str = "1.1", client: str = "") -> TestState:
    started = await shop.world.call(
        start_test, AS_ANA, skill=SKILL, version=version, percent=50, anyway=True,
        client=client,
    )  # fmt: skip
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


async def proposed(shop: Workshop) -> UUID:
    said = "Each step begins with a verb"
    made = await shop.world.call(propose_rule, AS_ANA, skill=SKILL, statement=said)
    return made.proposal.rule_id


async def kept(shop: Workshop) -> tuple[str, str | None, str]:
    """The test's status, its winner, and what overtook it."""
    [row] = await run(
        shop.world.owner,
        "SELECT status, winner_key, result ->> 'overtaken_by' AS by FROM experiments",
    )
    return row.status, row.winner_key, row.by


async def test_a_rule_is_not_accepted_into_a_running_test_before_that_is_said(
    shop: Workshop, candidate: UUID
) -> None:
    await begin(shop)
    rule_id = await proposed(shop)
    asked = await shop.world.call(accept_rule, AS_ANA, rule_id=rule_id)
    assert (asked.version, asked.running, asked.overtaken) == ("", ["1.1.0"], [])
    message = WORDS[RuleAccepted](asked)
    assert "1.1.0 is being tested against 1.0.0" in message.text
    assert [one.label for one in message.choices] == [
        "Stop the test and accept",
        "Wait",
    ]
    statuses = "SELECT status FROM experiments UNION ALL SELECT status FROM rules"
    rows = await run(shop.world.owner, statuses)
    assert [row.status for row in rows] == ["running", "proposed"]
    done = await shop.world.call(accept_rule, AS_ANA, **message.choices[0].params)
    assert (done.version, done.overtaken) == ("1.2.0", ["1.1.0"])
    assert "The test of 1.1.0 is over with that" in WORDS[RuleAccepted](done).text
    assert await kept(shop) == ("stopped", None, "accept_rule")


async def test_a_pinned_client_has_no_test_and_pinning_it_ends_the_one_there_is(
    shop: Workshop, candidate: UUID
) -> None:
    acme = {"skill": SKILL, "client": "Acme"}
    await shop.world.call(new_client, AS_ANA, name="Acme")
    await begin(shop, client="Acme")
    done = await shop.world.call(pin_version, AS_ANA, **acme, version="1.0.0")
    assert done.overtaken == ["1.1.0 for Acme"]
    assert await kept(shop) == ("concluded", "control", "")
    with pytest.raises(Pinned, match="Acme is pinned"):
        await begin(shop, client="Acme")
    await shop.world.call(unpin_version, AS_ANA, **acme)
    assert (await begin(shop, client="Acme")).status == "running"


async def test_rolled_back_a_skills_test_is_stopped_and_the_others_are_told_why(
    shop: Workshop, candidate: UUID
) -> None:
    await shop.world.call(promote, AS_ANA, skill=SKILL, version="1.1.0")
    await make(shop, await files_of(shop, NEW, NEW.replace("K03", "K04")))
    state = await begin(shop, "1.2.0")
    await run(
        shop.world.owner,
        "UPDATE workspace_members SET role = 'admin' WHERE user_id = :id",
        id=BOB,
    )
    await shop.world.settled(AS_ANA)
    await shop.world.settled(AS_BOB, chat="2")
    done = await shop.world.call(roll_back, AS_ANA, skill=SKILL)
    assert (done.version, done.was, done.overtaken) == ("1.0.0", "1.1.0", ["1.2.0"])
    assert "The test of 1.2.0 is over" in VERSION_WORDS[RolledBack](done).text
    assert await kept(shop) == ("stopped", None, "roll_back")
    told = "SELECT recipient, payload ->> 'text' AS said FROM deliveries"
    [notice] = await run(shop.world.owner, told)
    assert notice.recipient == "2/"
    assert "was rolled back, so the test of 1.2.0 is over" in notice.said
    listed = await shop.world.call(list_tests, AS_ANA, skill=SKILL)
    assert "stopped by a roll back" in TEST_WORDS[Tests](listed).text
    test_id = str(state.test_id)
    with pytest.raises(Overtaken, match=r"compared kettles 1\.2\.0 with 1\.1\.0"):
        await shop.world.call(resume_test, AS_ANA, test_id=test_id)
    await shop.world.call(pin_version, AS_ANA, skill=SKILL, version="1.1.0")
    resumed = await shop.world.call(resume_test, AS_ANA, test_id=test_id)
    assert (resumed.state.status, resumed.state.overtaken_by) == ("running", "")


async def test_a_client_pinned_elsewhere_leaves_the_test_of_everybody_alone(
    shop: Workshop, candidate: UUID
) -> None:
    await begin(shop)
    await shop.world.call(new_client, AS_ANA, name="Acme")
    done = await shop.world.call(
        pin_version, AS_ANA, skill=SKILL, version="1.1.0", client="Acme"
    )
    assert (done.overtaken, (await kept(shop))[0]) == ([], "running")


async def test_pinned_for_all_the_version_that_was_tried_has_won(
    shop: Workshop, candidate: UUID
) -> None:
    await begin(shop)
    done = await shop.world.call(pin_version, AS_ANA, skill=SKILL, version="1.1.0")
    assert done.overtaken == ["1.1.0"]
    assert await kept(shop) == ("concluded", "candidate", "")


async def test_promoted_for_all_a_version_ends_the_test_of_a_client_that_followed(
    shop: Workshop, candidate: UUID
) -> None:
    await shop.world.call(new_client, AS_ANA, name="Acme")
    await make(shop, await files_of(shop, NEW, NEW.replace("K03", "K04")))
    await begin(shop, "1.2.0", client="Acme")
    done = await shop.world.call(promote, AS_ANA, skill=SKILL, version="1.1.0")
    assert (done.ended_test, done.overtaken) == (False, ["1.2.0 for Acme"])
    assert await kept(shop) == ("stopped", None, "promote")
