"""The face's gate: programs may come in, web pages may not."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.durable.face.keys import Keys
from bot.durable.reach import is_loopback
from channels.web.verify import host_of

KIND = "x-inngest-server-kind"
NO_PAGES = "Web pages may not talk to this server; only programs may."
MISDIRECTED = "Without keys this server answers to this machine's own names only."


class Door:
    """ASGI middleware that keeps browsers out.

    A page from anywhere can make a browser on this machine post to a loopback port. It
    cannot keep the browser from saying so, in Origin or in Sec-Fetch-Site; and a name
    of its own that it lets resolve to us shows in Host.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        """Guard ``app``."""
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        app = refusal or self._app
        await app(scope, receive, _marked(send, self._keys.kind))

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            return JSONResponse({"error": NO_PAGES, "status": 403}, 403)
        if not self._keys.signing and not is_loopback(host_of(headers.get("host", ""))):
            return JSONResponse({"error": MISDIRECTED, "status": 421}, 421)
        return None


def _marked(send: Send, kind: str) -> Send:
    async def mark(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers[KIND] = kind
            headers["cache-control"] = "no-store"
            headers["x-content-type-options"] = "nosniff"
        await send(message)

    return mark
