"""The pages themselves: the chat, and the way in and out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.web.desk import Desk, TooManyTries
from bot.web.session import Doorkeeper, Signed, visitor_of
from channels.web.parse import MAX_CHARACTERS
from channels.web.verify import LOOPBACK, csrf_token, host_of

HERE = Path(__file__).parent
MAX_FORM_BYTES = 4096
USED_UP = (
    "That sign-in link is used up or too old: a link works once, and not for long."
    " Write `console` to Draper in a private chat for a new one, or run `draper link`"
    " where Draper runs."
)
TOO_MANY = "That was tried too often. Wait a minute, then try again."
ENDED = "You are signed out."
PLACES = {"console": "/console", "slack": "/slack/install?ask=yes"}
"""Where a sign-in may lead besides the chat; nothing else that a link names does."""

_pages = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)


def router(desk: Desk, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/``, ``/signin`` and ``/signout``."""
    api = APIRouter(default_response_class=HTMLResponse)
    Acting = Annotated[Signed, Depends(doorkeeper.acting)]  # noqa: N806 - a type

    @api.get("/")
    async def chat(request: Request) -> Response:
        signed = await doorkeeper.seen(request)
        if signed is None:
            return RedirectResponse("/signin", 303)
        renewed = await doorkeeper.renew(signed, request)
        return doorkeeper.known_as(renewed, _chat(renewed), before=signed)

    @api.get("/signin")
    async def ask(
        request: Request, code: str = "", ended: str = "", to: str = ""
    ) -> Response:
        # Looking never uses a code up: mail scanners and previews follow links too.
        known = await doorkeeper.seen(request) is not None
        return _signin(
            code=code,
            to=to if to in PLACES else "",
            said=ENDED if ended else "",
            at_once=bool(code) and not known and _on_this_machine(request),
        )

    @api.post(
        "/signin",
        max_body_size=MAX_FORM_BYTES,
        dependencies=[Depends(doorkeeper.ours)],
    )
    async def enter(request: Request) -> Response:
        form = await request.form()
        code, to = str(form.get("code", "")), str(form.get("to", ""))
        try:
            token = await desk.redeem(code, visitor_of(request))
        except TooManyTries:
            return _signin(said=TOO_MANY, status=429)
        if token is None:
            return _signin(said=USED_UP, status=400)
        await doorkeeper.replace(request)
        inside = RedirectResponse(PLACES.get(to, "/"), 303)
        doorkeeper.welcome(inside, token)
        return inside

    @api.post("/signout")
    async def leave(signed: Acting) -> Response:
        await desk.sign_out(signed.token)
        outside = Response(status_code=204)
        doorkeeper.farewell(outside)
        return outside

    return api


def _chat(signed: Signed) -> Response:
    facts = {
        "name": signed.caller.name,
        "csrf": csrf_token(signed.token),
        "max_characters": MAX_CHARACTERS,
    }
    return page("chat.html", facts)


def _signin(
    *,
    code: str = "",
    to: str = "",
    said: str = "",
    status: int = 200,
    at_once: bool = False,
) -> Response:
    facts = {"code": code, "to": to, "said": said, "at_once": at_once}
    return page("signin.html", facts, status)


def page(name: str, facts: Mapping[str, Any], status: int = 200) -> Response:
    """Return the page made of template ``name``."""
    return HTMLResponse(_pages.get_template(name).render(facts), status)


def _on_this_machine(request: Request) -> bool:
    # No scanner reaches a loopback address, so there the page may press for you.
    return host_of(request.headers.get("host", "")) in LOOPBACK
