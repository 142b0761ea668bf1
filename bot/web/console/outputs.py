"""Outputs: finished pieces to find, have and score."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

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


@api.get("/{output_id}")
async def one(visit: Looking, output_id: UUID) -> Response:
    """One piece: read, had as a file, gone on from."""
    named = {"output_id": str(output_id)}
    kept = await visit.ask("runs.read", **named)
    facts = {
        "output_id": output_id,
        "kept": kept,
        "text": await _text(visit, kept.storage_key),
        "next": await visit.ask("runs.next_steps", **named),
    }
    return visit.page("output.html", facts)


@api.get("/{output_id}/file")
async def file(visit: Looking, output_id: UUID) -> Response:
    """A piece as a file: Markdown, or what ``as`` says."""
    wanted = visit.said("as") or "markdown"
    made = await visit.ask("runs.export", output_id=str(output_id), format=wanted)
    body = await visit.backing.objects.get(made.storage_key)
    name = quote(made.file_name, safe="")
    charset = "; charset=utf-8" if made.format.is_text else ""
    return Response(
        body,
        media_type=f"{made.media_type}{charset}",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@api.post("/{output_id}/hand-over", max_body_size=MAX_FORM_BYTES)
async def hand_over(visit: Acting, output_id: UUID) -> Response:
    """Have another skill go on from it."""
    given = {"output_id": str(output_id), "skill": visit.said("skill")}
    begun = await visit.ask("runs.hand_over", **given)
    return visit.to(f"/console/runs/{begun.number}", "begun")


@api.post("/{output_id}/revise", max_body_size=MAX_FORM_BYTES)
async def revise(visit: Acting, output_id: UUID) -> Response:
    """Have it written anew, with a change."""
    given = {"output_id": str(output_id), "instruction": visit.said("instruction")}
    begun = await visit.ask("runs.revise_output", **given)
    return visit.to(f"/console/runs/{begun.number}", "begun")


@api.post("/{output_id}/score", max_body_size=MAX_FORM_BYTES)
async def score(visit: Acting, output_id: UUID) -> Response:
    """Say how good a piece is."""
    given = {"output_id": str(output_id), "score": visit.said("score")}
    await visit.ask("runs.score", **given)
    kept = await visit.ask("runs.read", output_id=str(output_id))
    return visit.to(f"/console/runs/{kept.number}", "scored")


async def _text(visit: Visit, storage_key: str) -> str:
    return (await visit.backing.objects.get(storage_key)).decode("utf-8", "replace")
