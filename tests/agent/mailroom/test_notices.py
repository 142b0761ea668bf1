"""A person is pinged where they are, once, and not in their quiet hours."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from agent.ctx import Caller, Role
from agent.mailroom.notices import Notice, Outcome, notify, notify_all
from agent.mailroom.schemas import Choice, Message
from bot import digests
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.conftest import connected, copied
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

STATUS = "SELECT status FROM deliveries"
SENT = "SELECT * FROM deliveries ORDER BY id"
HUSH = """
    UPDATE users SET quiet_from = CAST(now() AT TIME ZONE timezone
            + make_interval(hours => :begins) AS time),
        quiet_until = CAST(now() AT TIME ZONE timezone
            + make_interval(hours => :ends) AS time)
    WHERE id = :who
"""
"""Quiet hours around now, in the person's zone, whatever the time is."""


def told(key: str = "k", topic: str = "budget", text: str = "75 % is spent") -> Notice:
    return Notice(key, topic, Message(text))


async def ping(
    world: World, notice: Notice, caller: Caller = AS_BOB, to: UUID = ANA
) -> Outcome:
    async with world.tenant(caller) as session:
        return await notify(session, caller.workspace_id, to, notice)


async def hush(world: World, begins: int = -1, ends: int = 1, who: UUID = ANA) -> None:
    await run(world.owner, HUSH, begins=begins, ends=ends, who=who)


async def release(world: World) -> int:
    async with system(world.system, "worker") as session:
        return await digests.release(session)


async def test_a_colleague_s_call_pings_her_in_her_own_chat_and_nobody_else(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    assert await ping(world, told()) == "planned"
    [row] = await run(world.owner, SENT)
    assert (row.channel, row.recipient, row.purpose) == ("telegram", "1/", "alert")
    assert (row.user_id, row.conversation_id) == (ANA, ana.conversation_id)
    async with world.tenant(AS_BOB) as session:
        assert await run(session, SENT) == []


async def test_one_key_is_one_ping_a_person(world: World) -> None:
    await world.settled(AS_ANA)
    await world.settled(AS_BOB, "2")
    said = [await ping(world, told(), to=who) for who in (ANA, BOB, ANA)]
    assert said == ["planned", "planned", "known"]


async def test_the_most_recent_private_chat_is_where_she_is(world: World) -> None:
    await world.settled(AS_ANA, "1")
    await world.settled(AS_ANA, "-5", "group")
    later = await world.settled(AS_ANA, "9")
    await run(
        world.owner,
        "UPDATE conversations SET last_message_at = now() WHERE id = :id",
        id=later.conversation_id,
    )
    await ping(world, told())
    assert await one(world.owner, "SELECT recipient FROM deliveries") == "9/"


async def test_who_never_wrote_in_private_or_switched_it_off_is_not_pinged(
    world: World,
) -> None:
    assert await ping(world, told()) == "nowhere"
    await world.settled(AS_ANA)
    await run(world.owner, """UPDATE users SET notifications = '{"budget": "off"}'""")
    assert await ping(world, told()) == "muted"
    assert await ping(world, told(topic="security")) == "planned"


async def test_nobody_pings_into_another_workspace(world: World) -> None:
    await world.settled(AS_EVE, "3")
    assert await ping(world, told(), to=EVE) == "nowhere", "no member of hers"
    with pytest.raises(DBAPIError, match="to members of"):
        async with world.tenant(AS_BOB) as session:
            await notify(session, RIVAL, EVE, told())
    assert await run(world.owner, SENT) == []


async def test_everybody_of_a_role_and_above_is_told(world: World) -> None:
    await world.settled(AS_ANA)
    await world.settled(AS_BOB, "2")
    async with world.tenant(AS_BOB) as session:
        assert await notify_all(session, ACME, Role.ADMIN, told()) == {ANA: "planned"}


async def test_what_comes_in_quiet_hours_comes_after_them_as_one_message(
    world: World,
) -> None:
    await world.settled(AS_ANA)
    await hush(world)
    see = Choice("See", "runs.approvals")
    assert await ping(world, told("a", text="75 % is spent")) == "held"
    notice = Notice("b", "approval", Message("A draft waits.", (see,)))
    assert await ping(world, notice) == "held"
    assert await release(world) == 0, "not before they are over"
    await hush(world, begins=-2, ends=-1)
    assert await release(world) == 1
    assert await release(world) == 0
    *held, digest = await run(world.owner, SENT)
    assert {row.status for row in held} == {"cancelled"}
    assert (digest.status, digest.purpose, digest.user_id) == ("planned", "digest", ANA)
    assert digest.payload["text"] == (
        "While you were away, 2 things:\n\n1. 75 % is spent\n2. A draft waits."
    )
    [button] = digest.payload["buttons"]
    assert (button["label"], button["operation"]) == ("2. See", "runs.approvals")


async def test_a_single_held_message_is_told_as_it_was(world: World) -> None:
    await world.settled(AS_ANA)
    await hush(world)
    await ping(world, told())
    await hush(world, begins=-2, ends=-1)
    await release(world)
    assert (await run(world.owner, SENT))[-1].payload["text"] == "75 % is spent"


async def test_longer_quiet_hours_hold_it_for_longer(world: World) -> None:
    await world.settled(AS_ANA)
    await hush(world)
    await ping(world, told())
    await hush(world, ends=3)
    assert await release(world) == 0
    left = "SELECT not_before - now() > interval '2 hours' FROM deliveries"
    assert await one(world.owner, left)


async def test_who_has_left_meanwhile_is_not_told(world: World) -> None:
    await world.settled(AS_BOB, "2")
    await hush(world, who=BOB)
    await ping(world, told(), AS_ANA, BOB)
    await run(world.owner, "DELETE FROM workspace_members WHERE user_id = :w", w=BOB)
    await hush(world, begins=-2, ends=-1, who=BOB)
    assert await release(world) == 0
    assert await one(world.owner, STATUS) == "cancelled"


async def test_two_processes_make_one_digest(world: World) -> None:
    await world.settled(AS_ANA)
    await hush(world)
    await ping(world, told())
    await hush(world, begins=-2, ends=-1)
    async with (
        system(world.system, "worker") as one_session,
        system(world.system, "worker") as other,
    ):
        made = [await digests.release(s) for s in (one_session, other)]
    assert made == [1, 0]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asking(server: Urls, bare_template: Urls) -> AsyncIterator[Urls]:
    async with copied(server, bare_template) as urls:
        yield urls


NIGHT = ("22:00", "08:00")


@pytest.mark.parametrize(
    ("zone", "hours", "at", "until"),
    [
        ("Asia/Kolkata", NIGHT, "2026-11-21T17:00", "2026-11-22T02:30"),
        ("Asia/Kolkata", NIGHT, "2026-11-22T02:29", "2026-11-22T02:30"),
        ("Asia/Kolkata", NIGHT, "2026-11-22T02:30", None),
        ("Asia/Kolkata", NIGHT, "2026-11-22T16:29", None),
        # The clocks go forward in this night, and back in that one.
        ("Europe/Berlin", NIGHT, "2026-03-28T22:00", "2026-03-29T06:00"),
        ("Europe/Berlin", NIGHT, "2026-10-24T21:00", "2026-10-25T07:00"),
        # 02:30 is skipped that night; it ends when that time would have been.
        ("Europe/Berlin", ("01:00", "02:30"), "2026-03-29T00:30", "2026-03-29T01:30"),
        ("UTC", ("12:00", "13:30"), "2026-11-21T12:00", "2026-11-21T13:30"),
        ("UTC", ("12:00", "13:30"), "2026-11-21T13:30", None),
        ("UTC", (None, None), "2026-11-21T12:00", None),
        ("UTC", ("08:00", "08:00"), "2026-11-21T08:00", None),
    ],
)
async def test_quiet_hours_end_by_the_clock_on_the_wall(
    asking: Urls,
    zone: str,
    hours: tuple[str | None, str | None],
    at: str,
    until: str | None,
) -> None:
    begins, ends = (time.fromisoformat(h) if h else None for h in hours)
    async with connected(asking.owner) as engine:
        found = await one(
            engine,
            "SELECT quiet_end(:at, :zone, :begins, :ends)",
            at=instant(at),
            zone=zone,
            begins=begins,
            ends=ends,
        )
    assert found == (instant(until) if until else None)


def instant(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC)
