"""Web API clients: one for each workspace we are installed in, over one pool."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

BASE_URL = "https://slack.com/api/"
KEPT_S = 60.0
"""How long a token is used before it is asked for again: so late at most does one
process hear that another one was told of its end."""
LOST = frozenset({"account_inactive", "app_uninstalled", "invalid_auth"})
LOST |= {"token_expired", "token_revoked"}
"""What Slack says of a token that is no longer good."""


class Clients(Protocol):
    """Who knows the token of a workspace."""

    base_url: str

    async def of(self, account: str) -> AsyncWebClient:
        """A client that speaks to the workspace ``account``, as its bot.

        Raises:
            Refused: We are not installed there, or no longer.
        """
        ...


class OneClient:
    """The token of the settings, for whichever workspace is asked for."""

    def __init__(self, client: AsyncWebClient) -> None:
        """Take a client as ``connect`` yields it."""
        self._client = client
        self.base_url = client.base_url

    async def of(self, account: str) -> AsyncWebClient:  # noqa: ARG002 - there is one
        """The client."""
        return self._client


class Tokens(Protocol):
    """Where the tokens of the workspaces are kept."""

    async def token(self, account: str) -> str:
        """The bot's token there; with no ``account``, of any workspace.

        Raises:
            Refused: We are not installed there, or no longer.
            NotSent: It is being renewed just now.
        """
        ...

    async def lost(self, account: str, code: str) -> None:
        """Slack called the token of that workspace ``code``, one of ``LOST``."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    client: AsyncWebClient
    until: float


class ManyClients:
    """A client for each workspace that installed the app, over one pool."""

    def __init__(
        self,
        carrier: AsyncWebClient,
        tokens: Tokens,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a client as ``connect`` yields it, for its connections alone."""
        self.base_url = carrier.base_url
        self._carrier = carrier
        self._tokens = tokens
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def of(self, account: str) -> AsyncWebClient:
        """A client that speaks to the workspace ``account``, as its bot.

        Raises:
            Refused: We are not installed there, or no longer.
            NotSent: Its token is being renewed just now.
        """
        now = self._clock()
        kept = self._kept.get(account)
        if kept is None or kept.until <= now:
            token = await self._tokens.token(account)
            kept = _Kept(self._made(account, token), now + KEPT_S)
            self._keep(account, kept, now)
        return kept.client

    def _keep(self, account: str, kept: _Kept, now: float) -> None:
        """Keep it, and nothing of workspaces that have fallen silent."""
        self._kept.pop(account, None)
        self._kept[account] = kept
        while self._kept[oldest := next(iter(self._kept))].until <= now:
            del self._kept[oldest]

    def forget(self, account: str) -> None:
        """Ask for the token anew before it is used again."""
        self._kept.pop(account, None)

    async def _lost(self, account: str, code: str) -> None:
        self.forget(account)
        await self._tokens.lost(account, code)

    def _made(self, account: str, token: str) -> AsyncWebClient:
        async def lost(code: str) -> None:
            await self._lost(account, code)

        client = _Watched(
            token,
            base_url=self.base_url,
            session=self._carrier.session,
            retry_handlers=[],
        )
        client.proxy, client.lost = None, lost
        return client


class _Client(AsyncWebClient):
    """The SDK's, but for one call."""

    async def oauth_v2_access(self, **given: Any) -> Any:
        """Send the app's secret in the body.

        The SDK does it by a way that aiohttp has given up, and warns of each time.
        """
        return await self.api_call("oauth.v2.access", data=given)


class _Watched(AsyncWebClient):
    """Tells when Slack no longer takes its token; the failure goes on as it came."""

    lost: Callable[[str], Awaitable[None]]

    async def api_call(self, *args: Any, **named: Any) -> Any:
        try:
            return await super().api_call(*args, **named)
        except SlackApiError as failure:
            code = failure.response.get("error", "")
            if code in LOST and "token" not in (named.get("params") or {}):
                await self.lost(code)
            raise


@asynccontextmanager
async def connect(
    token: str | None, *, base_url: str = BASE_URL, timeout_s: float = 20.0
) -> AsyncIterator[AsyncWebClient]:
    """Yield a Web API client over one pool of connections; None: for no workspace.

    It retries nothing by itself: the caller knows what may be repeated.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 4)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        client = _Client(token, base_url=base_url, session=session, retry_handlers=[])
        # The SDK would send even loopback calls through HTTPS_PROXY; the session
        # reads the same variables and respects NO_PROXY.
        client.proxy = None
        yield client
