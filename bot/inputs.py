"""A skill's questions as one form, where the door opens forms.

The questions stand in the chat all the same: whoever closes the form, or is too slow
for it, answers there, one by one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from agent.catalog.plays import WHAT
from agent.catalog.sidecars import Question
from agent.catalog.skillfile import SkillFile
from agent.ctx import Ctx
from agent.memory import conversations
from agent.memory.schemas import Dialog
from bot.services import Services
from channels.contract import Outgoing
from channels.forms import Field, FieldKind, Form, OpensForms

NAME = "inputs"
"""What such a form is called; ``given`` says which dialog it answers."""
MOST = 3_000
BRIEF = "_brief"
"""Where an interview keeps what the person said before the first question."""


def steps_of(file: SkillFile, brief: str) -> Sequence[Question]:
    """What a skill asks before it works on ``brief``."""
    due = file.questions.due(brief)
    return due if due or brief.strip() else (WHAT,)


def left(file: SkillFile, dialog: Dialog) -> Sequence[Question]:
    """What a skill asks that an interview has no answer to yet."""
    steps = steps_of(file, dialog.answers.get(BRIEF, ""))
    return [step for step in steps if step.key not in dialog.answers]


def is_offered(services: Services, ctx: Ctx, steps: Sequence[Question]) -> bool:
    """Whether several questions can be answered at once here."""
    return len(steps) > 1 and _door(services, ctx) is not None


async def show(services: Services, ctx: Ctx, dialog: Dialog, file: SkillFile) -> bool:
    """Show all that is still open as one form; False where it does not open."""
    door = _door(services, ctx)
    open_ones = left(file, dialog)
    origin = ctx.origin
    if door is None or origin is None or not open_ones:
        return False
    given = json.dumps({"dialog": str(dialog.id)})
    form = Form(NAME, file.title, tuple(map(_field, open_ones)), given, "Go on")
    at = Outgoing(
        origin.account, origin.chat, "", thread=origin.thread, extra=origin.extra
    )
    return await door.open_form(form, at)


async def fill(services: Services, ctx: Ctx, dialog_id: UUID) -> bool:
    """Show a skill's open questions as one form; False where it does not open."""
    dialog = await conversations.asked(ctx.session, dialog_id, ctx.caller.user_id)
    file = services.shelf.of(dialog.skill_id) if dialog else None
    if dialog is None or file is None:
        return False
    return await show(services, ctx, dialog, file)


def filled(dialog: Dialog, answers: Mapping[str, str]) -> Dialog:
    """The dialog with what the form brought; what was left empty is skipped."""
    said = {key: text.strip() for key, text in answers.items()}
    return replace(dialog, answers={**dialog.answers, **said})


def _door(services: Services, ctx: Ctx) -> OpensForms | None:
    door: object = services.channels.get(ctx.origin.channel) if ctx.origin else None
    return door if isinstance(door, OpensForms) else None


def _field(step: Question) -> Field:
    choices = f"For example: {', '.join(step.choices)}" if step.choices else ""
    instead = f"Left empty: {step.default}" if step.can_skip and step.default else ""
    return Field(
        step.key,
        step.question,
        FieldKind.LONG,
        required=not step.can_skip,
        hint=". ".join(
            part.rstrip(".") for part in (step.why, choices, instead) if part
        ),
        at_most=MOST,
    )
