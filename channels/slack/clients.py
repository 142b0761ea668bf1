"""Web API clients: one for each workspace we are installed in, over one pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

BASE_URL = "https://slack.com/api/"


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


@asynccontextmanager
async def connect(
    token: str, *, base_url: str = BASE_URL, timeout_s: float = 20.0
) -> AsyncIterator[AsyncWebClient]:
    """Yield a Web API client over one pool of connections.

    It retries nothing by itself: the caller knows what may be repeated.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 4)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        client = AsyncWebClient(
            token, base_url=base_url, session=session, retry_handlers=[]
        )
        # The SDK would send even loopback calls through HTTPS_PROXY; the session
        # reads the same variables and respects NO_PROXY.
        client.proxy = None
        yield client
