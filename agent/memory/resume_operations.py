"""Going on in one chat with a form or an interview that was begun in another."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from pydantic import Field

from agent import earshot
from agent.ctx import Ctx, Role
from agent.errors import NotFound
from agent.memory import queries
from agent.memory.schemas import Dialog
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen, Nothing


class Resumed(Frozen):
    """A form or an interview that was left open, to be gone on with here."""

    form: str = Field(description="Which form")
    given: str = Field(description="What was known before it was begun, as JSON")
    answers: Mapping[str, str] = Field(description="What was filled in, but for keys")
    skill_id: UUID | None = Field(
        default=None, description="Whose questions it is instead; empty: it is a form"
    )
    interview: Mapping[str, str] = Field(
        default={}, description="What was answered to those, and for whom it is"
    )
    subject_id: UUID | None = Field(
        default=None, description="The message that asked for it"
    )


class NothingOpen(NotFound):
    """No form or question of theirs stands open anywhere."""

    code = "nothing_open"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "No form or question of yours is open.", hint="Just write what you need."
        )


@operation(
    "memory.resume",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT},
    command=Command(
        "continue",
        says=(
            *("go on with the form", "continue the form", "go on with the questions"),
            r"(?:so )?where (?:were|are) we",
        ),
    ),
)
async def resume(ctx: Ctx, p: Nothing) -> Resumed:  # noqa: ARG001 - no parameters
    """Go on here with the form or questions you began, in this chat or another.

    Raises:
        NothingOpen: There is none.
        AskedInPrivate: It holds what was said in private, and others read along here.
    """
    found = await earshot.worked_on(ctx, partial(_left_open, ctx))
    await queries.close_dialog(ctx.session, found.id, "abandoned")
    if found.kind == "interview":
        return Resumed(
            form="",
            given="",
            answers={},
            skill_id=found.skill_id,
            interview=found.answers,
            subject_id=found.subject_id,
        )
    kept = {
        k: v for k, v in found.answers.items() if not k.startswith(("_", "secret:"))
    }
    return Resumed(
        form=found.answers.get("_form", ""),
        given=found.answers.get("_given", ""),
        answers=kept,
    )


async def _left_open(ctx: Ctx) -> Dialog:
    found = await queries.open_form(ctx.session, ctx.caller.user_id)
    if found is None:
        raise NothingOpen
    return found


OPERATIONS = (resume,)
