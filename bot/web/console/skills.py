"""Skills: what each does, and how people find what it writes."""

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console import plots
from bot.web.console.door import ConsoleRoute, Looking

api = APIRouter(prefix="/console/skills", route_class=ConsoleRoute)


@api.get("")
async def listed(visit: Looking) -> Response:
    """Every skill and its standing."""
    found = await visit.ask("catalog.quality")
    files = {line.name: visit.backing.shelf.file(line.name) for line in found.lines}
    facts = {
        "lines": found.lines,
        "rules": {name: len(file.rules) if file else 0 for name, file in files.items()},
        "interval": plots.interval,
        "trend": plots.trend,
    }
    return visit.page("skills.html", facts)
