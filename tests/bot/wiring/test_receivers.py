"""Loops that fetch events, kept running whatever befalls them."""

import asyncio

import pytest

from bot.wiring import processes
from channels.contract import NotSent, Refused
from channels.web.door import WebDoor


@pytest.mark.parametrize(
    "trouble",
    [NotSent("later"), Refused("no"), ExceptionGroup("in a task", [KeyError("url")])],
)
async def test_one_door_s_trouble_does_not_end_the_process(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(processes, "AGAIN_S", 0.0)
    monkeypatch.setattr(processes, "LONGEST_AGAIN_S", 0.0)
    again = asyncio.Event()
    tries = 0

    async def receive() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise trouble
        again.set()
        await asyncio.Event().wait()

    insisting = asyncio.create_task(processes._insist("web", receive, WebDoor()))
    try:
        async with asyncio.timeout(5):
            await again.wait()
    finally:
        insisting.cancel()
        await asyncio.gather(insisting, return_exceptions=True)
    assert tries == 2
