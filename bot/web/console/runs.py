"""Runs: those that fit, one whole, and what can be done about it."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from agent.errors import NotFound, Unavailable
from agent.runs.search_operations import ALIVE, Standing
from bot.render.words import STATUS_WORDS
from bot.web.console import steps
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

api = APIRouter(prefix="/console/runs", route_class=ConsoleRoute)

FILTERS = ("status", "skill", "client", "person")
ENDED = ("completed", "failed", "timeout", "cancelled")
DECIDED = {"approve": "approved", "revise": "revised", "reject": "rejected"}
STATUSES = [("", "Any"), (Standing.ALIVE.value, "under way")] + [
    (one.value, STATUS_WORDS[one.value]) for one in Standing if one in STATUS_WORDS
]


@api.get("")
async def listed(visit: Looking) -> Response:
    """Runs that fit the filters."""
    wanted = {name: visit.said(name) for name in FILTERS}
    if wanted["status"] not in dict(STATUSES):
        wanted["status"] = ""
    found = await visit.ask("runs.search", **wanted, cursor=visit.said("cursor"))
    return visit.page(
        "runs.html",
        {
            "found": found,
            "wanted": wanted,
            "statuses": STATUSES,
            "skills": (await visit.ask("catalog.skills")).lines,
            "alive": sum(line.status in ALIVE for line in found.lines),
        },
    )


@api.get("/{number}")
async def one(visit: Looking, number: int) -> Response:
    """One run, whole."""
    run = await visit.ask("runs.show", number=max(number, 1))
    written = await _written(visit, run.output_id) if run.output_id else None
    return visit.page(
        "run.html",
        {
            "run": run,
            "steps": await _steps(visit, run),
            "piece": written,
            "draft": await _draft(visit, run),
            "is_alive": run.status in ALIVE,
            "is_over": run.status in ENDED,
        },
    )


@api.post("/{number}/stop", max_body_size=MAX_FORM_BYTES)
async def stop(visit: Acting, number: int) -> Response:
    """Stop it."""
    await visit.ask("runs.cancel", number=max(number, 1))
    return visit.to(f"/console/runs/{number}", "stopped")


@api.post("/{number}/retry", max_body_size=MAX_FORM_BYTES)
async def retry(visit: Acting, number: int) -> Response:
    """Run it again."""
    await visit.ask("runs.retry", number=max(number, 1))
    return visit.to(f"/console/runs/{number}", "retried")


@api.post("/{number}/share", max_body_size=MAX_FORM_BYTES)
async def share(visit: Acting, number: int) -> Response:
    """Let the team see it."""
    await visit.ask("runs.share", number=max(number, 1))
    return visit.to(f"/console/runs/{number}", "shared")


@api.post("/{number}/decide", max_body_size=MAX_FORM_BYTES)
async def decide(visit: Acting, number: int) -> Response:
    """Approve its draft, send it back, or reject it."""
    given = {name: visit.said(name) for name in ("draft_id", "decision", "feedback")}
    await visit.ask("runs.decide", **given)
    return visit.to(f"/console/runs/{number}", DECIDED[given["decision"]])


async def _steps(visit: Visit, run: Any) -> list[Any]:
    """Its steps, with what was found about its rules as one of them."""
    rules = []
    if steps.has_checks(run.steps):
        rules = (await visit.ask("runs.rules", number=run.number)).lines
    return steps.folded(run.steps, rules, is_alive=run.status in ALIVE)


async def _written(visit: Visit, output_id: object) -> dict[str, Any]:
    kept = await visit.ask("runs.read", output_id=str(output_id))
    text = kept.preview
    try:
        body = await visit.backing.objects.get(kept.storage_key)
        text, is_whole = body.decode("utf-8", "replace"), True
    except (NotFound, Unavailable):
        is_whole = False
    return {"kept": kept, "text": text, "is_whole": is_whole, "output_id": output_id}


async def _draft(visit: Visit, run: Any) -> Any:
    """The draft of this run that waits for this person's yes, if one does."""
    if run.status != "waiting_approval" or not visit.may("runs.approvals"):
        return None
    async for line in visit.pages("runs.approvals", 200):
        if line.number == run.number:
            return line
    return None
