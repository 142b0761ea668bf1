"""Audit: who changed what, when, and from where."""

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console.door import ConsoleRoute, Looking

api = APIRouter(prefix="/console/audit", route_class=ConsoleRoute)

FILTERS = ("about", "name", "who", "since")


@api.get("")
async def listed(visit: Looking) -> Response:
    """The lines that fit, newest first."""
    wanted = {name: visit.said(name) for name in FILTERS}
    cursor = visit.said("cursor")
    found = await visit.ask("identity.audit", **wanted, cursor=cursor, limit=50)
    return visit.page("audit.html", {"found": found, "wanted": wanted})
