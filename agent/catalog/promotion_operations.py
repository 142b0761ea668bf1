"""Putting a version in force for all work, which settles a test of it."""

from uuid import UUID

from agent.catalog import experiment_asked as asked
from agent.catalog import experiment_queries as queries
from agent.catalog import overtaken, own_version_queries, own_versions
from agent.catalog.experiment_operations import ANYWHERE, FOR, SKILL, VERSION
from agent.catalog.experiment_schemas import Promote, Promoted
from agent.catalog.experiments import Ending
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, operation
from agent.ports import Change


@operation(
    "catalog.promote",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=ANYWHERE,
    command=Command(
        "promote",
        takes=("skill", "version", "client"),
        says=(rf"promote {SKILL} {VERSION}{FOR}",),
    ),
    example={"skill": "copywriting", "version": "1.1.0"},
)
async def promote(ctx: Ctx, p: Promote) -> Promoted:
    """Put a version in force for all work; a test of it is concluded.

    Raises:
        NoSuchVersion, VersionGone: It is not there, or its files are not.
    """
    client_id, client = await asked.client(ctx, p.client)
    skill, version = await asked.version(ctx, p.skill, p.version)
    before = await own_versions.in_force(ctx.session, skill["id"], client_id)
    was = await own_version_queries.version(ctx.session, before) if before else None
    await own_versions.put_in_force(
        ctx.session,
        ctx.objects,
        ctx.caller.workspace_id,
        skill["name"],
        version["id"],
        client_id=client_id,
    )
    ended = await _conclude(ctx, skill["id"], client_id, version["id"])
    others = await overtaken.ended(ctx, skill["id"], "promote")
    numbers = [one["version"] if one else "" for one in (was, version)]
    ctx.changed(
        Change("skill", skill["name"], {"version": numbers[0]}, {"version": numbers[1]})
    )
    return Promoted(
        skill=skill["name"],
        title=skill["title"],
        version=numbers[1],
        was=numbers[0],
        client=client,
        ended_test=ended,
        overtaken=others,
    )


async def _conclude(
    ctx: Ctx, skill_id: UUID, client_id: UUID | None, version_id: UUID
) -> bool:
    """End the test that this settles; whether there was one."""
    row = await queries.running(ctx.session, skill_id, client_id)
    if row is None or row["client_id"] != client_id:
        return False
    test = await asked.locked(ctx, row["id"])
    won = [key for key, arm in test.arms.items() if arm["version_id"] == version_id]
    ending = Ending("concluded", winner=won[0]) if won else Ending("stopped")
    await asked.end(ctx, test, ending)
    return True


OPERATIONS = (promote,)
