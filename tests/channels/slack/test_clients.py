"""Clients of many workspaces: kept for a while, over one pool."""

from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.clients import KEPT_S, ManyClients


class Tokens:
    """Every workspace has one; how often it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def token(self, account: str) -> str:
        self.asked.append(account)
        return f"xoxb-{account}"

    async def lost(self, account: str, code: str) -> None:
        raise AssertionError((account, code))


async def test_a_client_is_kept_for_a_while_and_then_forgotten() -> None:
    tokens, now = Tokens(), [0.0]
    clients = ManyClients(AsyncWebClient("none"), tokens, lambda: now[0])
    first = await clients.of("T1")
    assert await clients.of("T1") is first
    for number in range(2, 50):
        await clients.of(f"T{number}")
    now[0] = KEPT_S
    assert await clients.of("T1") is not first
    assert tokens.asked.count("T1") == 2
    assert list(clients._kept) == ["T1"]  # those of silent workspaces are gone
