"""Members: who is here, in which role, and who is invited."""

from fastapi import APIRouter
from starlette.responses import Response

from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

api = APIRouter(prefix="/console/members", route_class=ConsoleRoute)

ROLES = (
    ("viewer", "Viewer: reads"),
    ("member", "Member: asks and writes"),
    ("admin", "Admin: people, keys, budgets"),
    ("owner", "Owner: everything"),
)
HERE = "/console/members"


@api.get("")
async def listed(visit: Looking) -> Response:
    """Everybody here."""
    return await _page(visit, made=None)


@api.post("/role", max_body_size=MAX_FORM_BYTES)
async def role(visit: Acting) -> Response:
    """Give a member another role."""
    given = {"name": visit.said("name"), "standing": visit.said("role")}
    await visit.ask("identity.set_role", **given)
    return visit.to(HERE, "kept")


@api.post("/remove", max_body_size=MAX_FORM_BYTES)
async def remove(visit: Acting) -> Response:
    """Take a member out, after a second press."""
    await visit.ask("identity.remove_member", name=visit.said("name"))
    return visit.to(HERE, "removed")


@api.post("/invite", max_body_size=MAX_FORM_BYTES)
async def invite(visit: Acting) -> Response:
    """Invite somebody; the link is shown on this one page."""
    standing = visit.said("role", "member")
    given = {"address": visit.said("address"), "standing": standing}
    made = await visit.ask("identity.invite", **given)
    return await _page(visit, made=made)


@api.post("/uninvite", max_body_size=MAX_FORM_BYTES)
async def uninvite(visit: Acting) -> Response:
    """Let an invitation be worth nothing."""
    await visit.ask("identity.revoke_invite", handle=visit.said("handle"))
    return visit.to(HERE, "removed")


async def _page(visit: Visit, made: object) -> Response:
    may_see = visit.may("identity.invites")
    facts = {
        "found": await visit.ask("identity.members"),
        "invites": (await visit.ask("identity.invites")).lines if may_see else [],
        "roles": ROLES,
        "made": made,
    }
    return visit.page("members.html", facts)
