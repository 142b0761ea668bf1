"""The pages themselves: the chat, and the way in and out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.web.desk import Desk, TooManyTries, Visitor
from bot.web.session import Doorkeeper, Signed
from channels.web.parse import MAX_CHARACTERS
from channels.web.verify import LOOPBACK, csrf_token, host_of

HERE = Path(__file__).parent
MAX_FORM_BYTES = 4096
USED_UP = (
    "That sign-in link is used up or too old: a link works once, and not for long."
    " Run `draper link` where Draper runs, and it prints a new one."
)
TOO_MANY = "That was tried too often. Wait a minute, then try again."
ENDED = "You are signed out."

_pages = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)


def router(desk: Desk, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/``, ``/signin`` and ``/signout``."""
    api = APIRouter(default_response_class=HTMLResponse)
    Acting = Annotated[Signed, Depends(doorkeeper.acting)]  # noqa: N806 - a type

    @api.get("/")
    async def chat(request: Request) -> Response:
        signed = await doorkeeper.seen(request)
        return _chat(signed) if signed else RedirectResponse("/signin", 303)

    @api.get("/signin")
    async def ask(request: Request, code: str = "", ended: str = "") -> Response:
        # Looking never uses a code up: mail scanners and previews follow links too.
        known = await doorkeeper.seen(request) is not None
        return _signin(
            code=code,
            said=ENDED if ended else "",
            at_once=bool(code) and not known and _on_this_machine(request),
        )

    @api.post(
        "/signin",
        max_body_size=MAX_FORM_BYTES,
        dependencies=[Depends(doorkeeper.ours)],
    )
    async def enter(request: Request) -> Response:
        code = str((await request.form()).get("code", ""))
        try:
            token = await desk.redeem(code, _visitor(request))
        except TooManyTries:
            return _signin(said=TOO_MANY, status=429)
        if token is None:
            return _signin(said=USED_UP, status=400)
        inside = RedirectResponse("/", 303)
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
    *, code: str = "", said: str = "", status: int = 200, at_once: bool = False
) -> Response:
    facts = {"code": code, "said": said, "at_once": at_once}
    return page("signin.html", facts, status)


def page(name: str, facts: Mapping[str, Any], status: int = 200) -> Response:
    """Return the page made of template ``name``."""
    return HTMLResponse(_pages.get_template(name).render(facts), status)


def _on_this_machine(request: Request) -> bool:
    # No scanner reaches a loopback address, so there the page may press for you.
    return host_of(request.headers.get("host", "")) in LOOPBACK


def _visitor(request: Request) -> Visitor:
    address = request.client.host if request.client else ""
    return Visitor(address, request.headers.get("user-agent", "")[:400])
