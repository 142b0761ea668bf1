"""One run, told whole: the record people read, and how the engine stands with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from agent.ctx import Ctx
from agent.mailroom import ends, ends_shown
from agent.ports import Progress
from agent.runs import queries
from agent.runs.pause_schemas import ANSWER_WITHIN, DECIDE_WITHIN
from agent.runs.schemas import RunDetail, SeenBy, Shown, StepLine, Waiting

BUSY = ("queued", "running")
PAUSED = {
    "waiting_input": (Waiting.ANSWER, ANSWER_WITHIN),
    "waiting_approval": (Waiting.APPROVAL, DECIDE_WITHIN),
}


async def of(ctx: Ctx, row: RowMapping) -> RunDetail:
    """The run of a row that ``queries.find`` returned."""
    steps = [StepLine(**step) for step in await queries.steps(ctx.session, row["id"])]
    ms = row["duration_ms"]
    return RunDetail(
        run_id=row["id"],
        number=row["number"],
        title=row["title"],
        skill=row["skill"],
        status=row["status"],
        asked=row["user_message"] or "",
        asked_by=row["asked_by"],
        channel=row["channel"],
        queued_at=row["queued_at"],
        read_at=ctx.clock.now(),
        client=row["client"],
        attempt=row["attempt"],
        model=row["model"] or "",
        fallback_from=row["fallback_from"] or "",
        tokens=row["tokens_input"] + row["tokens_output"],
        cost_usd=row["cost_usd"],
        seconds=None if ms is None else ms / 1000,
        error=row["error_message"] or "",
        steps=steps,
        reasons=list(row["metadata"].get("reasons", ())),
        output_id=row["output_id"],
        seen_by=_seen_by(row),
        shown=await _shown(ctx, row),
        **await _waiting(ctx, row, steps),
    )


async def _shown(ctx: Ctx, row: RowMapping) -> list[Shown]:
    """The messages of its answer: nobody sees those of a chat that is not theirs."""
    found = await ends_shown.of_run(ctx.session, row["id"], row["attempt"])
    return [_fate(one) for one in found]


def _fate(row: RowMapping) -> Shown:
    state = _state(row)
    where = {
        "delivery_id": row["id"],
        "door": ends.DOORS.get(row["channel"], row["channel"]),
        "state": state,
        "tries": row["attempts"],
    }
    if state in {"waiting", "shown"}:
        return Shown(**where)
    # Whoever was lost while sending could not say why.
    error = row["error"] if state != "unsure" else f"unanswered: {row['error']}"
    fate = ends.explained(row["channel"], error)
    return Shown(
        **where,
        end=fate.kind,
        reason=fate.said,
        detail=fate.detail,
        helps=fate.helps,
        next_try_at=row["not_before"] if state == "trying" else None,
    )


def _state(row: RowMapping) -> str:
    match row["status"]:
        case "failed":
            # What stood there whole, and only could not be changed, got through.
            return "shown" if row["was_seen"] else "failed"
        case "ambiguous":
            return "unsure"
        case "sent" if not row["is_behind"]:
            return "shown"
    return "trying" if row["failing_since"] else "waiting"


def _seen_by(row: RowMapping) -> SeenBy:
    if row["private_user_id"] is not None:
        return SeenBy.YOU
    return SeenBy.CHAT if row["private_chat_id"] is not None else SeenBy.TEAM


async def _waiting(
    ctx: Ctx, row: RowMapping, steps: Sequence[StepLine]
) -> dict[str, Any]:
    """What an unfinished run waits for, as fields of a RunDetail."""
    if row["status"] in PAUSED:
        what, within = PAUSED[row["status"]]
        return {"waiting_for": what, "waiting_until": _until(steps, within)}
    if row["status"] not in BUSY:
        return {}
    progress = await _progress(ctx, row)
    if progress.next_try_at:
        return {
            "waiting_for": Waiting.RETRY,
            "waiting_until": progress.next_try_at,
            "tries": progress.failed_tries,
        }
    ahead = await queries.ahead(ctx.session, row["id"])
    return {"waiting_for": Waiting.TURN, "ahead": ahead} if ahead else {}


def _until(steps: Sequence[StepLine], within: timedelta) -> datetime | None:
    asked = [step.started_at for step in steps if step.status == "waiting"]
    return asked[-1] + within if asked and asked[-1] else None


async def _progress(ctx: Ctx, row: RowMapping) -> Progress:
    if ctx.engine is None:
        return Progress()
    found = await ctx.engine.progress(f"{row['id']}:{row['attempt']}")
    return found or Progress()
