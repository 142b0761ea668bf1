"""What can be asked about standing instructions."""

from typing import Annotated

from pydantic import Field, StringConstraints

from agent.catalog import instructions
from agent.catalog.instructions import PREFIX, Instruction, Scope
from agent.ctx import Ctx, Role
from agent.errors import NotFound
from agent.gate import ensure_role
from agent.identity import preferences
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Frozen, Nothing

EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP}

_VERB = (
    "use|write|say|mention|include|put|add|end|close|start|begin|open|answer|reply|call|"
    "translate|exceed|make|keep|address|spell|capitali[sz]e|refer|quote|promise|sound|"
    "sign|stay|be|name"
)
Text = Annotated[str, StringConstraints(strip_whitespace=True)]


class Instruct(Frozen):
    """Parameters of the operations that add instructions."""

    text: Text = Field(
        min_length=3,
        max_length=2000,
        description="One rule, or several with semicolons between them",
    )


class InstructionLine(Frozen):
    """A standing instruction."""

    label: str = Field(description="How it is named: 2 your own, T1 the team's")
    statement: str = Field(description="What it says")


class Instructed(Frozen):
    """Standing instructions were added."""

    lines: list[InstructionLine] = Field(description="The new ones")
    known: list[str] = Field(description="What stood already")
    language: str = Field(default="", description="The language chosen, if one was")
    is_team: bool = Field(default=False, description="Whether they hold for the team")


class Instructions(Frozen):
    """All standing instructions that hold for a person."""

    mine: list[InstructionLine] = Field(description="The person's own")
    team: list[InstructionLine] = Field(description="The team's")
    language: str = Field(default="", description="What pieces are written in")


class OneInstruction(Frozen):
    """Parameters of ``catalog.forget_instruction``."""

    number: str = Field(
        pattern=r"^[tTuU]?\d{1,4}$", description="Its number; T1 is the team's first"
    )


class Forgotten(Frozen):
    """A standing instruction holds no longer."""

    label: str = Field(description="How it was named")
    statement: str = Field(description="What it said")


class InstructionNotFound(NotFound):
    """No instruction has that number, or it is somebody else's."""

    code = "instruction_not_found"

    def __init__(self, label: str) -> None:
        """Name it, and how to see what there is."""
        super().__init__(
            f"There is no instruction {label}.", hint="/instructions lists them."
        )


@operation(
    "catalog.instruct",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "always",
        takes=("text",),
        says=(
            rf"(?:please )?(?P<text>(?:never|always) (?:{_VERB})\b.{{1,1500}})",
            r"from now on,? (?P<text>.{3,1500})",
        ),
    ),
    example={"text": "Always write British English; never use emojis"},
)
async def instruct(ctx: Ctx, p: Instruct) -> Instructed:
    """Add a rule for everything I write for you; every piece is checked against it.

    Raises:
        BadInput: It is too long, or there are too many.
    """
    return await _add(ctx, "user", _as_typed(p.text, "always"))


@operation(
    "catalog.forbid",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT},
    command=Command("never", takes=("text",)),
)
async def forbid(ctx: Ctx, p: Instruct) -> Instructed:
    """Say what I must never do in what I write for you.

    Raises:
        BadInput: It is too long, or there are too many.
    """
    return await _add(ctx, "user", _as_typed(p.text, "never"))


@operation(
    "catalog.instruct_team",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=EVERYWHERE,
    command=Command("team rule", takes=("text",)),
    example={"text": "Never promise a delivery date"},
)
async def instruct_team(ctx: Ctx, p: Instruct) -> Instructed:
    """Add a rule for everything I write for anybody of your team.

    Raises:
        BadInput: It is too long, or there are too many.
    """
    return await _add(ctx, "workspace", p.text)


@operation(
    "catalog.instructions",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*EVERYWHERE, Surface.TOOL},
    command=Command(
        "instructions",
        in_menu=True,
        says=(r"(?:show )?(?:my )?(?:standing )?instructions",),
    ),
    tells_settings=True,
)
async def list_instructions(ctx: Ctx, p: Nothing) -> Instructions:  # noqa: ARG001 - takes none
    """See the rules that hold for everything I write for you."""
    held = await instructions.standing(ctx.session)
    lines: dict[str, list[InstructionLine]] = {"user": [], "workspace": []}
    for one in held.instructions:
        lines[one.scope].append(_line(one))
    return Instructions(
        mine=lines["user"],
        team=lines["workspace"],
        language=held.language.name if held.language else "",
    )


@operation(
    "catalog.forget_instruction",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "forget",
        takes=("number",),
        says=(r"forget (?:instruction|rule) (?:number )?#?(?P<number>t?\d+)",),
    ),
    example={"number": "2"},
)
async def forget_instruction(ctx: Ctx, p: OneInstruction) -> Forgotten:
    """Drop a standing rule by its number; one of the team's takes an admin.

    Raises:
        InstructionNotFound: There is none of that number.
        Forbidden: It is the team's, and the caller is no admin.
    """
    label = p.number.upper().removeprefix(PREFIX["user"])
    is_team = label.startswith(PREFIX["workspace"])
    if is_team:
        ensure_role(ctx.caller, Role.ADMIN)
    scope: Scope = "workspace" if is_team else "user"
    code = label if is_team else f"{PREFIX['user']}{label}"
    said = await instructions.retire(ctx.session, ctx.caller.workspace_id, code, scope)
    if said is None:
        raise InstructionNotFound(label)
    ctx.changed(Change("instruction", label, {"statement": said}, None))
    return Forgotten(label=label, statement=said)


async def _add(ctx: Ctx, scope: Scope, text: str) -> Instructed:
    lines, known, language = [], [], ""
    for part in instructions.parts(text):
        wanted = instructions.language_in(part) if scope == "user" else None
        if wanted is not None:
            await preferences.choose(ctx.session, ctx.caller.user_id, locale=wanted.tag)
            language = wanted.name
            continue
        code = await instructions.add(ctx.session, ctx.caller, scope, part)
        if code is None:
            known.append(part)
            continue
        lines.append(_line(Instruction(code, part, scope)))
        ctx.changed(Change("instruction", lines[-1].label, None, {"statement": part}))
    if language:
        me = str(ctx.caller.user_id)
        ctx.changed(Change("settings", me, None, {"language": language}))
    return Instructed(
        lines=lines, known=known, language=language, is_team=scope == "workspace"
    )


def _as_typed(text: str, command: str) -> str:
    """``/never use emojis`` says the first word itself; plain words hold it."""
    first = text.split(maxsplit=1)[0].casefold().strip(",")
    whole = {
        "always",
        "never",
        "please",
        "do",
        "don't",
        "no",
        "avoid",
        "answer",
        "keep",
    }
    return text if first in whole else f"{command} {text}"


def _line(one: Instruction) -> InstructionLine:
    return InstructionLine(label=one.label, statement=one.statement)


OPERATIONS = (
    instruct,
    forbid,
    instruct_team,
    list_instructions,
    forget_instruction,
)
