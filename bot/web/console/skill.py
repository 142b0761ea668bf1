"""One skill: how people find its pieces, its versions, what is proposed and tested."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from agent.errors import NotFound
from bot.render.experiments import lacking
from bot.render.quality import SIGNALS
from bot.web.console import plots
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

api = APIRouter(prefix="/console/skills/{name}", route_class=ConsoleRoute)


@api.get("")
async def shown(visit: Looking, name: str) -> Response:
    """All that is known of how good it is, and what can be decided about it."""
    found = await visit.ask("catalog.quality", skill=name)
    [line] = found.lines
    facts: dict[str, Any] = {
        "one": line,
        "detail": found.detail,
        "plot": plots.interval,
        "trend": plots.trend([week.mean for week in line.weeks]),
        "signals": SIGNALS,
        "versions": await _versions(visit, line.name),
        "proposals": await _proposals(visit, line.name),
        "tests": (await visit.ask("catalog.tests", skill=line.name)).lines,
        "lacking": lacking,
    }
    return visit.page("skill.html", facts)


async def _versions(visit: Visit, name: str) -> Any:
    try:
        return await visit.ask("catalog.versions", skill=name)
    except NotFound:
        return None  # it has none yet


async def _proposals(visit: Visit, name: str) -> list[Any]:
    learnt = await visit.ask("catalog.learnt")
    waiting = [one.rule_id for one in learnt.waiting if one.skill == name]
    shown = [await visit.ask("catalog.show_rule", rule_id=str(one)) for one in waiting]
    return [one.proposal for one in shown]


@api.post("/accept", max_body_size=MAX_FORM_BYTES)
async def accept(visit: Acting, name: str) -> Response:
    """Accept a proposed rule: a version with it is in force at once."""
    ends_test = visit.said("ends_test") == "yes"
    given = {"rule_id": visit.said("rule_id"), "ends_test": ends_test}
    done = await visit.ask("catalog.accept_rule", **given)
    return visit.to(f"/console/skills/{name}", "tested_now" if done.running else "kept")


@api.post("/reject", max_body_size=MAX_FORM_BYTES)
async def reject(visit: Acting, name: str) -> Response:
    """Reject a proposed rule; why may be said."""
    given = {field: visit.said(field) for field in ("rule_id", "reason")}
    await visit.ask("catalog.reject_rule", **given)
    return visit.to(f"/console/skills/{name}", "kept")


@api.post("/rollback", max_body_size=MAX_FORM_BYTES)
async def roll_back(visit: Acting, name: str) -> Response:
    """Let an earlier version be in force again."""
    given = {field: visit.said(field) for field in ("to", "leaves")}
    await visit.ask("catalog.roll_back", skill=name, **given)
    return visit.to(f"/console/skills/{name}", "kept")


@api.post("/stop", max_body_size=MAX_FORM_BYTES)
async def stop(visit: Acting, name: str) -> Response:
    """End a test; what was found stays."""
    await visit.ask("catalog.stop_test", test_id=visit.said("test_id"))
    return visit.to(f"/console/skills/{name}", "kept")
