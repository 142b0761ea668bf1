"""The console's link and the list of sessions, as operations."""

from dataclasses import replace

import pytest

from agent.ctx import Caller
from agent.errors import AgentError
from agent.identity import codes, sessions
from agent.identity.console_operations import LOGIN, NotInPrivate, open_console
from agent.identity.session_operations import (
    SessionOver,
    device,
    end_session,
    list_sessions,
)
from agent.identity.sessions import Client
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, PEPPER, World
from tests.db.asking import one

EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/5 Chrome/140.0 Safari/5 Edg/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile/1 Safari/605.1"


async def opened(world: World, caller: Caller, agent: str = EDGE) -> str:
    async with world.door() as session:
        return await sessions.create(
            session,
            user_id=caller.user_id,
            workspace_id=caller.workspace_id,
            client=Client("192.0.2.7", agent),
        )


async def is_live(world: World, token: str) -> bool:
    async with world.door() as session:
        return await sessions.find(session, token) is not None


async def test_the_link_stands_for_whoever_asked_once(world: World) -> None:
    bob = await world.settled(AS_BOB)
    way = await world.call(open_console, bob)
    place, _, code = way.url.partition("&code=")
    assert place == "http://127.0.0.1:8000/signin?to=console"
    assert (way.minutes, way.is_local) == (15, True)
    async with world.door() as session:
        found = await codes.redeem(session, purpose=LOGIN, code=code, pepper=PEPPER)
        again = await codes.redeem(session, purpose=LOGIN, code=code, pepper=PEPPER)
    assert found is not None
    assert (found.user_id, found.workspace_id) == (bob.user_id, bob.workspace_id)
    assert again is None
    left = "SELECT expires_at - created_at < interval '16 minutes' FROM link_codes"
    assert await one(world.owner, left)


@pytest.mark.parametrize("kind", ["group", "channel"])
async def test_where_others_read_along_there_is_no_link(
    world: World, kind: str
) -> None:
    bob = await world.settled(AS_BOB, kind=kind)
    with pytest.raises(NotInPrivate, match="others read along"):
        await world.call(open_console, bob)
    with pytest.raises(NotInPrivate):
        await world.call(open_console, AS_BOB)  # from no chat at all
    assert await one(world.owner, "SELECT count(*) FROM link_codes") == 0


async def test_on_the_web_one_is_signed_in_already(world: World) -> None:
    ana = await world.settled(replace(AS_ANA, channel="web"))
    way = await world.call(open_console, ana)
    assert (way.url, way.minutes) == ("http://127.0.0.1:8000/console", 0)
    assert await one(world.owner, "SELECT count(*) FROM link_codes") == 0


async def test_one_sees_ones_own_sessions_alone(world: World) -> None:
    for caller in (AS_ANA, AS_BOB, AS_EVE):
        await opened(world, caller)
    await opened(world, AS_ANA, PHONE)
    found = await world.call(list_sessions, AS_ANA)
    assert [line.device for line in found.lines] == [
        "Safari on iPhone",
        "Edge on Windows",
    ]
    assert {line.address for line in found.lines} == {"192.0.2.7"}


async def test_one_session_ends_or_all_and_never_somebody_elses(world: World) -> None:
    first, second = await opened(world, AS_ANA), await opened(world, AS_ANA)
    bobs = await opened(world, AS_BOB)
    [_, older] = (await world.call(list_sessions, AS_ANA)).lines
    with pytest.raises(SessionOver):
        await world.call(end_session, AS_BOB, session_id=str(older.session_id))
    ended = await world.call(end_session, AS_ANA, session_id=str(older.session_id))
    assert ended.count == 1
    assert [await is_live(world, one) for one in (first, second)] == [False, True]
    with pytest.raises(SessionOver):
        await world.call(end_session, AS_ANA, session_id=str(older.session_id))
    assert (await world.call(end_session, AS_ANA)).count == 1
    assert not await is_live(world, second)
    assert await is_live(world, bobs)
    lines = "SELECT count(*) FROM events WHERE stream_type = 'session'"
    assert await one(world.owner, lines) == 2


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        ("curl/8.1", "An unnamed browser"),
        ("<script>alert(1)</script>", "An unnamed browser"),
        ("", "An unnamed browser"),
    ],
)
def test_a_browser_is_named_by_what_it_says(agent: str, said: str) -> None:
    assert device(agent) == said


def test_refusals_say_what_to_do_next() -> None:
    for refusal in (NotInPrivate(), SessionOver()):
        assert isinstance(refusal, AgentError)
        assert refusal.hint
