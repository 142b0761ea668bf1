"""The door: who a sender is before the tenant is known, and what it may write."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.tenancy import tenant
from tests.db.asking import as_role, one, run
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

RESOLVE = "SELECT * FROM resolve_sender('telegram', '', :sender, 'bot', :chat, :thread)"
BIND = """
    INSERT INTO chats (workspace_id, channel, account, chat_id, thread_id, kind)
    VALUES (:workspace, 'telegram', 'bot', '-7', :thread, :kind) RETURNING id
"""


@pytest.fixture
def engine(system_engine: AsyncEngine) -> AsyncEngine:
    return system_engine


async def resolve(
    engine: AsyncEngine, sender: str, chat: str = "-7", thread: str = ""
) -> dict[str, object]:
    values = {"sender": sender, "chat": chat, "thread": thread}
    return dict((await as_role(engine, "door", RESOLVE, **values))[0]._asdict())


async def bind(
    engine: AsyncEngine, workspace: UUID, thread: str = "", kind: str = "group"
) -> UUID:
    values = {"workspace": workspace, "thread": thread, "kind": kind}
    bound: UUID = (await as_role(engine, "door", BIND, **values))[0].id
    return bound


async def test_a_stranger_in_an_unknown_chat_is_one_row_of_nothing(
    engine: AsyncEngine,
) -> None:
    assert set((await resolve(engine, "999")).values()) == {None}


async def test_a_known_sender_in_a_new_chat_gets_their_own_workspace(
    engine: AsyncEngine,
) -> None:
    found = await resolve(engine, "102")
    assert found == {
        "user_id": BOB,
        "channel_workspace_id": ACME,
        "locale": "en",
        "timezone": "UTC",
        "is_active": True,
        "chat_row_id": None,
        "workspace_id": ACME,
        "role": "member",
        "client_id": None,
        "conversation_id": None,
        "chat_state": None,
        "visibility": None,
        "chat_kind": None,
    }


async def test_the_chat_says_which_workspace_it_is(engine: AsyncEngine) -> None:
    chat = await bind(engine, ACME)
    eve = await resolve(engine, "201")
    assert (eve["user_id"], eve["workspace_id"], eve["role"]) == (EVE, ACME, None)
    assert (eve["chat_row_id"], eve["visibility"]) == (chat, "private")
    ana = await resolve(engine, "101")
    assert (ana["workspace_id"], ana["role"], ana["chat_kind"]) == (
        ACME,
        "owner",
        "group",
    )
    stranger = await resolve(engine, "999")
    assert (stranger["user_id"], stranger["workspace_id"]) == (None, ACME)


async def test_a_thread_without_a_row_takes_its_chats_workspace(
    engine: AsyncEngine,
) -> None:
    await bind(engine, ACME)
    found = await resolve(engine, "101", thread="5")
    assert (found["workspace_id"], found["chat_row_id"]) == (ACME, None)
    thread = await bind(engine, ACME, "5", "thread")
    assert (await resolve(engine, "101", thread="5"))["chat_row_id"] == thread


async def test_a_chat_of_another_bot_is_another_chat(engine: AsyncEngine) -> None:
    await bind(engine, ACME)
    other = RESOLVE.replace("'bot'", "'another'")
    rows = await as_role(engine, "door", other, sender="999", chat="-7", thread="")
    assert rows[0].workspace_id is None


async def test_a_blocked_account_has_no_role(
    engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    await run(
        owner_engine, "UPDATE users SET is_active = false WHERE id = :ana", ana=ANA
    )
    found = await resolve(engine, "101")
    assert (found["user_id"], found["is_active"], found["role"]) == (ANA, False, None)


async def test_the_worker_may_ask_too_and_the_app_may_not(
    engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    values = {"sender": "101", "chat": "-7", "thread": ""}
    assert (await as_role(engine, "worker", RESOLVE, **values))[0].user_id == ANA
    with pytest.raises(DBAPIError, match="permission denied for function"):
        await run(app_engine, RESOLVE, **values)


TOKEN = """
    INSERT INTO access_tokens (user_id, workspace_id, kind, prefix, token_hash,
        expires_at, revoked_at)
    VALUES (:ana, :acme, 'session', 'p', :hash, now() + :life,
        CASE WHEN :revoked THEN now() END)
"""


@pytest.mark.parametrize(
    ("life", "revoked", "found"),
    [(60, False, 1), (-60, False, 0), (60, True, 0)],
    ids=["live", "expired", "revoked"],
)
async def test_only_a_live_token_is_somebodys(
    engine: AsyncEngine, *, life: int, revoked: bool, found: int
) -> None:
    values = {"ana": ANA, "acme": ACME, "hash": b"h", "revoked": revoked}
    life_s = timedelta(seconds=life)
    await as_role(engine, "door", TOKEN, life=life_s, **values)
    ask = "SELECT * FROM resolve_token('p', :hash)"
    rows = await as_role(engine, "door", ask, hash=b"h")
    assert [(row.user_id, row.workspace_id, row.role) for row in rows] == (
        [(ANA, ACME, "owner")] * found
    )
    assert await as_role(engine, "door", ask, hash=b"other") == []


async def test_a_press_finds_its_delivery_but_no_text(
    engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    async with tenant(app_engine, ACME, ANA) as session:
        row = await one(
            session,
            "INSERT INTO deliveries (workspace_id, channel, recipient, purpose,"
            " dedupe_key, payload) VALUES (:acme, 'telegram', '1/', 'reply', 'k', '{}')"
            " RETURNING id",
            acme=ACME,
        )
    ask = "SELECT * FROM resolve_delivery(:id)"
    found = await as_role(engine, "door", ask, id=row)
    assert tuple(found[0]) == (ACME, "telegram", "", "1/")
    with pytest.raises(DBAPIError, match="permission denied"):
        await as_role(engine, "door", "SELECT payload FROM deliveries")


async def test_my_workspaces_are_mine_alone(app_engine: AsyncEngine) -> None:
    mine = "SELECT * FROM my_workspaces(:person)"
    async with tenant(app_engine, RIVAL, ANA) as session:
        rows = await run(session, mine, person=ANA)
    assert [tuple(row) for row in rows] == [(ACME, "Acme", "owner")]
    with pytest.raises(DBAPIError, match="answers for"):
        async with tenant(app_engine, ACME, ANA) as session:
            await run(session, mine, person=EVE)
    with pytest.raises(DBAPIError, match="answers for"):
        await run(app_engine, mine, person=ANA)


async def test_onboarding_makes_the_first_owner_and_answers_a_stranger(
    engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    user = (
        await as_role(engine, "door", "INSERT INTO users DEFAULT VALUES RETURNING id")
    )[0].id
    home = await as_role(
        engine, "door", "INSERT INTO workspaces (name) VALUES ('New') RETURNING id"
    )
    await as_role(
        engine,
        "door",
        "INSERT INTO workspace_members (workspace_id, user_id, role)"
        " VALUES (:home, :user, 'owner')",
        home=home[0].id,
        user=user,
    )
    answer = (
        "INSERT INTO deliveries (workspace_id, channel, recipient, purpose, dedupe_key,"
        " payload) VALUES (:home, 'telegram', '1/', 'code', 'k', '{}') RETURNING id"
    )
    assert await as_role(engine, "door", answer, home=None)
    with pytest.raises(DBAPIError, match="row-level security"):
        await as_role(engine, "door", answer, home=ACME)
    assert await one(owner_engine, "SELECT count(*) FROM workspaces") == 3


async def test_the_door_reads_no_conversation_and_writes_no_run(
    engine: AsyncEngine,
) -> None:
    for forbidden in (
        "SELECT content FROM messages",
        "SELECT data FROM events",
        "SELECT sealed FROM link_codes",
        "INSERT INTO runs (workspace_id) SELECT id FROM workspaces",
        "UPDATE workspaces SET name = 'x'",
        "DELETE FROM users",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            await as_role(engine, "door", forbidden)
