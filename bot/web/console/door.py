"""Who may come in, and what becomes of a request that is refused."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.errors import AgentError, NeedsApproval
from agent.runs import consents
from bot.web.console.visit import APPROVAL, Backing, Visit
from bot.web.pages import page
from bot.web.session import CSRF_FIELD, Doorkeeper, Turned
from bot.web.trouble import CHECK, NOWHERE

MAX_FORM_BYTES = 128 * 1024
SIGN_IN = "/signin?to=console"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Door:
    """What every page of the console needs; ``app.state.console`` holds it."""

    backing: Backing
    doorkeeper: Doorkeeper


async def looking(request: Request) -> Visit:
    """The visit of a request that only looks.

    Raises:
        Turned: 401; nobody is signed in.
    """
    door: Door = request.app.state.console
    before = await door.doorkeeper.signed(request)
    signed = await door.doorkeeper.renew(before, request)
    visit = Visit(request, door.backing, door.doorkeeper, signed, before, FormData())
    request.state.visit = visit
    return visit


async def acting(request: Request) -> Visit:
    """The visit of a request that changes something.

    Raises:
        Turned: 401, or 403: it was not made by a form of this session's pages.
    """
    door: Door = request.app.state.console
    posted = await door.doorkeeper.posted(request)
    signed = posted.signed
    visit = Visit(request, door.backing, door.doorkeeper, signed, signed, posted.form)
    request.state.visit = visit
    return visit


Looking = Annotated[Visit, Depends(looking)]
Acting = Annotated[Visit, Depends(acting)]


class ConsoleRoute(APIRoute):
    """Answers refusals with pages: sign in first, confirm first, or why not."""

    def get_route_handler(self) -> Handler:
        """See FastAPI."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Turned as turned:
                return _turned(request, turned)
            except RequestValidationError:
                return page("trouble.html", {"what": NOWHERE, "next": CHECK}, 404)
            except NeedsApproval as needs:
                return await _confirm(request.state.visit, needs)
            except AgentError as refused:
                return _refused(request.state.visit, refused)

        return guarded


def _turned(request: Request, turned: Turned) -> Response:
    if turned.status == 401:  # noqa: PLR2004 - HTTP's own word for it
        return RedirectResponse(SIGN_IN, 303)
    words = {"what": turned.said, "next": "Go back, reload the page, and try again."}
    del request
    return page("trouble.html", {**words, "way": "/console"}, turned.status)


async def _confirm(visit: Visit, needs: NeedsApproval) -> Response:
    """Ask once more before what cannot be undone; the same form then carries a card."""
    async with visit.backing.ctx(visit.caller) as ctx:
        card = await consents.ask(ctx, needs, consents.REPEATED)
    kept = [
        (field, value)
        for field, value in visit.form.multi_items()
        if field not in {CSRF_FIELD, APPROVAL} and isinstance(value, str)
    ]
    facts = {
        "action": visit.request.url.path,
        "fields": [*kept, (APPROVAL, str(card))],
        "operation": needs.operation,
        "params": needs.params,
    }
    return visit.page("confirm.html", facts)


def _refused(visit: Visit, refused: AgentError) -> Response:
    facts = {"what": refused.message, "hint": refused.hint.replace("`", "")}
    return visit.page("refused.html", facts, refused.status)
