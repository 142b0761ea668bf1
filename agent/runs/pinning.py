"""By which version of a skill a run is written: settled when it is asked for."""

from uuid import UUID

from agent.catalog import own_versions
from agent.ctx import Ctx
from agent.ports import SkillRef


async def pin(
    ctx: Ctx, skill: SkillRef | None, client_id: UUID | None
) -> dict[str, UUID | None]:
    """For whom and by what a run is written, as columns of it.

    It keeps that version to its end, whatever is put in force meanwhile.
    """
    names = ("client_id", "skill_id", "skill_version_id", "arm_id")
    if skill is None:
        return {**dict.fromkeys(names), "client_id": client_id}
    chosen = await own_versions.choose(
        ctx.session,
        skill.id,
        skill.version_id,
        client_id=client_id,
        user_id=ctx.caller.user_id,
        now=ctx.clock.now(),
    )
    found = (client_id, skill.id, chosen.version_id, chosen.arm_id)
    return dict(zip(names, found, strict=True))
