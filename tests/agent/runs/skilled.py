"""A world whose runs find the folders of their skills again."""

from dataclasses import replace
from pathlib import Path

from agent.catalog import stock_queries
from agent.catalog.skillfile import load
from agent.catalog.stock import stock
from agent.catalog.versions import Versions
from agent.ctx import Caller
from agent.gate import invoke
from agent.ports import SkillRef
from agent.runs.bench import Bench, Job
from agent.runs.operations import start_run
from db.tenancy import system
from tests.agent.catalog.making import HEAD, make
from tests.agent.world import World, asked
from tests.fakes.ports import Skills

BRIEF = "write about tea for Acme"


async def shelved(world: World, root: Path, files: dict[str, str]) -> SkillRef:
    """A skill called kettles, of these files beside the usual, stocked."""
    file = load(make(root, head={**HEAD, "type": "complex"}, files=files))
    await Versions(world.files).keep(file)
    async with system(world.system, "worker") as session:
        await stock(session, [file])
        [now] = await stock_queries.in_force(session)
    ref = SkillRef(now.id, now.version_id, now.name, now.title)
    world.skills = Skills((ref,))
    return ref


async def begun(world: World, ana: Caller, brief: str = BRIEF) -> Job:
    """A run of it."""
    async with world.ctx(ana, asked(ana, "inbox:1", brief)) as ctx:
        started = await invoke(start_run, ctx, {"skill": "kettles", "brief": brief})
    return Job(started.run_id, 1, ana)


def with_folders(bench: Bench, world: World) -> Bench:
    """The bench of a process that has read no folder yet."""
    return replace(bench, versions=Versions(world.files))
