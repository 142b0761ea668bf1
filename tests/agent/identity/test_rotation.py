"""A session gets another token when its person's role or workspace changes."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.identity import sessions
from agent.identity.sessions import GRACE, Client, Person
from db.tenancy import system
from tests.db.asking import one, run
from tests.seeds import ACME, BOB

HERE = Client("127.0.0.1", "Firefox")
LIVE = """
    SELECT count(*) FROM access_tokens
    WHERE revoked_at IS NULL AND replaced_by_id IS NULL
"""


class Browser:
    """Somebody's browser, which holds a token."""

    def __init__(self, engine: AsyncEngine, token: str) -> None:
        self.engine, self.token = engine, token

    async def who(self) -> Person | None:
        async with system(self.engine, "door") as session:
            return await sessions.find(session, self.token)

    async def rotates(self) -> str | None:
        async with system(self.engine, "door") as session:
            return await sessions.rotate(session, self.token, HERE)


@pytest.fixture
async def bob(system_engine: AsyncEngine) -> Browser:
    async with system(system_engine, "door") as session:
        token = await sessions.create(
            session, user_id=BOB, workspace_id=ACME, client=HERE
        )
    return Browser(system_engine, token)


async def later(engine: AsyncEngine, by: timedelta) -> None:
    """Let every session have begun that much earlier."""
    earlier = "UPDATE access_tokens SET created_at = created_at - CAST(:by AS interval)"
    await run(engine, earlier, by=by)


async def promoted(engine: AsyncEngine, role: str = "admin") -> None:
    change = "UPDATE workspace_members SET role = :role WHERE user_id = :user"
    await run(engine, change, role=role, user=BOB)


async def test_a_session_as_it_began_needs_no_other_token(bob: Browser) -> None:
    person = await bob.who()
    assert person is not None
    assert (person.role, person.workspace, person.is_moved) == ("member", "Acme", False)


async def test_a_new_role_holds_at_once_and_asks_for_another_token(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    await promoted(owner_engine)
    before = await bob.who()
    assert before is not None
    assert (before.role, before.is_moved) == ("admin", True)
    fresh = await bob.rotates()
    assert fresh is not None
    assert fresh != bob.token
    after = await Browser(bob.engine, fresh).who()
    assert after is not None
    assert (after.role, after.is_moved, after.user_id) == ("admin", False, BOB)


async def test_the_old_token_serves_what_was_under_way_and_then_nothing(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    fresh = await bob.rotates()
    assert fresh is not None
    heir = await Browser(bob.engine, fresh).who()
    under_way = await bob.who()
    assert heir is not None
    assert under_way is not None
    assert under_way.session_id == heir.session_id
    assert not under_way.is_moved
    await later(owner_engine, GRACE - timedelta(seconds=5))
    assert await bob.who() is not None
    await later(owner_engine, timedelta(seconds=6))
    assert await bob.who() is None


async def test_an_old_token_used_much_later_ends_all_that_came_of_it(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    second = await bob.rotates()
    assert second is not None
    await later(owner_engine, timedelta(hours=1))
    third = await Browser(bob.engine, second).rotates()
    assert third is not None
    await later(owner_engine, timedelta(hours=1))
    assert await Browser(bob.engine, third).who() is not None
    assert await bob.who() is None  # a thief, or the browser after a thief
    assert await Browser(bob.engine, third).who() is None
    assert await one(owner_engine, LIVE) == 0


async def test_of_two_requests_one_is_given_the_new_token(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    assert await bob.rotates() is not None
    assert await bob.rotates() is None
    assert await one(owner_engine, LIVE) == 1


@pytest.mark.parametrize(
    "end",
    [
        "UPDATE access_tokens SET revoked_at = now()",
        "DELETE FROM workspace_members WHERE display_name = 'Bob'",
    ],
)
async def test_what_has_ended_gets_no_other_token(
    bob: Browser, owner_engine: AsyncEngine, end: str
) -> None:
    await run(owner_engine, end)
    assert await bob.rotates() is None
    assert await bob.who() is None


async def test_a_stranger_ends_nobody_elses_sessions(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    prefix = bob.token.partition(".")[0]
    for wrong in (f"{prefix}.x", prefix, ""):
        assert await Browser(bob.engine, wrong).who() is None
    assert await bob.who() is not None


async def test_a_chat_moved_to_another_workspace_moves_the_session(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    second = "INSERT INTO workspaces (id, name, kind) VALUES (:id, 'Second', 'team')"
    there = "00000000-0000-7000-8000-00000000aaaa"
    await run(owner_engine, second, id=there)
    join = (
        "INSERT INTO workspace_members (workspace_id, user_id, role)"
        " VALUES (:ws, :user, 'viewer')"
    )
    await run(owner_engine, join, ws=there, user=BOB)
    chat = (
        "INSERT INTO chats (workspace_id, channel, account, chat_id, thread_id, kind,"
        " visibility) VALUES (:ws, 'web', '', :user, '', 'private', 'private')"
    )
    known = (
        "INSERT INTO user_channels (user_id, workspace_id, channel, channel_user_id)"
        " VALUES (:user, :ws, 'web', :name)"
    )
    await run(owner_engine, known, ws=there, user=BOB, name=str(BOB))
    await run(owner_engine, chat, ws=there, user=str(BOB))
    person = await bob.who()
    assert person is not None
    assert (person.workspace, person.role, person.is_moved) == (
        "Second",
        "viewer",
        True,
    )


async def test_use_is_noted_to_ten_minutes(
    bob: Browser, owner_engine: AsyncEngine
) -> None:
    seen = "SELECT now() - last_used_at FROM access_tokens"
    ago = "UPDATE access_tokens SET last_used_at = now() - CAST(:by AS interval)"
    for minutes, is_noted in ((5, False), (11, True)):
        await run(owner_engine, ago, by=timedelta(minutes=minutes))
        await bob.who()
        since: timedelta = await one(owner_engine, seen)
        assert (since < timedelta(minutes=1)) is is_noted
