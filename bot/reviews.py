"""Asking for a review: as a form, filled in with what was said before.

Where it is asked question by question nobody is held in it: what is no answer is served
as it would be without the form, and what was said so far is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from agent.ctx import Ctx
from agent.gate import invoke
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.runs.review_operations import give_review, read_feedback, report_issue
from agent.runs.review_schemas import Review
from bot import forms
from bot.router import Route
from bot.services import Services
from bot.surfaces import chat
from bot.surfaces import forms as surface
from channels.forms import FieldKind, Form

FIELDS = (
    *("overall", "accuracy", "quality", "usefulness", "rule_compliance"),
    *("what_worked", "issue", "severity", "suggested_fix", "comment"),
)
KEPT = FIELDS[:6] + FIELDS[-1:]
"""What a person has one of: it stands in the form already, to be changed."""
OPEN = frozenset(f"{surface.PREFIX}{op.name}" for op in (give_review, report_issue))

_WISH = re.compile(
    r"\s*(?:(?:please|now|can you|could you|i need|i want|i would like)\b[\s,]*)*"
    r"(?:you to |to )?(?:write|draft|create|make|give me|plan|build|rewrite|design|"
    r"suggest|prepare)\b",
    re.IGNORECASE,
)
"""How a wish begins: "the tone of voice" names a skill, too, and praises."""


async def begin(services: Services, ctx: Ctx, raw: Mapping[str, object]) -> None:
    """Show the form for the piece that is meant.

    Raises:
        RunNotFound, OutputNotFound, NothingToReview: See ``runs.feedback``.
    """
    found = await invoke(read_feedback, ctx, raw)
    await forms.begin(services, ctx, give_review, form_for(found))


def form_for(found: Review) -> Form:
    """The form, with what the person said so far."""
    said = {name: getattr(found, name) for name in KEPT if getattr(found, name)}
    raw = {"output_id": str(found.output_id), **said}
    form = surface.form_of(give_review, raw, {}, FIELDS)
    assert form is not None  # noqa: S101 - every field of it can be typed
    about = f'This is about "{found.title}" (run #{found.number})'
    fields = list(form.fields)
    first = 1 if fields[0].default else 0  # asked first, where one by one
    fields[first] = replace(fields[first], hint=f"{about}. {fields[first].hint}")
    return replace(form, fields=tuple(fields))


async def interrupted(ctx: Ctx, dialog: Dialog, text: str, route: Route) -> bool:
    """Whether this is no answer to an open review, which then ends, and is kept."""
    if dialog.answers.get(forms.FORM) not in OPEN:
        return False
    form = forms.form_in(dialog)
    asked = next((one for one in form.fields if one.name == dialog.step), None)
    is_answer = asked is not None and (
        asked.kind is not FieldKind.CHOICE or _is_choice(asked.choices, text)
    )
    is_wish = route.method == "phrase" and _WISH.match(text)
    if is_answer and not is_wish and chat.heard(text) is None:
        return False
    await conversations.close(ctx.session, dialog.id, "abandoned")
    op = surface.op_of(form.name)
    assert op is not None  # noqa: S101 - one of ``OPEN``
    filled = surface.read(op, dialog.answers.get(forms.GIVEN, ""), _said(dialog, form))
    if not filled.faults:
        await invoke(op, ctx, filled.raw)
    return True


def _is_choice(choices: tuple[tuple[str, str], ...], text: str) -> bool:
    said = text.strip().casefold()
    return any(said in {value.casefold(), label.casefold()} for value, label in choices)


def _said(dialog: Dialog, form: Form) -> dict[str, str]:
    return {
        one.wire: dialog.answers[one.wire]
        for one in form.fields
        if one.wire in dialog.answers
    }
