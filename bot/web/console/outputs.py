"""Outputs: finished pieces to find, have and score."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking

api = APIRouter(prefix="/console/outputs", route_class=ConsoleRoute)

FILTERS = ("title", "skill", "client")


@api.get("")
async def listed(visit: Looking) -> Response:
    """Pieces that fit the filters."""
    wanted = {name: visit.said(name) for name in FILTERS}
    cursor = visit.said("cursor")
    found = await visit.ask("runs.search_outputs", **wanted, cursor=cursor)
    skills = (await visit.ask("catalog.skills")).lines
    facts = {"found": found, "wanted": wanted, "skills": skills}
    return visit.page("outputs.html", facts)


@api.get("/{output_id}/file")
async def file(visit: Looking, output_id: UUID) -> Response:
    """A piece as a file."""
    kept = await visit.ask("runs.read", output_id=str(output_id))
    body = await visit.backing.objects.get(kept.storage_key)
    name = quote(kept.file_name, safe="")
    return Response(
        body,
        media_type="text/markdown; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@api.post("/{output_id}/score", max_body_size=MAX_FORM_BYTES)
async def score(visit: Acting, output_id: UUID) -> Response:
    """Say how good a piece is."""
    given = {"output_id": str(output_id), "score": visit.said("score")}
    await visit.ask("runs.score", **given)
    kept = await visit.ask("runs.read", output_id=str(output_id))
    return visit.to(f"/console/runs/{kept.number}", "scored")
