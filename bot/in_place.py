"""What a press changes in the message that it was made in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel
from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.identity.help_operations import Help
from agent.mailroom import deliveries
from agent.mailroom.operations import Resent
from agent.mailroom.schemas import Message
from agent.runs.addition_operations import start_over
from agent.runs.next_operations import NextSteps
from agent.runs.pause_schemas import Decided, Replied
from agent.runs.review_schemas import Judged
from agent.runs.schemas import Ended, Explained, Scored
from bot import dialogs, render
from bot.surfaces import chat


async def show(ctx: Ctx, delivery: RowMapping, result: BaseModel) -> bool:
    """Let the message say what its press did; False when that is said elsewhere."""
    shown = delivery["payload"]
    match result:
        case Scored():
            await deliveries.show(ctx.session, delivery, render.scored(result, shown))
            if result.score <= render.LOW_SCORE:
                await dialogs.begin_review(ctx, result.output_id, delivery["id"])
            else:
                await dialogs.end_review(ctx)
        case Explained():
            await deliveries.show(
                ctx.session, delivery, render.explained(result, shown)
            )
            await dialogs.end_review(ctx)
        case Judged() | Resent() | NextSteps():
            await deliveries.show(ctx.session, delivery, _worded(result, shown))
        case Help():
            await deliveries.show(ctx.session, delivery, _helped(result, delivery))
        case Ended() | Replied():
            return await _under_way(ctx, delivery, result)
        case Decided():
            await _decided(ctx, delivery, result)
        case _:
            return False
    return True


async def _under_way(ctx: Ctx, delivery: RowMapping, result: Ended | Replied) -> bool:
    if not _asks(delivery, start_over.name):
        return bool(delivery["run_id"] == result.run_id)
    await deliveries.show(ctx.session, delivery, render.result(result))
    return True


async def _decided(ctx: Ctx, delivery: RowMapping, result: Decided) -> None:
    if delivery["run_id"] != result.run_id:  # from the list of what waits
        done = replace(render.result(result), text=delivery["payload"]["text"])
        said = render.result(result).text
        await deliveries.show(ctx.session, delivery, replace(done, note=said))


def _asks(delivery: RowMapping, operation: str) -> bool:
    """Whether its buttons are there for that alone."""
    buttons = delivery["payload"].get("buttons") or ()
    return {one["operation"] for one in buttons} == {operation}


def _worded(result: Judged | Resent | NextSteps, shown: Mapping[str, Any]) -> Message:
    if isinstance(result, NextSteps):
        return render.next_steps.opened(result, shown)
    if isinstance(result, Judged):
        return render.judged(result, shown)
    return render.result(result)


def _helped(result: Help, delivery: RowMapping) -> Message:
    said = render.result(result)
    return replace(said, text=chat.as_typed(said.text, delivery["channel"]))


def notice(result: BaseModel) -> str:
    """A few words for the one who pressed, or none."""
    match result:
        case Scored(score=score):
            return f"Thanks! {score} of 5."
        case Explained() | Replied():
            return "Thanks, noted."
        case Decided():
            return render.result(result).text
        case _:
            return ""
