"""Feedback was given: the skill it is about is looked at, once it is quiet."""

from uuid import UUID

from sqlalchemy import text

from agent.ctx import Ctx

GIVEN = "feedback.given"

_SKILL = text("""
    SELECT s.name FROM outputs o JOIN runs r ON r.id = o.run_id
    JOIN skills s ON s.id = r.skill_id
    WHERE o.id = :output_id AND r.provider IS DISTINCT FROM 'rehearsal'
""")


async def heard(ctx: Ctx, output_id: UUID) -> None:
    """Have the skill of a piece looked at; of a rehearsal, or an answer, nothing."""
    skill = await ctx.session.scalar(_SKILL, {"output_id": output_id})
    if skill is None:
        return
    here = str(ctx.caller.workspace_id)
    data = {"workspace_id": here, "skill": skill}
    await ctx.events.emit(ctx.session, GIVEN, data, key=f"fed:{ctx.ids.new()}")
