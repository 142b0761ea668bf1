"""Usage: what a month cost, for what and by whom, and the limits in force."""

import re
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console import plots
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.plots import Bar
from bot.web.console.words import money

api = APIRouter(prefix="/console/usage", route_class=ConsoleRoute)

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
PERIODS = (("month", "Month"), ("day", "Day"))


@api.get("")
async def shown(visit: Looking) -> Response:
    """One month, this one unless another is asked for."""
    asked = visit.said("month")
    month = asked if _MONTH.fullmatch(asked) else ""
    used = await visit.ask("billing.usage", month=month)
    days = [
        Bar(f"{line.day.day} {line.day:%b}", float(line.cost_usd), money(line.cost_usd))
        for line in used.days
    ]
    facts = {
        "used": used,
        "plot": plots.bars("Spent day by day", days) if used.total_usd else None,
        "before": _beside(used.month, -1),
        "after": "" if used.is_current else _beside(used.month, 1),
        "budget": await visit.ask("billing.budget"),
        "periods": PERIODS,
    }
    return visit.page("usage.html", facts)


@api.post("/limit", max_body_size=MAX_FORM_BYTES)
async def limit(visit: Acting) -> Response:
    """Set a limit, of the workspace or of a person."""
    given = {name: visit.said(name) for name in ("limit", "period", "person")}
    await visit.ask("billing.set_limit", **given)
    return visit.to("/console/usage", "kept")


def _beside(month: str, step: int) -> str:
    first = date.fromisoformat(f"{month}-01")
    year, number = divmod(first.year * 12 + first.month - 1 + step, 12)
    return f"{year:04}-{number + 1:02}"
