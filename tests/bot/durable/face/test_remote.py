"""Our own remote mode against the face: one engine serves another's functions."""

from typing import Any

import inngest
import pytest

from bot.durable.face.inbound import ULID
from bot.durable.remote.account import Account
from bot.durable.remote.api import Api
from bot.durable.remote.errors import Denied, Rejected
from bot.durable.steps import Steps
from tests.bot.durable.face.conftest import Side
from tests.bot.durable.face.site import EVENT_KEY, OTHER_KEY, SIGNING_KEY

SEED = "1743130137367,AAECAwQFBgcICQ=="


def api_of(side: Side, **changes: Any) -> Api:
    given = {
        "api": side.url,
        "events": side.url,
        "origin": "http://127.0.0.1:1",
        "event_key": EVENT_KEY,
        "signing_keys": (SIGNING_KEY,),
    } | changes
    return Api(Account(**given))


async def test_events_and_runs_are_understood(side: Side) -> None:
    site, api = side.site(), api_of(side)

    async def go(ctx: inngest.Context, steps: Steps) -> str:
        return "done"

    async def waits(ctx: inngest.Context, steps: Steps) -> None:
        await ctx.step.wait_for_event("answer", event="never", timeout=60_000)

    site.declare("go", go)
    site.declare("waits", waits)
    async with site.open():
        met = await api.meet("far")
        assert met.functions == ("far-go", "far-waits")
        assert met.at is not None
        ids = await api.post([{"name": "go"}, {"name": "waits", "id": "w1"}], SEED)
        assert (set(ids[0]) <= set(ULID), ids[1]) == (True, "w1")
        await side.world.ended(ids[0])
        (run,) = await api.runs_of(ids[0])
        assert (run["status"], run["output"]) == ("Completed", "done")
        assert await api.run(run["run_id"]) == run
        event = await api.event(ids[0])
        assert event is not None
        assert event["name"] == "go"
        await side.world.until("w1", lambda runs: bool(runs[0].steps))
        (waiting,) = await api.runs_of("w1")
        await api.cancel(waiting["run_id"])
        (ended,) = await api.runs_of("w1")
        assert ended["status"] == "Cancelled"
    await api.aclose()


async def test_what_is_refused_is_understood_too(side: Side) -> None:
    api = api_of(side)
    with pytest.raises(Rejected, match="has no name"):
        await api.post([{"name": ""}], SEED)
    assert await api.run("01940000-0000-7000-8000-000000000000") is None
    await api.aclose()
    stranger = api_of(side, event_key="other", signing_keys=(OTHER_KEY,))
    with pytest.raises(Denied):
        await stranger.post([{"name": "a"}], SEED)
    with pytest.raises(Denied):
        await stranger.run("01940000-0000-7000-8000-000000000000")
    await stranger.aclose()
