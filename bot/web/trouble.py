"""When a request fails: words for a person, as a page or as JSON; the log has why."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.pages import page
from bot.web.session import Turned

BROKEN = "Something went wrong on our side."
STAYS = (
    "Nothing you sent is lost. Try again in a moment; if it stays like this, whoever"
    " runs Draper finds the reason in its log."
)
NOWHERE = "There is nothing at this address."
CHECK = "The link may be old, or a letter may be missing."

log = structlog.get_logger()


class Edge:
    """ASGI middleware: an error that nobody expected is answered here, and logged."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand around ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            log.exception("web.failed", path=scope["path"], error=type(error).__name__)
            answer = _answer(Request(scope), 500, BROKEN, STAYS)
            await answer(scope, receive, send)


async def turned(_: Request, refusal: Exception) -> Response:
    """Answer a request that was turned away."""
    assert isinstance(refusal, Turned)  # noqa: S101 - registered for it alone
    return JSONResponse({"said": refusal.said}, status_code=refusal.status)


async def missing(request: Request, refusal: Exception) -> Response:
    """Answer what the routes themselves refuse: no such page, no such method."""
    assert isinstance(refusal, HTTPException)  # noqa: S101 - registered for it alone
    return _answer(request, refusal.status_code, NOWHERE, CHECK)


def _answer(request: Request, status: int, what: str, then: str) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return page("trouble.html", {"what": what, "next": then}, status)
    return JSONResponse({"said": f"{what} {then}"}, status_code=status)
