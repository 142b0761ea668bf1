"""What a press opens beside what it does: a form, questions, what belongs to it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from agent.ctx import Ctx
from agent.gate import invoke
from agent.mailroom.operations import Resent
from agent.memory.operations import fill
from agent.registry import AnyOperation
from agent.runs.review_operations import read_feedback
from agent.runs.review_schemas import Judged
from bot import ends, forms, inputs, render, reviews
from bot.answers import reply
from bot.services import Services
from bot.surfaces import forms as surface


async def asked(
    services: Services, ctx: Ctx, button: Mapping[str, Any], op: AnyOperation
) -> bool:
    """Whether the button only asks: for what its operation lacks, or for answers."""
    params = button["params"]
    form = surface.wanted(op, params, ask=button.get("ask", False))
    if op is read_feedback:
        await reviews.begin(services, ctx, params)
    elif op is fill:
        unfilled = await invoke(fill, ctx, params)
        if not await inputs.fill(services, ctx, unfilled.dialog_id):
            await reply(ctx, render.result(unfilled))
    elif form is not None:
        await forms.begin(services, ctx, op, form)
    else:
        return False
    return True


async def lead_on(services: Services, ctx: Ctx, result: BaseModel) -> None:
    """Show or ask what belongs to a result, besides saying what was done."""
    match result:
        case Resent(here=True, delivery_id=lost):
            await ends.show_here(services, ctx, lost)
        case Judged(liked=False, output_id=judged):
            await reviews.begin(services, ctx, {"output_id": str(judged)})
