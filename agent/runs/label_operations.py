"""What can be asked about routing: why this skill, and what choices have taught."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import BadInput, NotFound
from agent.memory import conversations
from agent.memory.schemas import ROUTING
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.runs import label_queries as queries
from agent.runs.finding import the_run
from agent.runs.operations import ALIVE, OVER
from agent.runs.schemas import OneRun
from agent.shapes import Frozen, Order, Page, Paged

EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
LATEST = Order("labels", UUID)


class Candidate(Frozen):
    """A skill that was thought of."""

    skill: str = Field(description="Its name, or assistant for a plain answer")
    title: str = Field(description="What people call it")
    score: float | None = Field(description="How much spoke for it, 0 to 1")


class Why(Frozen):
    """How a message found its skill."""

    run_id: UUID | None = Field(
        description="Empty: no run yet, its questions are being asked"
    )
    number: int = Field(description="The short number people type; 0: no run yet")
    title: str = Field(description="What was chosen")
    skill: str = Field(description="Its name; empty: a plain answer")
    text: str = Field(description="The message, shortened")
    method: str = Field(
        description="press, command, phrase, lexical (like its examples), model, asked "
        "or none; empty: it came from no message"
    )
    confidence: float | None = Field(description="How sure that was, 0 to 1")
    language: str = Field(description="The message's language; empty: not told")
    reasons: list[str] = Field(description="What spoke for it, in words")
    candidates: list[Candidate] = Field(description="Others, best first")
    message_id: UUID | None = Field(description="The message, to start it otherwise")


class Taught(Frozen):
    """A choice that lifts a skill for messages like this one."""

    label_id: UUID
    text: str = Field(description="The message, shortened")
    skill: str = Field(description="The skill's name, or assistant")
    title: str = Field(description="What people call it")
    taught_at: datetime = Field(description="When it was chosen")


class AllTaught(Page):
    """What choices have taught, newest first."""

    lines: list[Taught] = Field(description="The choices")


class OneLabel(Frozen):
    """Parameters of ``runs.forget_label``: either of them."""

    label_id: UUID | None = Field(default=None, description="The choice")
    message_id: UUID | None = Field(
        default=None, description="The message that it was made for"
    )


class Forgotten(Frozen):
    """A choice that speaks no more."""

    text: str = Field(description="The message, shortened")


class LabelNotFound(NotFound):
    """No such choice speaks, or it was another's own."""

    code = "label_not_found"

    def __init__(self) -> None:
        """Say where those that do are listed."""
        super().__init__(
            "I remember no such choice any more.", hint="/learnt lists those I do."
        )


@operation(
    "runs.why",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "why",
        takes=("number",),
        in_menu=True,
        says=(
            r"why (?:this|that)(?: skill| one)?\??",
            r"why did you (?:pick|choose|take|use) (?:this|that|it)(?: skill| one)?\??",
            r"why (?:run )?#(?P<number>\d+)\??",
        ),
    ),
    example={"number": 12},
)
async def show_why(ctx: Ctx, p: OneRun) -> Why:
    """See why a skill was chosen for your last message, or for a run.

    Raises:
        RunNotFound: There is no such run.
    """
    if not p.number and not p.run_id and (asking := await _asking(ctx)):
        return asking
    row = await the_run(ctx, p, latest_among=(*ALIVE, *OVER))
    label = await queries.of_run(ctx.session, row["id"])
    known = dict(label) if label else {}
    return Why(
        run_id=row["id"],
        number=row["number"],
        title=row["title"],
        skill=row["skill"] or "",
        text=(known.get("text") or row["user_message"] or "")[:200],
        reasons=list(row["metadata"].get("reasons", ())),
        message_id=known.get("message_id"),
        **await _told(ctx, known, row["skill"]),
    )


async def _asking(ctx: Ctx) -> Why | None:
    """The same of the skill that asks its questions here; None: none does."""
    here = ctx.caller.conversation_id
    found = here and await conversations.standing(ctx.session, here, ctx.caller.user_id)
    dialog = found.dialog if found else None
    if dialog is None or dialog.kind != "interview" or dialog.skill_id is None:
        return None
    skill = await queries.skill(ctx.session, dialog.skill_id)
    message_id = dialog.subject_id if dialog.subject_type == "message" else None
    if skill is None:
        return None
    known = json.loads(dialog.answers.get(ROUTING, "{}"))
    said = message_id and await conversations.text_of(ctx.session, message_id)
    return Why(
        run_id=None,
        number=0,
        title=skill["title"],
        skill=skill["name"],
        text=(known.get("text") or said or "")[:200],
        reasons=known.get("reasons", []),
        message_id=message_id,
        **await _told(ctx, known, skill["name"]),
    )


async def _told(
    ctx: Ctx, known: Mapping[str, Any], skill: str | None
) -> dict[str, Any]:
    """What the router kept, with the titles of the others that it thought of."""
    others = [one for one in known.get("candidates", ()) if one["skill"] != skill]
    titles = await queries.titles(ctx.session, [one["skill"] for one in others])
    return {
        "method": known.get("method", ""),
        "confidence": known.get("confidence"),
        "language": known.get("language") or "",
        "candidates": [
            Candidate(
                skill=one["skill"],
                title=titles.get(one["skill"], "A plain answer"),
                score=one.get("score"),
            )
            for one in others
        ],
    }


@operation(
    "runs.labels",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "learnt",
        says=(r"what have you (?:learnt|learned)(?: (?:from|about) .*)?\??",),
    ),
    example={"limit": 20},
    personal=True,
)
async def list_labels(ctx: Ctx, p: Paged) -> AllTaught:
    """List the choices that taught me which skill you mean.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    rows = await queries.taught(ctx.session, p.limit + 1, LATEST.after(p))
    kept, more = LATEST.cut(rows, p, lambda row: row["label_id"])
    return AllTaught(lines=[Taught(**row) for row in kept], next_cursor=more)


@operation(
    "runs.forget_label",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"label_id": "019a2b3c-0000-7000-8000-000000000001"},
)
async def forget_label(ctx: Ctx, p: OneLabel) -> Forgotten:
    """Let a choice of a skill teach nothing any more.

    Raises:
        BadInput: Nothing says which.
        LabelNotFound: There is no such choice.
    """
    if p.label_id is None and p.message_id is None:
        raise BadInput("Which choice?", hint="Give label_id or message_id.")
    text = await queries.forget(ctx.session, p.label_id, p.message_id)
    if text is None:
        raise LabelNotFound
    which = str(p.label_id or p.message_id)
    ctx.changed(Change("routing_label", which, before={"speaks": True}, after={}))
    return Forgotten(text=text)


OPERATIONS = (show_why, list_labels, forget_label)
