"""Keys: those that programs come in with, and those of providers that are kept."""

from typing import get_args
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from agent.vault.providers import PROVIDERS, ProviderName
from bot.web.console.door import MAX_FORM_BYTES, Acting, ConsoleRoute, Looking
from bot.web.console.visit import Visit

api = APIRouter(prefix="/console/keys", route_class=ConsoleRoute)

HERE = "/console/keys"
SCOPES = (
    ("read", "Read only"),
    ("read write", "Read and write"),
    ("read write spend", "Read, write and ask for pieces"),
    ("*", "Everything you may"),
)
DAYS = (("30", "30 days"), ("90", "90 days"), ("365", "A year"))
TRIED = {
    "ok": "It works.",
    "refused": "The provider refused it.",
    "no_credit": "It is good, but there is no credit left on the account.",
    "limited": "The provider is answering too many calls; try again in a minute.",
    "unreachable": "The provider could not be reached; try again later.",
    "untested": "It cannot be tried out from here.",
}


@api.get("")
async def listed(visit: Looking) -> Response:
    """Every key, without itself."""
    return await _page(visit)


@api.post("/new", max_body_size=MAX_FORM_BYTES)
async def new(visit: Acting) -> Response:
    """Make an API key; it is shown on this one page."""
    made = await visit.ask(
        "identity.new_key",
        name=visit.said("name"),
        scopes=visit.said("scopes", "read"),
        days=visit.said("days", "90"),
    )
    return await _page(visit, made=made)


@api.post("/{key_id}/revoke", max_body_size=MAX_FORM_BYTES)
async def revoke(visit: Acting, key_id: UUID) -> Response:
    """Let an API key be worth nothing."""
    await visit.ask("identity.revoke_key", key_id=str(key_id))
    return visit.to(HERE, "revoked")


@api.post("/provider", max_body_size=MAX_FORM_BYTES)
async def keep(visit: Acting) -> Response:
    """Keep a provider's key, sealed, after one test call."""
    given = {"provider": visit.said("provider"), "secret": visit.said("secret")}
    kept = await visit.ask("vault.keep", **given)
    told = "Kept, sealed." if kept.is_kept else "It is not kept."
    said = f"{kept.title} …{kept.hint}: {TRIED[kept.tried]} {told}"
    return await _page(visit, said=said)


@api.post("/provider/{provider}/test", max_body_size=MAX_FORM_BYTES)
async def test(visit: Acting, provider: str) -> Response:
    """Make one cheap call with a kept key."""
    found = await visit.ask("vault.test", provider=provider)
    said = f"{found.title} …{found.hint}: {TRIED[found.tried]}"
    return await _page(visit, said=said)


@api.post("/provider/{provider}/remove", max_body_size=MAX_FORM_BYTES)
async def remove(visit: Acting, provider: str) -> Response:
    """Forget a provider's key, after a second press."""
    await visit.ask("vault.remove", provider=provider)
    return visit.to(HERE, "removed")


async def _page(visit: Visit, *, made: object = None, said: str = "") -> Response:
    kept = await visit.ask("vault.list") if visit.may("vault.list") else None
    facts = {
        "found": await visit.ask("identity.keys"),
        "kept": kept,
        "made": made,
        "said": said,
        "scopes": SCOPES,
        "days": DAYS,
        "providers": [(name, PROVIDERS[name].title) for name in get_args(ProviderName)],
    }
    return visit.page("keys.html", facts)
