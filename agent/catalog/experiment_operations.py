"""What can be asked of tests: begun, weighed, seen, stopped, gone on with, promoted."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import experiment_asked as asked
from agent.catalog import (
    experiment_plots,
    experiments,
    foresight,
    overtaken,
    own_version_queries,
    own_versions,
)
from agent.catalog import experiment_queries as queries
from agent.catalog.experiment_errors import (
    AlreadyInForce,
    NoTest,
    Overtaken,
    Pinned,
    TestOver,
    TestRunning,
)
from agent.catalog.experiment_schemas import (
    OfSkill,
    OneTest,
    StartTest,
    TestEnded,
    TestResumed,
    Tests,
    TestStarted,
    TestState,
    TooFew,
)
from agent.catalog.experiments import CANDIDATE, CONTROL, Ending, Test
from agent.catalog.trial_shapes import Aims
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change

ANYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP}
ON = r" (?:on|with|at|for) (?P<percent>\d{1,3}) ?(?:%|percent)"
AND = r",? and (?:[\d.]+ )?(?:(?:on|with|at) )?(?P<rest>\d{1,3}) ?(?:%|percent)"
SKILL = r"(?P<skill>[a-z0-9]+(?:-[a-z0-9]+)*)"
VERSION = r"v?(?P<version>\d+(?:\.\d+){1,2})"
FOR = r"(?: for (?P<client>.+))?"


@operation(
    "catalog.start_test",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={*ANYWHERE, Surface.TOOL},
    command=Command(
        "test",
        takes=("skill", "version", "percent", "client"),
        says=(
            rf"(?:a/?b )?test {SKILL} {VERSION}{ON}(?:{AND})?{FOR}",
            rf"(?:a/?b )?test {SKILL} {VERSION}{FOR}",
        ),
    ),
    example={"skill": "copywriting", "version": "1.1.0", "percent": 20},
)
async def start_test(ctx: Ctx, p: StartTest) -> TestStarted:
    """Let a version do a share of the work, to see by ratings whether it is better.

    Who works by which is drawn by lot, client by client, or person by person where
    there is no client, and kept. Asked again, the shares are changed.

    Raises:
        NoSuchVersion, VersionGone: It is not there, or its files are not.
        WeightsDontSum, NoShare: The shares are no two parts of a whole.
        AlreadyInForce: It is what everything is written by.
        Pinned: The client's work goes by one version for good.
        TestRunning: Another version of that skill is being tested.
    """
    weights = experiments.weights(p.percent, p.rest)
    client_id, client = await asked.client(ctx, p.client)
    skill, version = await asked.version(ctx, p.skill, p.version)
    now = await queries.running(ctx.session, skill["id"], client_id)
    if now is not None and now["client_id"] == client_id:
        return await _weigh(ctx, now["id"], version, weights)
    await own_versions.ensure_whole(ctx.objects, skill["name"], version)
    in_force = await own_version_queries.choice(ctx.session, skill["id"], client_id)
    if in_force["pinned"]:
        raise Pinned(skill["name"], client)
    control = in_force["standing"]
    if control is None or control == version["id"]:
        raise AlreadyInForce(skill["name"], version["version"])
    short = await _too_few(ctx, p, client_id)
    if short and not p.anyway:
        named = {"skill": skill["name"], "version": version["version"]}
        found = TooFew(**named, client=client, percent=p.percent, **short)
        return TestStarted(state=None, is_new=False, too_few=found)
    sides = {CANDIDATE: version["id"], CONTROL: control}
    arms = {key: (weights[key], sides[key]) for key in sides}
    test_id = await _begin(ctx, skill, client_id, p.percent, arms)
    if test_id is None:  # somebody began one at this very moment
        first = await queries.running(ctx.session, skill["id"], client_id)
        if first is None:
            raise TestOver(skill["name"])
        return await _weigh(ctx, first["id"], version, weights)
    return TestStarted(state=await asked.state(ctx, test_id), is_new=True, too_few=None)


@operation(
    "catalog.tests",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*ANYWHERE, Surface.TOOL},
    command=Command(
        "tests",
        takes=("skill",),
        says=(
            r"how(?: is|'s) the test(?: of (?P<skill>[a-z0-9-]+))? (?:doing|going)",
            r"how(?: is|'s) the test going",
            r"which tests are running",
        ),
    ),
    example={"skill": "copywriting"},
)
async def list_tests(ctx: Ctx, p: OfSkill) -> Tests:
    """See how tests of versions are doing, and what came of earlier ones."""
    rows = await queries.lately(ctx.session, p.skill.strip().casefold())
    lines = [await asked.state(ctx, row["id"]) for row in rows]
    return Tests(lines=lines, **await _picture(ctx, lines))


@operation(
    "catalog.stop_test",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=ANYWHERE,
    command=Command(
        "tests stop",
        takes=("skill",),
        says=(r"(?:stop|end) the test(?: of (?P<skill>[a-z0-9-]+))?",),
    ),
    example={"skill": "copywriting"},
)
async def stop_test(ctx: Ctx, p: OneTest) -> TestEnded:
    """End a test and keep today's version; what was found stays, and it can go on.

    Raises:
        NoTest, WhichTest: None runs, or several do.
        TestOver: It has ended already.
    """
    test = await asked.one(ctx, p)
    await asked.end(ctx, test, _ending(test))
    return TestEnded(state=await asked.state(ctx, test.row["id"]))


@operation(
    "catalog.resume_test",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"test_id": "01990000-0000-7000-8000-000000000001"},
)
async def resume_test(ctx: Ctx, p: OneTest) -> TestResumed:
    """Let a test go on; one that was stopped runs again, with everybody in place.

    Raises:
        NoTest: There is none to go on with.
        TestOver: It was concluded.
        TestRunning: Another of the same skill runs by now.
        Overtaken: What it compared with is not in force any more.
    """
    if p.test_id is None:
        raise NoTest(p.skill)
    test = await asked.locked(ctx, p.test_id)
    if test.row["status"] == "concluded":
        raise TestOver(test.row["skill"])
    if test.row["status"] == "stopped":
        other = await queries.running(
            ctx.session, test.row["skill_id"], test.row["client_id"]
        )
        if other is not None and other["client_id"] == test.row["client_id"]:
            arms = await queries.arms(ctx.session, other["id"])
            tried = next(arm["version"] for arm in arms if arm["key"] == CANDIDATE)
            raise TestRunning(other["skill"], tried)
        if await overtaken.is_one(ctx.session, test):
            sides = [test.arms[key]["version"] for key in (CANDIDATE, CONTROL)]
            raise Overtaken(test.row["skill"], *sides)
        # They know how it stands, and want more: it is not stopped for that again.
        told = {"told": test.reading.verdict, "by_itself": False}
        known = {**told, "overtaken_by": ""}
        await queries.resume(ctx.session, p.test_id, known)
        asked.changed(ctx, test, "stopped", "running")
    return TestResumed(state=await asked.state(ctx, p.test_id))


async def _picture(ctx: Ctx, lines: list[TestState]) -> dict[str, Any]:
    """Of the one test that runs, or was asked for."""
    shown = [line for line in lines if line.status == "running"] or lines[:1]
    test = await experiments.load(ctx.session, shown[0].test_id) if shown else None
    plots = ctx.house.plots if ctx.house else None
    if test is None or len(shown) > 1:
        return {}
    here = ctx.caller.workspace_id
    found = await experiment_plots.draw(plots, ctx.objects, here, test)
    if found is None:
        return {}
    return {
        "plot_key": found.key,
        "plot_bytes": found.size_bytes,
        "plot_alt": found.alt,
    }


async def _too_few(
    ctx: Ctx, p: StartTest, client_id: UUID | None
) -> dict[str, int] | None:
    here = await queries.reach(ctx.session, client_id)
    smallest = foresight.smallest_team(p.percent / experiments.WHOLE)
    if here >= smallest:
        return None
    even = foresight.smallest_team(0.5)
    return {"units_here": here, "smallest": smallest, "smallest_even": even}


async def _begin(
    ctx: Ctx,
    skill: RowMapping,
    client_id: UUID | None,
    percent: int,
    arms: dict[str, tuple[int, UUID]],
) -> UUID | None:
    """The test's id; None: another one of that skill began first."""
    test_id, now = ctx.ids.new(), ctx.clock.now()
    share = percent / experiments.WHOLE
    values: dict[str, Any] = {
        "id": test_id,
        "workspace_id": ctx.caller.workspace_id,
        "client_id": client_id,
        "skill_id": skill["id"],
        "name": skill["name"],
        "min_effect": Aims().min_effect,
        "required_n": foresight.units_needed(share),
        "salt": ctx.ids.new().hex,
        "now": now,
        "result": {"weights": [experiments.weighed(percent, now)]},
    }
    if not await queries.start(ctx.session, values, arms):
        return None
    ctx.changed(Change("test", str(test_id), None, {"skill": skill["name"]}))
    return test_id


async def _weigh(
    ctx: Ctx, test_id: UUID, version: RowMapping, weights: dict[str, int]
) -> TestStarted:
    test = await asked.locked(ctx, test_id)
    candidate = test.arms[CANDIDATE]
    if candidate["version_id"] != version["id"]:
        raise TestRunning(test.row["skill"], candidate["version"])
    if candidate["weight"] != weights[CANDIDATE]:
        await queries.weigh(ctx.session, test_id, weights)
        fresh = experiments.weighed(weights[CANDIDATE], ctx.clock.now())
        history = [*test.row["result"]["weights"], fresh]
        await queries.note(ctx.session, test_id, {"weights": history})
        before = {"percent": candidate["weight"]}
        after = {"percent": weights[CANDIDATE]}
        ctx.changed(Change("test", str(test_id), before, after))
    state = await asked.state(ctx, test_id)
    return TestStarted(state=state, is_new=False, too_few=None)


def _ending(test: Test) -> Ending:
    """What was decided stays decided; what was broken off can go on."""
    verdict = test.reading.verdict
    if verdict in ("worse", "same"):
        return Ending("concluded", winner=CONTROL)
    return Ending("concluded" if verdict == "better" else "stopped")


OPERATIONS = (start_test, list_tests, stop_test, resume_test)
