"""``/join``: an invitation taken up in a browser, by a stranger or somebody known."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.identity import callers, invites, names, throttles
from agent.identity.callers import Membership
from agent.ports import Ids
from bot.web.desk import TooManyTries, Visitor, WebCaller
from bot.web.pages import MAX_FORM_BYTES, TOO_MANY, page
from bot.web.pg_desk import TRIES, WINDOW, open_session, web_spot
from bot.web.session import Doorkeeper, visitor_of
from db.tenancy import SystemRole

NO_GOOD = (
    "That invitation is no good: it was used, revoked, is too old, or was mistyped."
    " Ask whoever invited you for a new one."
)


class Backing(Protocol):
    """What taking an invitation up works with; ``bot.services.Services`` has it all."""

    @property
    def ids(self) -> Ids:
        """Where new ids come from."""
        ...

    @property
    def pepper(self) -> bytes:
        """What codes are hashed with."""
        ...

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class Joining:
    """Takes invitations up for people in a browser."""

    def __init__(self, backing: Backing) -> None:
        """Work with ``backing``."""
        self._backing = backing

    async def accept(
        self, code: str, name: str, visitor: Visitor, known: WebCaller | None
    ) -> str | None:
        """A session's token in the workspace of the invitation; None: it is no good.

        ``known``: who is signed in; they join as themselves. Others get an account.

        Raises:
            TooManyTries: Too many codes came from this address.
        """
        key = f"signin:{visitor.address}"
        async with self._backing.as_role("door") as session:
            allowed = await throttles.allow(session, key, limit=TRIES, window=WINDOW)
        if not allowed:
            raise TooManyTries
        async with self._backing.as_role("door") as session:
            return await self._take(session, code, names.clean(name), visitor, known)

    async def _take(
        self,
        session: AsyncSession,
        code: str,
        name: str,
        visitor: Visitor,
        known: WebCaller | None,
    ) -> str | None:
        offer = await invites.look(session, code, self._backing.pepper)
        if offer is None:
            return None
        if known is None:
            user_id = await invites.new_account(session, name, self._backing.ids)
        else:
            user_id, name = known.user_id, known.name
        await invites.accept(session, offer, user_id, name)
        member = Membership(user_id, offer.workspace_id)
        await callers.hand_over(session, web_spot(user_id), member)
        return await open_session(session, member, visitor)


def router(joining: Joining, doorkeeper: Doorkeeper) -> APIRouter:
    """Build ``/join``."""
    api = APIRouter(default_response_class=HTMLResponse)

    @api.get("/join")
    async def ask(request: Request, code: str = "") -> Response:
        # Looking never uses an invitation up: mail scanners and previews look, too.
        known = await doorkeeper.seen(request)
        return _form(code, known.caller if known else None)

    @api.post(
        "/join",
        max_body_size=MAX_FORM_BYTES,
        dependencies=[Depends(doorkeeper.ours)],
    )
    async def join(request: Request) -> Response:
        form = await request.form(max_files=0)
        code, name = (str(form.get(field, "")) for field in ("code", "name"))
        known = await doorkeeper.seen(request)
        who = known.caller if known else None
        try:
            token = await joining.accept(code, name, visitor_of(request), who)
        except TooManyTries:
            return _form("", who, said=TOO_MANY, status=429)
        if token is None:
            return _form("", who, said=NO_GOOD, status=400)
        await doorkeeper.replace(request)
        inside = RedirectResponse("/", 303)
        doorkeeper.welcome(inside, token)
        return inside

    return api


def _form(
    code: str, known: WebCaller | None, *, said: str = "", status: int = 200
) -> Response:
    me = {"is_known": known is not None, "me": known.name if known else ""}
    return page("join.html", {"code": code, "said": said, **me}, status)
