"""Who a request speaks for: the cookie, and the proofs a state change needs."""

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.web.desk import Desk, Visitor, WebCaller
from channels.web.verify import csrf_matches, from_our_page

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
COOKIE_DAYS = 30
MAX_FIELDS = 60


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


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that this session's page sent."""

    signed: Signed
    form: FormData


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
        _ensure_word(signed, request.headers.get(CSRF_HEADER, ""))
        return signed

    async def posted(self, request: Request) -> Posted:
        """Return the live session and the form of a request that changes something.

        Raises:
            Turned: As ``acting``; the session's word is a field of the form.
        """
        self.ours(request)
        signed = await self.signed(request)
        form = await request.form(max_files=0, max_fields=MAX_FIELDS)
        _ensure_word(signed, str(form.get(CSRF_FIELD, "")))
        return Posted(signed, form)

    async def renew(self, signed: Signed, request: Request) -> Signed:
        """Return the session under the token it has from now on.

        Another one where the person's role or workspace is not what it was opened
        under; ``welcome`` hands it to the browser.
        """
        if not signed.caller.is_moved:
            return signed
        fresh = await self._desk.rotate(signed.token, visitor_of(request))
        caller = await self._desk.who(fresh) if fresh else None
        return Signed(caller, fresh) if caller and fresh else signed

    def ours(self, request: Request) -> None:
        """Let only a page of ours through.

        Raises:
            Turned: 403; the request was made by another site, or hides where from.
        """
        if not from_our_page(request.headers, public_url=self._public_url):
            raise Turned(403, "That came from another site. Open Draper and try there.")

    def known_as(self, now: Signed, response: Response, before: Signed) -> Response:
        """Return the response, handing the browser its new token where it has one."""
        if now.token != before.token:
            self.welcome(response, now.token)
        return response

    async def replace(self, request: Request) -> None:
        """End the session that the browser still has: a new one is about to begin."""
        if token := request.cookies.get(self.cookie, ""):
            await self._desk.sign_out(token)

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


def visitor_of(request: Request) -> Visitor:
    """Who knocks, as far as the request tells."""
    address = request.client.host if request.client else ""
    return Visitor(address, request.headers.get("user-agent", "")[:400])


def _ensure_word(signed: Signed, given: str) -> None:
    if not csrf_matches(signed.token, given):
        raise Turned(403, "This page is out of date. Reload it and try again.")
