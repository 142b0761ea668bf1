"""Clients: the brands, their profiles, and the versions of those."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from agent.clients.errors import ClientArchived, StaleEdit
from agent.clients.facts import FACTS
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

api = APIRouter(prefix="/console/clients", route_class=ConsoleRoute)

FORGET = "none"
"""What ``clients.edit`` takes for: nothing any more."""


@api.get("")
async def listed(visit: Looking) -> Response:
    """The brands in use, or those put away."""
    archived = visit.said("archived") == "1"
    cursor = visit.said("cursor")
    found = await visit.ask("clients.list", archived=archived, cursor=cursor, limit=50)
    wanted = {"archived": "1" if archived else ""}
    return visit.page("clients.html", {"found": found, "wanted": wanted})


@api.post("/new", max_body_size=MAX_FORM_BYTES)
async def new(visit: Acting) -> Response:
    """Add a brand."""
    made = await visit.ask("clients.new", name=visit.said("name"))
    return visit.to(f"/console/clients/{made.client_id}", "added")


@api.get("/{client_id}")
async def one(visit: Looking, client_id: UUID) -> Response:
    """One brand's profile."""
    return await _profile(visit, client_id)


@api.post("/{client_id}/edit", max_body_size=MAX_FORM_BYTES)
async def edit(visit: Acting, client_id: UUID) -> Response:
    """Tell one fact anew; what a colleague wrote meanwhile is shown beside it."""
    field, text = visit.said("part"), visit.said("text")
    seen = visit.said("version")
    try:
        await visit.ask(
            "clients.edit",
            client_id=str(client_id),
            part=field,
            text=text or FORGET,
            version=seen,
        )
    except StaleEdit as stale:
        clash = {"field": field, "text": text, "said": stale.message}
        return await _profile(visit, client_id, clash=clash, status=409)
    return visit.to(f"/console/clients/{client_id}", "kept")


@api.post("/{client_id}/rename", max_body_size=MAX_FORM_BYTES)
async def rename(visit: Acting, client_id: UUID) -> Response:
    """Give a brand another name."""
    name = await _name(visit, client_id)
    await visit.ask("clients.rename", name=name, to=visit.said("to"))
    return visit.to(f"/console/clients/{client_id}", "kept")


@api.post("/{client_id}/archive", max_body_size=MAX_FORM_BYTES)
async def archive(visit: Acting, client_id: UUID) -> Response:
    """Put a brand away."""
    await visit.ask("clients.archive", name=await _name(visit, client_id))
    return visit.to("/console/clients?archived=1", "archived")


@api.post("/{client_id}/restore", max_body_size=MAX_FORM_BYTES)
async def restore(visit: Acting, client_id: UUID) -> Response:
    """Take a brand out again."""
    await visit.ask("clients.restore", name=visit.said("name"))
    return visit.to(f"/console/clients/{client_id}", "restored")


@api.get("/{client_id}/versions/{number}")
async def version(visit: Looking, client_id: UUID, number: int) -> Response:
    """A profile as it stood, and what has changed since."""
    name, number = await _name(visit, client_id), max(number, 0)
    facts = {
        "old": await visit.ask("clients.version", name=name, when=str(number)),
        "compared": await visit.ask("clients.compare", name=name, old=number),
    }
    return visit.page("version.html", facts)


@api.post("/{client_id}/versions/{number}/restore", max_body_size=MAX_FORM_BYTES)
async def restore_version(visit: Acting, client_id: UUID, number: int) -> Response:
    """Let an earlier state be in force again."""
    name = await _name(visit, client_id)
    await visit.ask("clients.restore_version", name=name, when=str(max(number, 0)))
    return visit.to(f"/console/clients/{client_id}", "restored")


async def _profile(
    visit: Visit,
    client_id: UUID,
    *,
    clash: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    profile = await visit.ask("clients.show", client_id=str(client_id))
    known = {
        label: text for part in profile.parts for label, text in part.facts.items()
    }
    facts = {
        "profile": profile,
        "seven": [(part, _facts(part.name, known)) for part in profile.parts],
        "clash": clash,
        "labels": {fact.field: fact.label for fact in FACTS},
        "known": {fact.field: known.get(fact.label, "") for fact in FACTS},
        "history": await _history(visit, profile.name),
    }
    return visit.page("client.html", facts, status)


async def _history(visit: Visit, name: str) -> Any:
    try:
        return await visit.ask("clients.history", name=name)
    except ClientArchived:
        return None


async def _name(visit: Visit, client_id: UUID) -> str:
    profile = await visit.ask("clients.show", client_id=str(client_id))
    return str(profile.name)


def _facts(part: str, known: dict[str, str]) -> list[tuple[str, str, str]]:
    """``(field, label, text)`` of each fact that the part may hold."""
    return [
        (fact.field, fact.label, known.get(fact.label, ""))
        for fact in FACTS
        if fact.part == part
    ]
