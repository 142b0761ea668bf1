"""``/slack/install``: a Slack team, or a whole organisation, lets the app in.

Bolt's own flow does it, over our routes and our database: it makes the state, binds it
to the browser by a cookie, has the code exchanged, and hands what it got to the store.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import aiohttp
from fastapi import APIRouter
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.errors import AgentError, Forbidden, Unavailable
from agent.identity import throttles
from agent.identity.callers import Membership
from bot.slack_stores import (
    STATE_S,
    Backing,
    Installations,
    NotAnAdmin,
    SignInFirst,
    States,
)
from bot.web.desk import Visitor
from bot.web.pages import page
from bot.web.pg_desk import TRIES, WINDOW
from bot.web.session import Doorkeeper, Signed, visitor_of
from channels.slack.manifest import SCOPES

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
RUNNERS = ("owner", "admin")
AGAIN, GO_ON = ("Try again", INSTALL), ("Go on to Slack", INSTALL)
TOO_OFTEN = "That was tried too often.", "Wait a minute, then try again."
CONNECT = "Connect a Slack team."
SIGN_IN = ("Sign in", "/signin?to=slack")
REASONS: Mapping[str, tuple[str, str, int]] = {
    "access_denied": (
        "You did not let Slack go on.",
        "Nothing was installed, and nothing has changed. You can start again any time.",
        200,
    ),
    "invalid_browser": (
        "This was begun in another browser.",
        "For your safety it has to end in the one where it began. Start again here.",
        400,
    ),
    "invalid_state": (
        "That took too long, or was done already.",
        "Slack's page is good once, and for ten minutes. Start again.",
        400,
    ),
    "missing_code": (
        "Slack's answer is not whole.",
        "Start again; if it stays like this, `draper doctor` tells why.",
        400,
    ),
    "invalid_code": (
        "Slack did not accept that.",
        (
            "The code was used already, or is too old. Start again; if it stays like "
            "this, whoever runs Draper should check SLACK_CLIENT_ID and its secret."
        ),
        400,
    ),
}
OTHER = (
    "Slack did not go on.",
    "Nothing was installed. An admin of your Slack team may have to allow the app.",
    400,
)

# Bolt's own words on a refused exchange quote the code.
_quiet = logging.getLogger("draper.slack.oauth")
_quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class SlackApp:
    """The app, as Slack's OAuth knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    """Where people reach us, without a slash at the end."""
    client: AsyncWebClient
    """Without a token; its base URL says which Slack is meant."""
    takes_strangers: bool = False
    """Whether somebody who is not signed in may begin; who they are shows later."""

    @property
    def authorization_url(self) -> str:
        """Slack's page that asks whether to install."""
        return urljoin(self.client.base_url, "../oauth/v2/authorize")

    @property
    def redirect_url(self) -> str:
        """Where Slack sends the browser back to."""
        return f"{self.public_url}{REDIRECT}"


class _Flow(AsyncOAuthFlow):
    async def run_installation(self, code: str) -> Installation | None:
        try:
            return await super().run_installation(code)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise Unavailable(
                "Slack gave no answer.", hint="Nothing was installed. Start again."
            ) from failure


class _Visit:
    """One request: the flow, and what it kept and who began it."""

    def __init__(self, app: SlackApp, backing: Backing, signed: Signed | None) -> None:
        caller = signed.caller if signed else None
        by = Membership(caller.user_id, caller.workspace_id) if caller else None
        states = States(backing, by)
        self.store = Installations(backing, states)
        settings = AsyncOAuthSettings(
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=SCOPES,
            redirect_uri=app.redirect_url,
            install_path=INSTALL,
            redirect_uri_path=REDIRECT,
            install_page_rendering_enabled=False,
            authorization_url=app.authorization_url,
            installation_store=self.store,
            installation_store_bot_only=True,
            state_store=states,
            state_expiration_seconds=STATE_S,
            callback_options=AsyncCallbackOptions(_succeeded, _failed),
        )
        self._flow = _Flow(client=app.client, logger=_quiet, settings=settings)

    async def begin(self) -> Response:
        # Without the query: what a stranger's link says would be passed on to Slack.
        request = AsyncBoltRequest(body="", query={}, headers={})
        return _as_ours(await self._flow.handle_installation(request))

    async def end(self, request: Request) -> Response:
        given = AsyncBoltRequest(
            body="", query=request.url.query, headers=dict(request.headers)
        )
        try:
            answer = _as_ours(await self._flow.handle_callback(given))
        except AgentError as refused:
            answer = _refused(refused)
        cookie = self._flow.settings.state_cookie_name
        answer.delete_cookie(cookie, secure=True, httponly=True)
        return answer


def router(app: SlackApp, backing: Backing, doorkeeper: Doorkeeper) -> APIRouter:
    """Build both routes."""
    api = APIRouter(default_response_class=HTMLResponse)

    @api.get(INSTALL)
    async def install(request: Request, ask: str = "") -> Response:
        signed = await doorkeeper.seen(request)
        if signed and signed.caller.role not in RUNNERS:
            return _refused(NotAnAdmin())
        if signed is None and not app.takes_strangers:
            return _refused(SignInFirst())
        if not await _allowed(backing, visitor_of(request)):
            return _page(*TOO_OFTEN, AGAIN, 429)
        if ask and signed:
            # A form of ours may lead no browser to Slack, not even by redirects.
            return _page(CONNECT, _whose(signed), GO_ON)
        return await _Visit(app, backing, signed).begin()

    @api.get(REDIRECT)
    async def back(request: Request) -> Response:
        visit = _Visit(app, backing, await doorkeeper.seen(request))
        return await visit.end(request)

    return api


async def _allowed(backing: Backing, visitor: Visitor) -> bool:
    key = f"install:{visitor.address}"
    async with backing.as_role("door") as session:
        return await throttles.allow(session, key, limit=TRIES, window=WINDOW)


async def _succeeded(args: AsyncSuccessArgs) -> BoltResponse:
    installation = args.installation
    is_org = bool(installation.is_enterprise_install)
    name = installation.enterprise_name if is_org else installation.team_name
    place = f"app_id={installation.app_id}"
    if installation.team_id:
        place += f"&team={installation.team_id}"
    return _bolt(
        _page(
            f"I am in {name or 'your Slack'}.",
            "Write to me there: open me under Apps and say what you need, or mention "
            "me in a channel after /invite. /draper help shows what I can do. "
            "Colleagues pair with me by the code that /invite makes.",
            ("Open Slack", f"https://slack.com/app_redirect?{place}"),
        )
    )


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    what, then, status = REASONS.get(args.reason, OTHER)
    return _bolt(_page(what, then, AGAIN, status))


def _whose(signed: Signed) -> str:
    name = signed.caller.workspace
    where = f"the workspace {name}" if name else "your workspace"
    return f"It will work with {where}. Slack asks you next whether it may."


def _refused(refused: AgentError) -> Response:
    way = SIGN_IN if isinstance(refused, Forbidden) else AGAIN
    return _page(refused.message, refused.hint, way, refused.status)


def _page(
    what: str, then: str, way: tuple[str, str], status: int = 200
) -> HTMLResponse:
    label, where = way
    facts: dict[str, Any] = {"what": what, "next": then, "label": label, "way": where}
    shown = page("installed.html", facts, status)
    assert isinstance(shown, HTMLResponse)  # noqa: S101 - it is a page
    return shown


def _bolt(shown: HTMLResponse) -> BoltResponse:
    body = bytes(shown.body).decode()
    kind = "text/html; charset=utf-8"
    return BoltResponse(
        status=shown.status_code, body=body, headers={"content-type": kind}
    )


def _as_ours(answer: BoltResponse) -> Response:
    made = Response(answer.body, answer.status)
    for name, values in answer.headers.items():
        for value in values:
            made.headers.append(name, value)
    return made
