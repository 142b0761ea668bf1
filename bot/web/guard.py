"""The gate every web request passes: right host, hardening headers on each answer."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.web.verify import known_host

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Not "no-referrer": that turns a form's Origin into "null", which we refuse.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
MISDIRECTED = (
    "This address is not one Draper answers to. Open it as http://127.0.0.1 with its"
    " port, or set PUBLIC_URL to the address you use."
)


class Guard:
    """ASGI middleware; ``open_paths`` are prefixes whose callers prove themselves."""

    def __init__(
        self, app: ASGIApp, *, public_url: str, open_paths: Sequence[str]
    ) -> None:
        """Guard ``app``."""
        self._app = app
        self._public_url = public_url
        self._open = tuple(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        known = scope["path"].startswith(self._open) or known_host(
            host, public_url=self._public_url
        )
        app = self._app if known else PlainTextResponse(MISDIRECTED, status_code=421)
        await app(scope, receive, _hardened(send))


def _hardened(send: Send) -> Send:
    async def harden(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return harden
