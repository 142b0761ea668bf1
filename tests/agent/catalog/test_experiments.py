"""Tests of versions over the database: begun, drawn, weighed, read, ended."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from agent.catalog import experiment_looks, experiments, own_versions
from agent.catalog.experiment_errors import (
    AlreadyInForce,
    NoShare,
    NoTest,
    TestOver,
    TestRunning,
    WeightsDontSum,
)
from agent.catalog.experiment_operations import (
    list_tests,
    resume_test,
    start_test,
    stop_test,
)
from agent.catalog.experiment_schemas import TestState
from agent.catalog.experiments import Test
from agent.catalog.promotion_operations import promote
from agent.catalog.version_errors import NoSuchVersion, VersionGone
from agent.ctx import Caller
from agent.errors import AgentError
from agent.identity.audit_operations import show_audit
from agent.identity.audit_schemas import AuditLine
from agent.identity.history import History
from agent.runs.operations import start_run
from tests.agent.catalog.laboratory import Laboratory
from tests.agent.catalog.test_own_versions import KEY, NEW, enforce, in_force, make
from tests.agent.catalog.test_own_versions import texts as files_of
from tests.agent.catalog.versioned import SKILL, Workshop
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.fakes.plots import Sketches
from tests.fakes.ports import Still


@pytest.fixture
async def shop(world: World, tmp_path: Path) -> Workshop:
    made = Workshop(world, tmp_path)
    await made.release("1.0.0")
    return made


@pytest.fixture
async def candidate(shop: Workshop) -> UUID:
    return (await make(shop, await files_of(shop, NEW))).version_id


@pytest.fixture
def lab(shop: Workshop) -> Laboratory:
    world, here = shop.world, AS_ANA
    return Laboratory(
        world.app,
        world.owner,
        here.workspace_id,
        here.user_id,
        shop.skill_id,
        Still().now(),
    )


async def begin(shop: Workshop, percent: int = 50) -> TestState:
    started = await shop.world.call(
        start_test, AS_ANA, skill=SKILL, version="1.1", percent=percent, anyway=True
    )
    assert started.state is not None
    return started.state


async def look(shop: Workshop, test_id: UUID) -> Test | None:
    async with shop.world.tenant(AS_ANA) as session:
        now = Still().now()
        return await experiment_looks.look(session, History(), test_id, now)


async def stops(shop: Workshop) -> list[AuditLine]:
    """What an admin is told of tests that nobody stopped."""
    log = await shop.world.call(show_audit, AS_ANA, about="test.stopped")
    return log.lines


async def told(shop: Workshop, test: Test) -> None:
    async with shop.world.tenant(AS_ANA) as session:
        await experiment_looks.told(session, test)


async def state(shop: Workshop, by: Caller = AS_ANA) -> TestState:
    return (await shop.world.call(list_tests, by)).lines[0]


async def arm_of(shop: Workshop, run_id: UUID) -> UUID | None:
    found: UUID | None = await one(
        shop.world.owner, "SELECT arm_id FROM runs WHERE id = :id", id=run_id
    )
    return found


@pytest.mark.parametrize(
    ("asked", "refused", "said"),
    [
        ({"percent": 20, "rest": 70}, WeightsDontSum, "20 % and 70 % make 90 %"),
        ({"percent": 100}, NoShare, "leaves nothing to compare"),
        ({"percent": 0}, NoShare, "leaves nothing to compare"),
        ({"version": "9.9.9"}, NoSuchVersion, "no version 9.9.9"),
        ({"version": "1.0.0"}, AlreadyInForce, "nothing to compare it with"),
        ({"skill": "poems"}, NoSuchVersion, "poems"),
    ],
)
async def test_what_cannot_be_tested_is_refused(
    shop: Workshop,
    candidate: UUID,
    asked: dict[str, object],
    refused: type[AgentError],
    said: str,
) -> None:
    wanted = {"skill": SKILL, "version": "1.1.0", **asked}
    with pytest.raises(refused, match=said):
        await shop.world.call(start_test, AS_ANA, **wanted)


async def test_a_version_whose_files_are_gone_is_not_tested(
    shop: Workshop, candidate: UUID
) -> None:
    await shop.world.files.delete(await one(shop.world.owner, KEY, id=candidate))
    with pytest.raises(VersionGone):
        await begin(shop)


async def test_a_test_that_could_never_end_is_not_begun_unless_they_insist(
    shop: Workshop,
    candidate: UUID,
) -> None:
    answer = await shop.world.call(start_test, AS_ANA, skill=SKILL, version="1.1.0")
    assert answer.state is None
    assert answer.too_few is not None
    assert answer.too_few.units_here == 2
    assert answer.too_few.smallest > answer.too_few.smallest_even > 2
    assert await one(shop.world.owner, "SELECT count(*) FROM experiments") == 0


async def test_a_run_is_by_its_arm_and_says_so_once_and_for_all(
    shop: Workshop, candidate: UUID
) -> None:
    await begin(shop)
    runs = [
        await shop.world.call(start_run, AS_ANA, skill=SKILL, brief="boil it")
        for _ in range(3)
    ]
    arms = {await arm_of(shop, begun.run_id) for begun in runs}
    assert len(arms) == 1
    assert arms != {None}
    seen = await run(shop.world.owner, "SELECT * FROM experiment_exposures")
    assert [(row.unit_type, row.unit_id) for row in seen] == [("user", AS_ANA.user_id)]
    versions = "SELECT DISTINCT skill_version_id FROM runs"
    assert await one(shop.world.owner, versions) in {candidate, shop.house_id}


async def test_other_shares_move_nobody_who_was_drawn(
    shop: Workshop, candidate: UUID, lab: Laboratory
) -> None:
    await begin(shop, 20)
    clients = [await lab.client() for _ in range(12)]
    before = [await lab.drawn(client) for client in clients]
    changed = await shop.world.call(
        start_test, AS_ANA, skill=SKILL, version="1.1.0", percent=90
    )
    assert not changed.is_new
    assert [await lab.drawn(client) for client in clients] == before
    fresh = [await lab.drawn(await lab.client()) for _ in range(12)]
    assert sum(arm is not None and arm.version_id == candidate for arm in fresh) > 6
    history = "SELECT result -> 'weights' FROM experiments"
    shares = [one["candidate"] for one in await one(shop.world.owner, history)]
    assert shares == [20, 90]


async def test_one_test_of_a_skill_at_a_time(
    shop: Workshop,
    candidate: UUID,
) -> None:
    await begin(shop)
    await make(shop, await files_of(shop, NEW, NEW.replace("K03", "K04")))
    with pytest.raises(TestRunning, match="is being tested already"):
        await shop.world.call(start_test, AS_ANA, skill=SKILL, version="1.2.0")


async def test_a_client_with_a_pinned_version_takes_no_part(
    shop: Workshop,
    candidate: UUID,
    lab: Laboratory,
) -> None:
    await begin(shop)
    client = await lab.client()
    await enforce(shop, shop.house_id, client)
    begun = await shop.world.call(
        start_run, AS_ANA, skill=SKILL, brief="boil it", client_id=str(client)
    )
    assert await arm_of(shop, begun.run_id) is None
    assert await one(shop.world.owner, "SELECT count(*) FROM experiment_exposures") == 0


async def test_harm_stops_the_test_by_itself_and_can_be_undone(
    shop: Workshop, candidate: UUID, lab: Laboratory
) -> None:
    test_id = (await begin(shop)).test_id
    assert await look(shop, test_id) is None
    for _ in range(14):
        await lab.rated(await lab.client(), new=1, old=5, candidate=candidate)
    found = await look(shop, test_id)
    assert found is not None
    assert (found.reading.verdict, found.row["status"]) == ("worse", "stopped")
    assert await lab.drawn(await lab.client()) is None
    again = await look(shop, test_id)
    assert again is not None, "a look that was not told yet is told when it is repeated"
    await told(shop, again)
    assert await look(shop, test_id) is None
    await shop.world.call(resume_test, AS_ANA, test_id=str(test_id))
    assert (await state(shop)).status == "running"
    assert await look(shop, test_id) is None, "they know, and went on all the same"
    [line] = await stops(shop)
    assert (line.who, line.label) == ("I myself", found.row["title"])
    assert {one.field: one.after for one in line.changes} == {
        "status": "stopped",
        "why": "worse",
        "version": "1.1.0",
        "ratings": str(found.reading.ratings),
    }


async def test_uneven_units_stop_the_test_and_the_audit_says_why(
    shop: Workshop, candidate: UUID, lab: Laboratory
) -> None:
    test_id = (await begin(shop)).test_id
    heard = 0
    while heard < 16:  # of one side alone, as if the other's ratings were lost
        client = await lab.client()
        arm = await lab.drawn(client)
        if arm is not None and arm.version_id == candidate:
            await lab.rated(client, new=4, old=4, candidate=candidate)
            heard += 1
    found = await look(shop, test_id)
    assert found is not None
    assert (found.reading.verdict, found.row["status"]) == ("imbalanced", "stopped")
    [line] = await stops(shop)
    assert "imbalanced" in [one.after for one in line.changes]


async def test_a_better_version_waits_for_a_press_and_is_promoted_by_it(
    shop: Workshop, candidate: UUID, lab: Laboratory
) -> None:
    shop.world.plots = Sketches()
    test_id = (await begin(shop)).test_id
    for _ in range(14):
        await lab.rated(await lab.client(), new=5, old=2, candidate=candidate)
    found = await look(shop, test_id)
    assert found is not None
    assert (found.reading.verdict, found.row["status"]) == ("better", "running")
    shown = await shop.world.call(list_tests, AS_ANA)
    assert shown.plot_key
    assert "1.1.0 has a mean of 5.0" in shown.plot_alt
    done = await shop.world.call(promote, AS_ANA, skill=SKILL, version="1.1.0")
    assert (done.version, done.was, done.ended_test) == ("1.1.0", "1.0.0", True)
    assert await in_force(shop) == candidate
    ended = await state(shop)
    assert (ended.status, ended.winner, ended.verdict) == (
        "concluded",
        "1.1.0",
        "better",
    )
    kept = await one(shop.world.owner, "SELECT result FROM experiments")
    assert kept["candidate"]["mean"] == 5
    assert (
        await one(shop.world.owner, "SELECT count(*) FROM experiment_exposures") == 14
    )


async def test_a_second_press_finds_the_test_over(
    shop: Workshop,
    candidate: UUID,
) -> None:
    test_id = str((await begin(shop)).test_id)
    ended = await shop.world.call(stop_test, AS_ANA, test_id=test_id)
    assert ended.state.status == "stopped"
    with pytest.raises(TestOver):
        await shop.world.call(stop_test, AS_ANA, test_id=test_id)
    with pytest.raises(NoTest):
        await shop.world.call(stop_test, AS_ANA)
    await shop.world.call(promote, AS_ANA, skill=SKILL, version="1.1.0")
    again = await shop.world.call(promote, AS_ANA, skill=SKILL, version="1.1.0")
    assert (again.was, again.ended_test) == ("1.1.0", False)


async def test_who_has_left_is_counted_for_what_they_gave_when_they_were_there(
    shop: Workshop,
    candidate: UUID,
    lab: Laboratory,
) -> None:
    await begin(shop)
    client = await lab.client()
    arm = await lab.drawn(client)
    for user in (AS_BOB.user_id, AS_ANA.user_id, AS_BOB.user_id):
        await lab.score(await lab.piece(client, arm), 4, user)
    await run(
        shop.world.owner,
        "DELETE FROM workspace_members WHERE user_id = :id",
        id=AS_BOB.user_id,
    )
    assert ((await state(shop)).ratings, (await state(shop)).raters) == (3, 2)


async def test_what_was_rated_before_is_what_a_client_is_measured_by(
    shop: Workshop,
    candidate: UUID,
    lab: Laboratory,
) -> None:
    client = await lab.client()
    long_ago = Still().now() - timedelta(days=30)
    for score in (2, 2, 3):
        await lab.score(await lab.piece(client, None), score, at=long_ago)
    test_id = (await begin(shop)).test_id
    arm = await lab.drawn(client)
    await lab.score(await lab.piece(client, arm), 4)
    await lab.score(await lab.piece(client, arm, provider="rehearsal"), 1)
    async with shop.world.tenant(AS_ANA) as session:
        test = await experiments.load(session, test_id)
    assert test is not None
    [known] = test.trial.before.values()
    assert (round(known.mean, 2), known.n) == (2.33, 3)
    assert [one.score for one in test.trial.ratings] == [4], "a rehearsal never counts"


async def test_another_workspace_sees_nothing_of_it(
    shop: Workshop,
    candidate: UUID,
) -> None:
    test_id = (await begin(shop)).test_id
    assert (await shop.world.call(list_tests, AS_EVE)).lines == []
    with pytest.raises(NoTest):
        await shop.world.call(stop_test, AS_EVE, test_id=str(test_id))
    async with shop.world.tenant(AS_EVE) as session:
        assert await own_versions.in_force(session, shop.skill_id, None)
        assert await experiments.load(session, test_id) is None
