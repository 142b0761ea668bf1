"""What can be asked of the memory room."""

from dataclasses import replace
from uuid import UUID

from pydantic import Field

from agent.clients import brands, facts
from agent.clients.schemas import Chosen, UseClient
from agent.ctx import Ctx, Role
from agent.errors import BadInput, Conflict
from agent.memory import queries
from agent.memory.schemas import Dialog
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen


class DialogRef(Frozen):
    """Parameters that name an open question."""

    dialog_id: UUID


class InterviewClient(Frozen):
    """Parameters of ``memory.interview``."""

    client_id: UUID


class Interviewed(Frozen):
    """A client to ask about."""

    client_id: UUID
    name: str = Field(description="The brand's name")


class RetellClient(InterviewClient):
    """Parameters of ``memory.retell``."""

    part: str = Field(
        default="", max_length=40, description="Which part; empty: ask for it"
    )


class Retelling(Frozen):
    """A part of a client's profile is about to be told anew."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    field: str = Field(default="", description="What is asked for; empty: which part?")
    label: str = Field(default="", description="How that is called")
    now: str = Field(default="", description="What is known of it; empty: nothing")


class AnswerDialog(Frozen):
    """Parameters of ``memory.answer``."""

    dialog_id: UUID
    step: str = Field(description="Which question is answered")
    text: str = Field(default="", max_length=40_000, description="The answer")


class Answered(Frozen):
    """An answer was kept."""

    dialog_id: UUID
    skipped: bool = Field(description="Whether the question was skipped")


class Left(Frozen):
    """The questions were given up."""

    dialog_id: UUID


class Finished(Frozen):
    """The rest of the questions is left out; what was answered is used."""

    dialog_id: UUID


class DialogClosed(Conflict):
    """The question is no longer open."""

    code = "dialog_closed"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("That question is closed.", hint="Just write what you need.")


@operation(
    "memory.focus",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL},
    command=Command("client use", takes=("name",)),
    example={"name": "Yaz Automate"},
)
async def focus(ctx: Ctx, p: UseClient) -> Chosen:
    """Work on this client from now on, in this conversation.

    Raises:
        NoSuchClient, NearClients: The name fits none, or several.
    """
    if not p.name or ctx.caller.conversation_id is None:
        raise BadInput("Which client?", hint="/client use <name>.")
    client_id, name = await brands.pick(ctx.session, p.name)
    await queries.set_client(ctx.session, ctx.caller.conversation_id, client_id)
    return Chosen(client_id=client_id, name=name)


@operation(
    "memory.interview",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def interview(ctx: Ctx, p: InterviewClient) -> Interviewed:
    """Fill in what is still empty in a client's profile, question by question.

    Raises:
        ClientGone: It is not in this workspace.
    """
    profile = await brands.profile_of(ctx.session, p.client_id)
    return Interviewed(client_id=profile.client_id, name=profile.name)


@operation(
    "memory.retell",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def retell(ctx: Ctx, p: RetellClient) -> Retelling:
    """Tell one part of a client's profile anew.

    Raises:
        ClientGone: It is not in this workspace.
        NoSuchPart: A profile has no such part.
    """
    profile = await brands.profile_of(ctx.session, p.client_id)
    asked = Retelling(client_id=p.client_id, name=profile.name)
    if not p.part:
        return asked
    fact = facts.fact(p.part)
    known = await brands.known(ctx.session, p.client_id)
    told = {"field": fact.field, "label": fact.label, "now": known.get(fact.field, "")}
    return asked.model_copy(update=told)


@operation(
    "memory.answer",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def answer(ctx: Ctx, p: AnswerDialog) -> Answered:
    """Answer the open question; an empty answer skips it.

    Raises:
        DialogClosed: It was answered or given up already.
        TooLong: It is about a client, and more than a profile holds.
    """
    dialog = await queries.open_dialog_of(ctx.session, p.dialog_id, ctx.caller.user_id)
    if dialog is None or dialog.step != p.step:
        raise DialogClosed
    if dialog.subject_type == "client" and dialog.subject_id is not None:
        # This answer alone: what else the form knew may have been told anew meanwhile.
        await brands.learn(ctx, dialog.subject_id, {dialog.step: p.text.strip()})
    answers = {**dialog.answers, dialog.step: p.text.strip()}
    await queries.move_dialog(ctx.session, replace(dialog, answers=answers))
    return Answered(dialog_id=dialog.id, skipped=not p.text.strip())


@operation(
    "memory.leave",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def leave(ctx: Ctx, p: DialogRef) -> Left:
    """Give up the open questions.

    Raises:
        DialogClosed: They were answered or given up already, or ask somebody else.
    """
    found = await _open(ctx, p)
    await queries.close_dialog(ctx.session, found.id, "abandoned")
    return Left(dialog_id=p.dialog_id)


@operation(
    "memory.finish",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def finish(ctx: Ctx, p: DialogRef) -> Finished:
    """Leave the rest of the questions out, and use what was answered.

    Raises:
        DialogClosed: They were answered or given up already, or ask somebody else.
    """
    await _open(ctx, p)
    return Finished(dialog_id=p.dialog_id)


class Unfilled(Frozen):
    """Questions that are to be answered at once."""

    dialog_id: UUID


@operation(
    "memory.fill",
    effect=Effect.READ,
    role=Role.MEMBER,
    on={Surface.BUTTON},
)
async def fill(ctx: Ctx, p: DialogRef) -> Unfilled:
    """Answer all open questions at once, in a form.

    Raises:
        DialogClosed: They were answered or given up already, or ask somebody else.
    """
    await _open(ctx, p)
    return Unfilled(dialog_id=p.dialog_id)


async def _open(ctx: Ctx, p: DialogRef) -> Dialog:
    found = await queries.open_dialog_of(ctx.session, p.dialog_id, ctx.caller.user_id)
    if found is None:
        raise DialogClosed
    return found


OPERATIONS = (focus, interview, retell, answer, leave, finish, fill)
