"""The catalogue as tools of an MCP server, over streamable HTTP at ``/mcp``.

Whoever connects, a model chooses the calls: they pass the gate as its choice, so that
what spends, sends, publishes or destroys waits for a person. Each request proves itself
with a key and stands alone; no session outlives it.

Source: https://modelcontextprotocol.io/specification/2025-11-25/server/tools
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from agent.ctx import Via
from agent.errors import AgentError, Forbidden, NeedsApproval
from agent.gate import invoke, may
from agent.identity import keys
from agent.identity.keys import Holder, Quotas
from agent.operation import Surface
from agent.registry import AnyOperation, on
from bot import refusals
from bot.services import Services
from bot.surfaces import bearer, mcp_tools, problems, tools
from bot.surfaces.problems import Broken, NoSuchOperation, WrongMethod
from bot.surfaces.waiting import Asks, Waits

PATH = "/mcp"
MOST_BYTES = 512 * 1024
TAINTED_FOR = timedelta(hours=1)
"""How long what a model with a key has read may still be in its mind."""
AGAIN = "Then call this tool again with the same arguments and approval_id {id}."

INSTRUCTIONS = """\
Draper writes marketing pieces for a team: runs make them, clients are the brands they \
are for. Lists come in pages: pass next_cursor as cursor. A call that waits for a \
person's yes says so; once they have approved it, repeat it with its approval_id."""

log = structlog.get_logger()


class ElsewhereOrigin(Forbidden):
    """A page of another site asks."""

    code = "foreign_origin"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "That came from a page of another site.", hint="Ask without a browser."
        )


class Mcp:
    """ASGI application: the MCP endpoint."""

    def __init__(
        self, services: Services, asks: Asks, quotas: Quotas = bearer.QUOTAS
    ) -> None:
        """Serve the catalogue; ``asks`` puts what waits for a yes before its person."""
        self._services = services
        self._quotas = quotas
        self._waits = Waits(services, asks, AGAIN)
        self._tools = {mcp_tools.tool_name(op): op for op in on(Surface.MCP)}
        self._listed = {name: mcp_tools.tool(op) for name, op in self._tools.items()}
        self._server: Server[Any] = Server(
            "draper",
            version="1",
            title="Draper",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )
        # A session lasts one request here; that each begins and ends is no news.
        logging.getLogger("mcp").setLevel(logging.WARNING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            holder = await self._admit(scope, Headers(scope=scope))
        except (AgentError, DBAPIError) as error:
            refusal = _known(error)
            request_id = str(self._services.ids.new())
            await problems.send_answer(send, problems.answer(refusal, request_id))
            return
        scope["state"] = {**scope.get("state", {}), "holder": holder}
        manager = StreamableHTTPSessionManager(
            self._server,
            json_response=True,
            stateless=True,
            max_request_body_size=MOST_BYTES,
        )
        # A manager a request: nothing is left running when it is answered.
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> Holder:
        if scope["path"].rstrip("/") != PATH:
            raise NoSuchOperation(scope["path"])
        if scope["method"] != "POST":  # no stream stands open beside the answers
            raise WrongMethod(("POST",))
        self._ensure_origin(headers)
        seen = bearer.visit(scope, headers)
        holder = await bearer.admit(
            self._services, headers, seen, Via.MODEL, self._quotas
        )
        bearer.ensure_quota(holder.quotas)
        return holder

    def _ensure_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        here = {headers.get("host", ""), urlsplit(self._services.public_url).netloc}
        if origin and urlsplit(origin).netloc not in here - {""}:
            raise ElsewhereOrigin

    async def _list(
        self,
        ctx: ServerRequestContext[Any, Any],
        params: PaginatedRequestParams | None,  # noqa: ARG002 - one page has them all
    ) -> ListToolsResult:
        caller = _holder(ctx).caller
        shown = [name for name, op in self._tools.items() if may(caller, op)]
        return ListToolsResult(tools=[self._listed[name] for name in shown])

    async def _call(
        self, ctx: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        op = self._tools.get(params.name)
        if op is None:
            return mcp_tools.refused(NoSuchOperation(params.name))
        try:
            given = params.arguments or {}
            return mcp_tools.done(await self._invoke(_holder(ctx), op, given))
        except Exception as error:  # noqa: BLE001 - the edge of this surface
            return mcp_tools.refused(_known(error))

    async def _invoke(
        self, holder: Holder, op: AnyOperation, given: Mapping[str, Any]
    ) -> BaseModel:
        raw, approval_id = mcp_tools.split(given)
        caller = replace(holder.caller, approval_id=approval_id)
        try:
            result: BaseModel = await self._services.call(
                lambda ctx: invoke(op, ctx, raw), caller
            )
        except NeedsApproval as needs:
            raise await self._waits.ask(caller, needs) from needs
        except Forbidden as forbidden:
            await refusals.told(self._services, caller, forbidden)
            raise
        if tools.taints(op):
            async with self._services.as_role("door") as session:
                await keys.taint(session, holder.key_id, TAINTED_FOR)
        return result


def _holder(ctx: ServerRequestContext[Any, Any]) -> Holder:
    assert ctx.request is not None  # noqa: S101 - every message comes by HTTP here
    holder: Holder = ctx.request.scope["state"]["holder"]
    return holder


def _known(error: Exception) -> AgentError:
    """The refusal that this is; what nobody expected goes to the log."""
    if isinstance(error, AgentError):
        return error
    known = problems.expected(error) if isinstance(error, DBAPIError) else None
    if known is None:
        log.exception("mcp.failed", error=type(error).__name__)  # noqa: LOG004 - in it
    return known or Broken()
