"""What is meant by what somebody asks of tests, and what every such call leaves."""

from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import experiment_queries as queries
from agent.catalog import experiment_states, experiments, version_reading
from agent.catalog.experiment_errors import NoTest, TestOver, WhichTest
from agent.catalog.experiment_schemas import OneTest, TestState
from agent.catalog.experiments import Ending, Test
from agent.clients import brands
from agent.ctx import Ctx
from agent.ports import Change


async def client(ctx: Ctx, name: str) -> tuple[UUID | None, str]:
    """The client of that name, id and name; none where no name is given.

    Raises:
        NoSuchClient, NearClients, ClientArchived: It is not that easy.
    """
    if not name.strip():
        return None, ""
    found = await brands.pick(ctx.session, name)
    return found[0], found[1]


async def version(ctx: Ctx, skill: str, number: str) -> tuple[RowMapping, RowMapping]:
    """The skill, and its version of that number, as ``version_reading.named`` has it.

    Raises:
        NoSuchVersion: There is no such skill, or no such version.
    """
    of = await version_reading.skill(ctx.session, skill)
    return of, await version_reading.named(ctx.session, of, number)


async def one(ctx: Ctx, p: OneTest) -> Test:
    """The test that is named, else the one that runs.

    Raises:
        NoTest, WhichTest: None runs, or several do.
    """
    if p.test_id is not None:
        return await locked(ctx, p.test_id)
    rows = await queries.lately(ctx.session, p.skill.strip().casefold())
    going = [row for row in rows if row["status"] == "running"]
    if not going:
        raise NoTest(p.skill)
    if len(going) > 1:
        raise WhichTest([row["skill"] for row in going])
    return await locked(ctx, going[0]["id"])


async def locked(ctx: Ctx, test_id: UUID) -> Test:
    """The test, to be changed by this call alone.

    Raises:
        NoTest: There is none.
    """
    await queries.lock(ctx.session, test_id)
    test = await experiments.load(ctx.session, test_id)
    if test is None:
        raise NoTest
    return test


async def end(ctx: Ctx, test: Test, ending: Ending) -> None:
    """Close a running test.

    Raises:
        TestOver: Somebody did so before.
    """
    if not await experiments.end(ctx.session, test, ctx.clock.now(), ending):
        raise TestOver(test.row["skill"])
    changed(ctx, test, "running", ending.status)


def changed(ctx: Ctx, test: Test, before: str, after: str) -> None:
    """Have the audit say that the test has another status."""
    which = str(test.row["id"])
    ctx.changed(Change("test", which, {"status": before}, {"status": after}))


async def state(ctx: Ctx, test_id: UUID) -> TestState:
    """The test as people are shown it.

    Raises:
        NoTest: There is none.
    """
    test = await experiments.load(ctx.session, test_id)
    if test is None:
        raise NoTest
    return await experiment_states.shown(ctx.session, test)
