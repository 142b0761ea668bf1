"""The first page: what is under way, what was made, what waits for this person."""

from fastapi import APIRouter
from starlette.responses import Response

from agent.runs.search_operations import ALIVE
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking

api = APIRouter(prefix="/console", route_class=ConsoleRoute)

SHOWN = 6


@api.get("")
async def overview(visit: Looking) -> Response:
    """What is going on."""
    drafts = []
    if visit.may("runs.approvals"):
        drafts = (await visit.ask("runs.approvals", limit=SHOWN)).lines
    alive = await visit.ask("runs.search", status="alive", limit=SHOWN)
    latest = (await visit.ask("runs.search", limit=2 * SHOWN)).lines
    return visit.page(
        "overview.html",
        {
            "status": await visit.ask("runs.status"),
            "alive": alive.lines,
            "latest": [line for line in latest if line.status not in ALIVE][:SHOWN],
            "outputs": (await visit.ask("runs.search_outputs", limit=4)).lines,
            "drafts": drafts,
        },
    )


@api.post("/signout", max_body_size=MAX_FORM_BYTES)
async def leave(visit: Acting) -> Response:
    """Sign out here."""
    await visit.doorkeeper.replace(visit.request)
    outside = visit.to("/signin?ended=1&to=console")
    visit.doorkeeper.farewell(outside)
    return outside
