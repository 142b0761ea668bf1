"""Skills: what each does, how people find what it writes, which are on; imports."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console import plots
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking

api = APIRouter(prefix="/console/skills", route_class=ConsoleRoute)

HERE = "/console/skills"
LATELY = 15


@api.get("")
async def listed(visit: Looking) -> Response:
    """Every skill and its standing."""
    found = await visit.ask("catalog.quality")
    here = await visit.ask("catalog.skills")
    may_see = visit.may("catalog.loaded")
    loaded = (await visit.ask("catalog.loaded")).lines if may_see else []
    files = {line.name: visit.backing.shelf.file(line.name) for line in found.lines}
    facts: dict[str, Any] = {
        "lines": found.lines,
        "rules": {name: len(file.rules) for name, file in files.items() if file},
        "off": set(here.off),
        "own": {line.name for line in here.lines if line.is_own},
        "problems": here.problems,
        "drafts": [line for line in loaded if line.status == "draft"],
        "lately": [line for line in loaded if line.status != "draft"][:LATELY],
        "may_switch": visit.caller.role.name in {"ADMIN", "OWNER"},
        "interval": plots.interval,
        "trend": plots.trend,
    }
    return visit.page("skills.html", facts)


@api.post("/on", max_body_size=MAX_FORM_BYTES)
async def on(visit: Acting) -> Response:
    """Have a skill answer here again."""
    await visit.ask("catalog.skill_on", name=visit.said("name"))
    return visit.to(HERE, "kept")


@api.post("/off", max_body_size=MAX_FORM_BYTES)
async def off(visit: Acting) -> Response:
    """Do without a skill here."""
    await visit.ask("catalog.skill_off", name=visit.said("name"))
    return visit.to(HERE, "kept")


@api.post("/save", max_body_size=MAX_FORM_BYTES)
async def save(visit: Acting) -> Response:
    """Put a draft in force, an imported one too."""
    await visit.ask("catalog.save_skill", name=visit.said("name"))
    return visit.to(HERE, "kept")


@api.post("/drop", max_body_size=MAX_FORM_BYTES)
async def drop(visit: Acting) -> Response:
    """Put a draft away."""
    await visit.ask("catalog.drop_skill", name=visit.said("name"))
    return visit.to(HERE, "removed")
