"""What can be asked of a piece that is there: to have it as a file."""

from base64 import b64encode
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from agent.ctx import Ctx, Role, Via
from agent.export.formats import TITLES, WORDS, Format, meant
from agent.operation import Command, Effect, Surface, operation
from agent.runs import exports, revise_queries, signals
from agent.runs.errors import OutputNotFound
from agent.shapes import Frozen

_LABELS = {one.value: title for one, title in TITLES.items()}

# "as docx", "send it to me as a Word document", "can I have this as html?"
_PLEASE = r"(?:please,? |now |and |(?:can|could|may) (?:i|we|you) )*"
_VERB = r"(?:(?:have|get|give|send|export|download|save|show)(?: (?:me|us))? )?"
_WHAT = r"(?:(?:it|this|that|the piece|the text)(?: to me)? )?"
_SORT = rf"(?P<format>{WORDS}|pdf)(?: (?:file|document|doc))?(?:,? please)?"
SAYS = (
    rf"{_PLEASE}{_VERB}{_WHAT}as (?:an? |the )?{_SORT}",
    rf"{_PLEASE}(?:export|convert|turn) {_WHAT}(?:in)?to (?:an? )?{_SORT}",
)


class ExportOutput(Frozen):
    """Parameters of ``runs.export``."""

    format: Annotated[Format, BeforeValidator(meant)] = Field(
        description="As what?",
        json_schema_extra={"labels": dict(_LABELS)},
    )
    output_id: UUID | None = Field(
        default=None, description="The piece; left out: the latest of this chat"
    )


class Exported(Frozen):
    """A piece as a file."""

    output_id: UUID
    number: int = Field(description="The run that made it")
    title: str = Field(description="Its title")
    format: Format = Field(description="What sort of file")
    file_name: str = Field(description="What the file is called")
    media_type: str = Field(description="What it is called on the web")
    storage_key: str = Field(description="Where it lies")
    size_bytes: int = Field(description="Its size")
    content: str = Field(
        default="", description="The file; empty where it comes along by itself"
    )
    encoding: Literal["utf-8", "base64"] = Field(
        default="utf-8", description="How content is written"
    )


@operation(
    "runs.export",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP},
    command=Command("export", takes=("format",), says=SAYS),
    example={
        "output_id": "01990000-0000-7000-8000-000000000001",
        "format": "docx",
    },
)
async def export_output(ctx: Ctx, p: ExportOutput) -> Exported:
    """Get a piece as a file: Word, web page, Markdown, CSV or JSON.

    Raises:
        OutputNotFound: No such piece that the caller can see, or none here yet.
        NotInIt: It holds no table for CSV, or no data for JSON.
    """
    output_id = p.output_id
    if output_id is None:
        output_id = await revise_queries.latest(ctx.session, ctx.caller.conversation_id)
    if output_id is None:
        raise OutputNotFound
    kept = await exports.read(ctx, output_id)
    made, body = await exports.file(ctx, kept, p.format)
    if ctx.caller.via is Via.PERSON and ctx.caller.role >= Role.MEMBER:
        await signals.note(ctx, output_id, "accept")
    is_told = ctx.origin is None  # in a chat the postman fetches it
    content = _content(body, p.format) if is_told else ""
    return Exported(
        output_id=output_id,
        number=kept.row["number"],
        title=kept.row["title"],
        format=p.format,
        file_name=made.named(p.format.suffix),
        media_type=p.format.media_type,
        storage_key=made.storage_key,
        size_bytes=made.size_bytes,
        content=content,
        encoding="utf-8" if p.format.is_text else "base64",
    )


def _content(body: bytes, wanted: Format) -> str:
    return body.decode() if wanted.is_text else b64encode(body).decode()


OPERATIONS = (export_output,)
