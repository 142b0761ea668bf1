"""Settings: how Draper works with this person, where they are, in which workspaces."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking

api = APIRouter(prefix="/console/settings", route_class=ConsoleRoute)

HERE = "/console/settings"
SETTERS = {
    "mode": "identity.set_mode",
    "language": "identity.set_language",
    "zone": "identity.set_timezone",
    "hours": "identity.set_quiet",
}
"""A form's only field, and the operation that takes it."""


@api.get("")
async def shown(visit: Looking) -> Response:
    """All of it."""
    asked = {
        "mine": "identity.settings",
        "me": "identity.me",
        "workspaces": "identity.workspaces",
        "sessions": "identity.sessions",
    }
    found = {
        name: await visit.ask(op) if visit.may(op) else None
        for name, op in asked.items()
    }
    return visit.page(
        "settings.html", {**found, "this_session": visit.signed.caller.session_id}
    )


@api.post("/set", max_body_size=MAX_FORM_BYTES)
async def change(visit: Acting) -> Response:
    """Set one thing."""
    for field, op in SETTERS.items():
        if field in visit.form:
            await visit.ask(op, **{field: visit.said(field)})
    return visit.to(HERE, "kept")


@api.post("/workspace", max_body_size=MAX_FORM_BYTES)
async def switch(visit: Acting) -> Response:
    """Work in another workspace from now on, here and in the web chat."""
    await visit.ask("identity.switch", name=visit.said("name"))
    return visit.to("/console", "switched")


@api.post("/rename", max_body_size=MAX_FORM_BYTES)
async def rename(visit: Acting) -> Response:
    """Give the workspace another name."""
    await visit.ask("identity.rename_workspace", name=visit.said("name"))
    return visit.to(HERE, "kept")


@api.post("/sessions/{session_id}/end", max_body_size=MAX_FORM_BYTES)
async def end(visit: Acting, session_id: UUID) -> Response:
    """Sign out of one browser."""
    await visit.ask("identity.end_session", session_id=str(session_id))
    return visit.to(HERE, "ended")


@api.post("/sessions/end", max_body_size=MAX_FORM_BYTES)
async def end_all(visit: Acting) -> Response:
    """Sign out everywhere, here too."""
    await visit.ask("identity.end_session")
    outside = visit.to("/signin?ended=1&to=console")
    visit.doorkeeper.farewell(outside)
    return outside
