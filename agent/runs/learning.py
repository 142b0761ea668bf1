"""Feedback was given: the skill it is about is looked at, once it is quiet."""

from uuid import UUID

from sqlalchemy import text

from agent.ctx import Ctx
from agent.runs.schemas import Lesson

GIVEN = "feedback.given"

_MADE = text("""
    SELECT s.name AS skill, r.provider = 'rehearsal' AS is_rehearsal
    FROM outputs o JOIN runs r ON r.id = o.run_id
    LEFT JOIN skills s ON s.id = r.skill_id
    WHERE o.id = :output_id
""")


async def heard(ctx: Ctx, output_id: UUID) -> Lesson:
    """Have the skill of a piece looked at; whether there is one that learns."""
    about, skill = await _of(ctx, output_id)
    if about == "skill":
        data = {"workspace_id": str(ctx.caller.workspace_id), "skill": skill}
        await ctx.events.emit(ctx.session, GIVEN, data, key=f"fed:{ctx.ids.new()}")
    return about


async def lesson(ctx: Ctx, output_id: UUID) -> Lesson:
    """Whether anything learns from what is said of a piece."""
    about, _ = await _of(ctx, output_id)
    return about


async def _of(ctx: Ctx, output_id: UUID) -> tuple[Lesson, str]:
    """What a piece is, and the skill that it teaches."""
    made = (await ctx.session.execute(_MADE, {"output_id": output_id})).one_or_none()
    if made is not None and made.is_rehearsal:
        return "rehearsal", ""
    if made is None or made.skill is None:
        return "answer", ""
    return "skill", made.skill
