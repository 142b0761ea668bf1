"""Who a request speaks for: the cookie, and the proofs a state change needs."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bot.web.desk import Desk, WebCaller
from channels.web.verify import csrf_matches, from_our_page

CSRF_HEADER = "x-csrf-token"
COOKIE_DAYS = 30


class Turned(Exception):
    """A request turned away: its HTTP ``status``, and ``said``, words for a person."""

    def __init__(self, status: int, said: str) -> None:
        """Keep both."""
        super().__init__(said)
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Signed:
    """A live session: its person, and the token the browser holds."""

    caller: WebCaller
    token: str


class Doorkeeper:
    """Reads, sets and clears the session cookie; its methods are dependencies."""

    def __init__(self, desk: Desk, public_url: str) -> None:
        """Ask ``desk`` who is who; an https ``public_url`` makes the cookie Secure."""
        self._desk = desk
        self._public_url = public_url
        self._secure = public_url.startswith("https://")
        # The prefix makes browsers refuse the name from anywhere but this very host.
        self.cookie = "__Host-draper" if self._secure else "draper"

    async def seen(self, request: Request) -> Signed | None:
        """Return the live session of the request, if it has one."""
        token = request.cookies.get(self.cookie, "")
        caller = await self._desk.who(token) if token else None
        return Signed(caller, token) if caller else None

    async def signed(self, request: Request) -> Signed:
        """Return the live session.

        Raises:
            Turned: 401; there is none.
        """
        signed = await self.seen(request)
        if signed is None:
            raise Turned(401, "You are signed out. Sign in again to go on.")
        return signed

    async def acting(self, request: Request) -> Signed:
        """Return the live session of a request that may change something.

        Raises:
            Turned: 401 as ``signed``; 403 when it was not made by this session's page.
        """
        self.ours(request)
        signed = await self.signed(request)
        if not csrf_matches(signed.token, request.headers.get(CSRF_HEADER, "")):
            raise Turned(403, "This page is out of date. Reload it and try again.")
        return signed

    def ours(self, request: Request) -> None:
        """Let only a page of ours through.

        Raises:
            Turned: 403; the request was made by another site, or hides where from.
        """
        if not from_our_page(request.headers, public_url=self._public_url):
            raise Turned(403, "That came from another site. Open Draper and try there.")

    def welcome(self, response: Response, token: str) -> None:
        """Hand the browser its session."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=COOKIE_DAYS * 86_400,
            httponly=True,
            secure=self._secure,
            samesite="lax",
        )

    def farewell(self, response: Response) -> None:
        """Take the session back from the browser."""
        response.delete_cookie(
            self.cookie, secure=self._secure, httponly=True, samesite="lax"
        )
