"""MCP: asked with the SDK's own client over real HTTP; a model never gets more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from agent.ctx import Caller
from agent.gate import may
from agent.operation import Effect, Surface
from agent.registry import CATALOGUE, on
from agent.runs import consents
from bot.surfaces import mcp_tools
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE
from tests.bot.surfaces.conftest import Api, listening
from tests.db.asking import one

CHANGES = {Effect.WRITE, Effect.SPEND, Effect.SEND, Effect.PUBLISH, Effect.DESTROY}


@pytest.fixture
async def url(api: Api) -> AsyncIterator[str]:
    """Where MCP really listens."""
    async with listening(api.mounts) as base:
        yield f"{base}/mcp"


@asynccontextmanager
async def connected(url: str, key: str, mode: Any = "auto") -> AsyncIterator[Client]:
    """The SDK's client, with a key."""
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=10) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


def said(result: CallToolResult) -> str:
    """What a tool answered, as text."""
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_of_any_age_lists_tools_and_calls_them(
    api: Api, url: str, ana: str, mode: str
) -> None:
    await api.post("runs.start", ana, {"brief": "An ad"})
    async with connected(url, ana, mode) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == {mcp_tools.tool_name(op) for op in on(Surface.MCP)}
        found = await client.call_tool("runs_show", {"number": 1})
        assert not found.is_error
        assert found.structured_content is not None
        assert found.structured_content["asked"] == "An ad"
        missing = await client.call_tool("runs_show", {"number": 9})
        assert missing.is_error
        assert "no run #9" in said(missing)
        wrong = await client.call_tool("runs_list", {"limit": 1000})
        assert wrong.is_error
        assert "limit" in said(wrong)
        unknown = await client.call_tool("identity_new_key", {"name": "mine"})
        assert unknown.is_error
    assert await one(api.world.owner, "SELECT count(*) FROM access_tokens") == 1


@pytest.mark.parametrize("op", [*on(Surface.MCP)], ids=lambda op: op.name)
def test_a_tool_s_hints_follow_from_its_effect(op: Any) -> None:
    tool = mcp_tools.tool(op)
    assert tool.annotations is not None
    assert tool.annotations.read_only_hint is (op.effect is Effect.READ)
    assert tool.annotations.destructive_hint is (op.effect is Effect.DESTROY)
    assert (mcp_tools.APPROVAL in tool.input_schema["properties"]) is (
        op.effect in CHANGES
    ) or not tool.input_schema.get("properties")
    assert tool.description
    assert tool.output_schema


def test_no_two_operations_are_one_tool() -> None:
    names = [mcp_tools.tool_name(op) for op in CATALOGUE]
    assert len(names) == len(set(names))
    assert all(len(name) <= 64 for name in names)


async def test_a_model_sees_only_what_its_person_and_key_may(
    api: Api, url: str
) -> None:
    key = await api.key(AS_BOB, scopes="runs:read")
    reads = Caller(
        AS_BOB.workspace_id,
        AS_BOB.user_id,
        AS_BOB.role,
        scopes=frozenset({"runs:read"}),
    )
    async with connected(url, key) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        assert listed == {
            mcp_tools.tool_name(op) for op in on(Surface.MCP) if may(reads, op)
        }
        assert listed >= {"runs_list", "runs_show"}
        refused = await client.call_tool("runs_cancel", {"number": 1})
    assert refused.is_error
    assert "scope" in said(refused)


async def test_what_spends_waits_for_a_person_and_is_done_once(
    api: Api, url: str, ana: str
) -> None:
    ad = {"skill": "assistant", "brief": "An ad"}
    async with connected(url, ana) as client:
        waits = await client.call_tool("runs_start", ad)
        assert waits.is_error
        assert "approve" in said(waits).lower()
        card = UUID(said(waits).rpartition("approval_id ")[2][:36])
        # Not approved yet: it waits on, at the same card.
        again = await client.call_tool("runs_start", ad | {"approval_id": str(card)})
        assert str(card) in said(again)
        assert await one(api.world.owner, "SELECT count(*) FROM runs") == 0
        async with api.world.ctx(AS_ANA) as ctx:
            await consents.decide(ctx, card, "approved")
        # What was approved is this call and no other.
        other = ad | {"brief": "Two ads", "approval_id": str(card)}
        assert (await client.call_tool("runs_start", other)).is_error
        done = await client.call_tool("runs_start", ad | {"approval_id": str(card)})
        assert not done.is_error, said(done)
        used = await client.call_tool("runs_start", ad | {"approval_id": str(card)})
        assert used.is_error
    assert await one(api.world.owner, "SELECT count(*) FROM runs") == 1
    actor = "SELECT actor_type FROM events WHERE type = 'runs.start'"
    assert await one(api.world.owner, actor) == "agent"


async def test_nobody_approves_with_a_key(api: Api, url: str, ana: str) -> None:
    async with connected(url, ana) as client:
        waits = await client.call_tool("runs_start", {"brief": "An ad"})
        card = said(waits).rpartition("approval_id ")[2][:36]
        for tool in ("runs_approve_call", "runs_decide"):
            assert (await client.call_tool(tool, {"call_id": card})).is_error
    answer = await api.post("runs.approve_call", ana, {"call_id": card})
    assert answer.status_code == 404
    assert await one(api.world.owner, "SELECT status FROM approvals") == "pending"


async def test_who_has_read_a_stranger_s_text_may_change_nothing_alone(
    api: Api, url: str, ana: str
) -> None:
    await api.post("runs.start", ana, {"brief": "An ad"})
    async with connected(url, ana) as client:
        assert not (await client.call_tool("runs_list", {})).is_error
        refused = await client.call_tool("runs_cancel", {"number": 1})
        assert refused.is_error
        assert "approve" in said(refused).lower()
    assert await one(api.world.owner, "SELECT status FROM runs") == "queued"
    # Over REST the key's person decides.
    assert (await api.post("runs.cancel", ana, {"number": 1})).status_code == 200


async def test_another_workspace_s_things_are_not_there(
    api: Api, url: str, ana: str
) -> None:
    await api.post("runs.start", ana, {"brief": "Our secret plan"})
    async with connected(url, await api.key(AS_EVE)) as client:
        assert (await client.call_tool("runs_show", {"number": 1})).is_error
        listed = await client.call_tool("runs_list", {})
        assert listed.structured_content == {"lines": [], "next_cursor": ""}


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"authorization": "Bearer nonsense"}, 401),
        ("POST", {"authorization": ""}, 401),
        ("POST", {"origin": "https://evil.example"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("GET", {}, 405),
        ("DELETE", {}, 405),
        ("POST", {}, 200),
        ("POST", {"origin": "http://127.0.0.1:8000"}, 200),
    ],
)
async def test_each_request_proves_itself(
    api: Api, ana: str, method: str, headers: dict[str, str], status: int
) -> None:
    given = {
        "authorization": f"Bearer {ana}",
        "accept": "application/json, text/event-stream",
    }
    answer = await api.http.request(
        method, "/mcp", json=INITIALIZE, headers=given | headers
    )
    assert answer.status_code == status, answer.text
    if status == 200:
        assert "mcp-session-id" not in answer.headers
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"[" * 100_000, b'{"jsonrpc": "2.0"}', b"x" * 600_000],
    ids=lambda given: str(given)[:20],
)
async def test_garbage_is_refused_without_a_trace(
    api: Api, ana: str, body: bytes
) -> None:
    answer: httpx.Response = await api.http.post(
        "/mcp",
        content=body,
        headers={
            "authorization": f"Bearer {ana}",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
        },
    )
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
