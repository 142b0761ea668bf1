"""A piece sent back as somebody would have it: kept as what it should have been."""

from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Effect, Surface, operation
from agent.runs import amending, learning, output_queries, signals
from agent.runs.errors import OutputNotFound
from agent.runs.schemas import Lesson
from agent.shapes import Frozen

MOST = 40_000
"""Characters of a text."""


class NotAnEdit(BadInput):
    """The text is not that piece with something changed."""

    code = "not_an_edit"

    def __init__(self) -> None:
        """Say what is one."""
        super().__init__(
            "I do not recognise that piece in it, or nothing is changed.",
            hint="Send the piece, or a passage of it, as it should read.",
        )


class KeepEdit(Frozen):
    """Parameters of ``runs.keep_edit``."""

    output_id: UUID
    text: str = Field(
        min_length=1, max_length=MOST, description="The piece as it should read"
    )


class EditKept(Frozen):
    """Somebody's own version of a piece is kept beside it."""

    output_id: UUID
    number: int = Field(description="The run that made the piece")
    title: str = Field(description="What the piece is called")
    changes: int = Field(description="Passages that differ from mine")
    about: Lesson = "skill"


@operation(
    "runs.keep_edit",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={
        "output_id": "01990000-0000-7000-8000-000000000001",
        "text": "# Kettles\n\nIt boils in a minute, and says so.",
    },
)
async def keep_edit(ctx: Ctx, p: KeepEdit) -> EditKept:
    """Keep how you changed a piece, so that the next ones come nearer to it.

    Raises:
        OutputNotFound: No such piece that the caller can see.
        NotAnEdit: The text is not that piece with something changed.
    """
    row = await output_queries.output(ctx.session, p.output_id)
    if row is None:
        raise OutputNotFound
    piece = (await ctx.objects.get(row["storage_key"])).decode("utf-8", "replace")
    found = amending.changes(piece, p.text)
    if not found:
        raise NotAnEdit
    await signals.note(ctx, p.output_id, "edit", diff=amending.told(found))
    about = await learning.heard(ctx, p.output_id)
    return EditKept(
        output_id=p.output_id,
        number=row["number"],
        title=row["title"],
        changes=len(found),
        about=about,
    )


OPERATIONS = (keep_edit,)
