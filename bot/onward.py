"""A press that goes on from a piece: begun once, asked only what is still open."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.gate import invoke
from agent.mailroom import deliveries
from agent.memory.schemas import Dialog
from agent.runs import exports, handing
from agent.runs.next_operations import hand_over
from bot import interviews, render
from bot.answers import keep
from bot.handing import PIECE
from bot.inputs import BRIEF
from bot.services import Services

BEGUN = "On it."


def once(ctx: Ctx, delivery: RowMapping, button: Mapping[str, Any]) -> Ctx:
    """The call as it comes of this very button, so that it begins one run at most."""
    assert ctx.origin is not None  # noqa: S101 - a press has an origin
    params = button["params"]
    what = params.get("skill") or params.get("instruction", "")
    key = f"press:{delivery['id']}:{what}"
    said = f"{button['label']}." if not ctx.origin.text else ctx.origin.text
    return replace(ctx, origin=replace(ctx.origin, key=key, text=said))


async def press(
    services: Services, ctx: Ctx, delivery: RowMapping, button: Mapping[str, Any]
) -> None:
    """Hand the piece over; the button that did it is gone then.

    Raises:
        AlreadyDone: It was pressed before.
    """
    placed = once(ctx, delivery, button)
    if not await _asked(services, placed, button["params"]):
        await invoke(hand_over, placed, button["params"])
    shown = render.next_steps.without(delivery["payload"], button)
    await deliveries.show(ctx.session, delivery, shown)


async def _asked(services: Services, ctx: Ctx, params: Mapping[str, Any]) -> bool:
    """Whether the skill must be told more than piece and request do."""
    file = services.shelf.file(params["skill"])
    if file is None or not file.questions.steps:
        return False
    row = await handing.find(ctx.session, UUID(params["output_id"]))
    piece = await exports.read(ctx, row["id"])
    brief = handing.request(row)
    steps, known = handing.open_questions(file.questions, brief, piece.text)
    if not steps:
        return False
    dialog = Dialog(
        id=ctx.ids.new(),
        kind="interview",
        step=steps[0].key,
        answers={
            BRIEF: brief,
            interviews.CLIENT: str(row["client_id"] or ""),
            PIECE: str(row["id"]),
            interviews.KNOWN: ",".join(known),
            **known,
        },
        skill_id=services.shelf.refs[file.name].id,
        subject_type="message",
        subject_id=await keep(ctx),
    )
    await interviews.begin(services, ctx, dialog, file)
    return True
