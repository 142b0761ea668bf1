"""Our functions over HTTP for an Inngest server, and telling it that they are there."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from typing import Any, cast

import fastapi
import inngest
import inngest.fast_api
import structlog
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.ports import Clock
from bot.durable.functions import DEFAULT_RETRIES
from bot.durable.remote import signature
from bot.durable.remote.account import PATH, Account
from bot.durable.remote.api import Api
from bot.durable.remote.breath import Breath
from bot.durable.remote.errors import InngestError
from bot.durable.remote.signature import Unsigned

MAX_BODY_BYTES = 40 * 2**20
"""A run's state is at most 32 MiB on the server."""
RENEW_S = 600.0
"""A server that was restored from a backup learns of us again."""
SDK = f"py:v{version('inngest')}"
UNSIGNED = 401
REFUSES = {"x-inngest-sdk": f"inngest-{SDK}", "x-inngest-no-retry": "false"}
"""It was an SDK that refused, not a proxy: nothing ran, and a later call may pass."""

Functions = Sequence[inngest.Function[Any]]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

log = structlog.get_logger()


class Client(inngest.Inngest):
    """The SDK's client; it would take the second key from the environment only."""

    def __init__(self, account: Account, app_id: str) -> None:
        """Act for ``app_id`` on the server of ``account``."""
        super().__init__(
            app_id=app_id,
            api_base_url=account.api,
            event_api_base_url=account.events,
            event_key=account.event_key,
            signing_key=account.signing_keys[0] if account.is_signed else None,
            env=account.env or None,
            is_production=account.is_signed,
        )
        self._fallback = account.signing_keys[1] if account.signing_keys[1:] else None
        # What functions raise is kept on the run; the SDK would log it a second time.
        self.logger.setLevel(logging.CRITICAL)

    @property
    def signing_key_fallback(self) -> str | None:
        """The key that calls may still be signed with."""
        return self._fallback


class Doorway:
    """Checks a call before the SDK sees it."""

    def __init__(
        self, account: Account, system_engine: AsyncEngine, clock: Clock
    ) -> None:
        """Let in who signs with the account's keys; anybody when it has none."""
        self._keys = account.signing_keys
        self._system = system_engine
        self._clock = clock

    async def refusal(self, request: Request) -> Response | None:
        """Return the answer to a call that may not come in; None lets it in."""
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return _refused(413, "too_large", "it is too large")
        if not self._keys:
            return None
        try:
            await self._check(request)
        except Unsigned as error:
            return _refused(UNSIGNED, "unsigned", str(error))
        except (SQLAlchemyError, OSError):
            return _refused(503, "unavailable", "the database does not answer")
        return None

    async def _check(self, request: Request) -> None:
        header = request.headers.get(signature.HEADER, "")
        body = await request.body()
        signature.check(header, body, self._keys, self._clock.now())
        step_id = request.query_params.get("stepId", "")
        if not await signature.is_first(self._system, header, step_id):
            raise Unsigned("it was made before")


def _refused(status: int, code: str, why: str) -> Response:
    log.warning("inngest.call_refused", reason=why)
    told = {"code": code, "message": f"Refused: {why}."}
    headers = REFUSES if status == UNSIGNED else None
    return JSONResponse(told, status, headers)


def router(
    account: Account, client: Client, functions: Functions, doorway: Doorway
) -> fastapi.APIRouter:
    """Return the routes that the server calls."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                return await doorway.refusal(request) or await answer(request)

            return guarded

    made = fastapi.APIRouter(route_class=Guarded)
    inngest.fast_api.serve(
        cast("fastapi.FastAPI", made),  # it uses nothing that a router lacks
        client,
        list(functions),
        enable_unauthed_sync=not account.is_signed,
        serve_origin=account.origin,
        serve_path=PATH,
    )
    return made


def declaration(account: Account, app_id: str, functions: Functions) -> dict[str, Any]:
    """Return what the server must know of us: the app and its functions.

    Failure handlers get the retries of other functions, as in the embedded engine: who
    tells the person must not die with one process.
    """
    configs: list[dict[str, Any]] = []
    for function in functions:
        config = function.get_config(account.serve_url)
        configs.append(_plain(config.main))
        if config.on_failure:
            handler = _plain(config.on_failure)
            for step in handler["steps"].values():
                step["retries"] = {"attempts": DEFAULT_RETRIES}
            configs.append(handler)
    return {
        "appName": app_id,
        "deployType": "ping",
        "framework": "fast_api",
        "functions": configs,
        "sdk": SDK,
        "url": account.serve_url,
        "v": "0.1",
    }


def _plain(config: Any) -> dict[str, Any]:
    # The server's parser takes an absent option, but not every null.
    return dict(config.model_dump(mode="json", by_alias=True, exclude_none=True))


class Herald:
    """Tells the server of our functions until it knows, and again from time to time."""

    def __init__(self, api: Api, body: dict[str, Any], breath: Breath) -> None:
        """Tell ``body`` through ``api``."""
        self._api = api
        self._body = body
        self._breath = breath
        self.trouble = "it was not told of our functions yet"
        """Why the server may not know us; empty once it does."""

    async def run(self) -> None:
        """Tell until cancelled."""
        failures = 0
        while True:
            try:
                await self._tell()
                failures = 0
            except InngestError as error:
                failures += 1
                self._note(error)
            pause_s = self._breath.pause_s(failures) if failures else RENEW_S
            await asyncio.sleep(pause_s)

    async def _tell(self) -> None:
        is_news = await self._api.register(self._body)
        if self.trouble or is_news:
            count = len(self._body["functions"])
            log.info("inngest.registered", functions=count, url=self._body["url"])
        self.trouble = ""

    def _note(self, error: InngestError) -> None:
        if error.message != self.trouble:
            log.warning("inngest.not_registered", reason=error.message, hint=error.hint)
        self.trouble = error.message
