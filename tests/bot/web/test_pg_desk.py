import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ears import Ears, connector
from bot.web.desk import TooManyTries, Visitor
from bot.web.pg_desk import TRIES, PgDesk
from db.server_bootstrap import Urls
from tests.bot.web.pg_chat import (
    HERE,
    SOON_S,
    TALK,
    Backing,
    Chat,
    Shelf,
    begun,
    code_for,
    enter,
    keep,
)
from tests.conftest import administer
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL


@pytest.fixture
async def pg(
    app_engine: AsyncEngine, system_engine: AsyncEngine, database: Urls
) -> AsyncIterator[PgDesk]:
    """The desk of the seeded database."""
    ears = Ears(connector(database.app))
    yield PgDesk(Backing(app_engine, system_engine, Shelf()), ears, keep)
    await ears.close()


@pytest.fixture
async def chat(pg: PgDesk, owner_engine: AsyncEngine) -> Chat:
    """Ana at her page, with a conversation begun."""
    return await begun(pg, owner_engine)


async def test_a_sign_in_code_opens_one_session(pg: PgDesk) -> None:
    code = await code_for(pg)
    token = await pg.redeem(code, HERE)
    assert token is not None
    caller = await pg.who(token)
    assert caller is not None
    assert (caller.user_id, caller.workspace_id, caller.name) == (ANA, ACME, "Ana")
    assert caller.chat_id is not None
    assert await pg.redeem(code, HERE) is None


async def test_signing_out_ends_it(pg: PgDesk) -> None:
    token = await pg.redeem(await code_for(pg), HERE)
    assert token is not None
    await pg.sign_out(token)
    assert await pg.who(token) is None


async def test_guessing_from_one_place_is_slowed_down(pg: PgDesk) -> None:
    for _ in range(TRIES):
        assert await pg.redeem("22222-22222-22222", HERE) is None
    code = await code_for(pg)
    with pytest.raises(TooManyTries):
        await pg.redeem(code, HERE)
    assert await pg.redeem(code, Visitor("127.0.0.2")) is not None


async def test_a_second_sign_in_comes_into_the_same_chat(pg: PgDesk) -> None:
    first, second = await enter(pg), await enter(pg)
    assert first.chat_id == second.chat_id
    assert first.session_id != second.session_id


async def test_history_is_both_sides_in_order(chat: Chat) -> None:
    await chat.hears("Write copy", "client-1")
    await chat.says("# Copy")
    await chat.hears("Shorter")
    shown = await chat.pg.history(chat.ana, limit=10)
    assert [(one.role, one.markdown) for one in shown] == [
        ("you", "Write copy"),
        ("draper", "# Copy"),
        ("you", "Shorter"),
    ]
    assert shown[0].client_id == "client-1"
    assert shown[1].html == "<h1>Copy</h1>\n"
    assert [one.order for one in shown] == sorted(one.order for one in shown)


async def test_a_question_stands_before_the_answer_made_in_the_same_moment(
    chat: Chat,
) -> None:
    said, answered = await chat.hears("Q"), await chat.says("A")
    same = "UPDATE {} SET created_at = '2026-11-21T12:00Z' WHERE id = :id"
    await chat.do(same.format("deliveries"), id=answered)
    await chat.do(same.format("messages"), id=said)
    shown = await chat.pg.history(chat.ana, limit=10)
    assert [one.markdown for one in shown] == ["Q", "A"]


async def test_earlier_messages_come_in_pages_without_gap_or_repeat(
    chat: Chat,
) -> None:
    for n in range(7):
        await chat.hears(f"m{n}")
    pages: list[list[str]] = []
    before = ""
    while page := await chat.pg.history(chat.ana, limit=3, before=before):
        pages.append([one.markdown for one in page])
        before = page[0].order
    assert pages == [["m4", "m5", "m6"], ["m1", "m2", "m3"], ["m0"]]


@pytest.mark.parametrize("before", ["x", "1.2", "9" * 40 + ".0.x", "1.0.not-an-id"])
async def test_a_place_that_is_none_has_nothing_before_it(
    chat: Chat, before: str
) -> None:
    await chat.hears("m")
    assert await chat.pg.history(chat.ana, limit=3, before=before) == []


async def test_a_placeholder_is_work_until_the_text_is_there(chat: Chat) -> None:
    row = await chat.says("On it.", placeholder="On it.")
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert (shown.working, shown.html, shown.markdown) == (True, "<p>On it.</p>\n", "")
    await chat.streams(row, "Half a ")
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert (shown.working, shown.html, shown.markdown) == (True, "<p>Half a</p>\n", "")
    await chat.finishes(row, "All of it")
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert (shown.working, shown.markdown) == (False, "All of it")


async def test_a_button_keeps_its_number_when_others_are_hidden(chat: Chat) -> None:
    row = await chat.says(
        "A",
        note="How good is it?",
        buttons=[
            {"label": "1", "row": 0, "shown": False},
            {"label": "\u2022 2 \u2022", "row": 0, "shown": True},
            {"label": "Too long", "row": 1, "shown": True},
        ],
    )
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert [(one.payload, one.label, one.pressed) for one in shown.buttons] == [
        (f"{row}:1", "2", True),
        (f"{row}:2", "Too long", False),
    ]
    assert all(len(one.payload) <= 64 for one in shown.buttons)
    assert shown.note == "<p>How good is it?</p>\n"


async def test_buttons_stand_in_their_rows_whenever_they_were_added(
    chat: Chat,
) -> None:
    row = await chat.says(
        "Which tone?",
        buttons=[{"label": "Stop", "row": 9}, {"label": "warm", "row": 0}],
    )
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert [(one.label, one.payload) for one in shown.buttons] == [
        ("warm", f"{row}:1"),
        ("Stop", f"{row}:0"),
    ]


async def test_what_is_held_or_cancelled_is_not_shown(chat: Chat) -> None:
    for status in ("held", "cancelled"):
        row = await chat.says(status)
        await chat.do(
            "UPDATE deliveries SET status = :s WHERE id = :id", s=status, id=row
        )
    assert await chat.pg.history(chat.ana, limit=10) == []


@pytest.mark.parametrize(("user_id", "workspace_id"), [(BOB, ACME), (EVE, RIVAL)])
async def test_nobody_else_sees_any_of_it(
    chat: Chat, user_id: UUID, workspace_id: UUID
) -> None:
    files = [a_file()]
    row = await chat.says("secret", files=files)
    other = await enter(chat.pg, user_id, workspace_id)
    # Even with the conversation bound to their own chat by mistake.
    await chat.do(
        "UPDATE chats SET conversation_id = :c WHERE workspace_id = :w",
        c=TALK if workspace_id == ACME else None,
        w=workspace_id,
    )
    assert await chat.pg.history(other, limit=10) == []
    assert await chat.pg.file(other, f"{row}:0") is None
    assert await chat.pg.file(chat.ana, f"{row}:0") is not None


def a_file(storage_key: str = "outputs/acme.md") -> dict[str, object]:
    return {
        "name": "acme.md",
        "media_type": "text/markdown",
        "storage_key": storage_key,
        "size_bytes": 6,
    }


async def test_a_file_comes_from_the_store(chat: Chat) -> None:
    row = await chat.says("A", files=[a_file(), a_file("lost")])
    [shown] = await chat.pg.history(chat.ana, limit=1)
    assert [(one.name, one.size_bytes) for one in shown.files] == [("acme.md", 6)] * 2
    file = await chat.pg.file(chat.ana, shown.files[0].url.rpartition("/")[2])
    assert file is not None
    assert (file.name, file.body) == ("acme.md", b"# Acme")
    for key in (f"{row}:1", f"{row}:2", f"{row}:-1", f"{row}", "x:0", ""):
        assert await chat.pg.file(chat.ana, key) is None


async def test_a_page_begins_with_the_whole_chat_and_hears_the_news(
    chat: Chat,
) -> None:
    await chat.hears("Q")
    async with chat.follow() as page:
        first = await page.next()
        assert (first.whole, [one.markdown for one in first.shown]) == (True, ["Q"])
        row = await chat.says("", placeholder="On it.")
        assert [one.working for one in (await page.next()).shown] == [True]
        await chat.streams(row, "Half")
        [half] = (await page.next()).shown
        await chat.finishes(row, "Whole")
        [whole] = (await page.next()).shown
        assert (half.html, whole.html) == ("<p>Half</p>\n", "<p>Whole</p>\n")
        assert half.revision < whole.revision


async def test_a_page_resumes_with_what_it_missed_and_not_the_rest(
    chat: Chat,
) -> None:
    old = await chat.says("old")
    long_ago = "UPDATE deliveries SET created_at = '2020-01-01' WHERE id = :id"
    await chat.do("ALTER TABLE deliveries DISABLE TRIGGER touch_updated_at")
    await chat.do(long_ago.replace("SET", "SET updated_at = '2020-01-01',"), id=old)
    await chat.do("ALTER TABLE deliveries ENABLE TRIGGER touch_updated_at")
    await chat.says("seen")
    async with chat.follow() as page:
        before = await page.next()
    await chat.says("missed")
    async with chat.follow(before.cursor) as page:
        resumed = await page.next()
    assert not resumed.whole
    said = [one.markdown for one in resumed.shown]
    assert "missed" in said
    assert "old" not in said


async def test_a_change_that_commits_late_is_not_missed(chat: Chat) -> None:
    async with chat.follow() as page:
        await page.next()
        async with chat._owner.connect() as slow:
            await slow.execute(
                text(
                    "INSERT INTO deliveries (workspace_id, conversation_id, channel,"
                    " recipient, purpose, dedupe_key, payload) VALUES (:w, :c, 'web',"
                    " 'x', 'reply', 'late', '{\"text\": \"late\"}')"
                ),
                {"w": ACME, "c": TALK},
            )
            await chat.says("quick")
            assert [one.markdown for one in (await page.next()).shown] == ["quick"]
            await slow.commit()
        assert [one.markdown for one in (await page.next()).shown] == ["late"]


async def test_a_new_conversation_begins_the_page_anew(chat: Chat) -> None:
    await chat.says("of the old one")
    async with chat.follow() as page:
        before = await page.next()
    await chat.do("UPDATE chats SET conversation_id = NULL")
    async with chat.follow(before.cursor) as page:
        assert (await page.next()).whole


@pytest.mark.parametrize("cursor", ["", "x", "9" * 30, "1@x", "-1"])
async def test_a_cursor_that_is_none_begins_anew(chat: Chat, cursor: str) -> None:
    await chat.says("A")
    async with chat.follow(cursor) as page:
        batch = await page.next()
    assert (batch.whole, len(batch.shown)) == (True, 1)


async def test_ears_that_lose_their_connection_listen_again(
    chat: Chat, database: Urls
) -> None:
    async with chat.follow() as page:
        await page.next()
        await administer(
            database.admin,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'draper-web-ears'",
        )
        await chat.says("after the break")
        shown = (await page.next()).shown
    assert [one.markdown for one in shown] == ["after the break"]


async def test_signing_out_wakes_the_open_pages(chat: Chat) -> None:
    token = await chat.pg.redeem(await code_for(chat.pg), HERE)
    assert token is not None
    changes = chat.pg.changes(chat.ana, "")
    async with asyncio.timeout(SOON_S):
        assert (await anext(changes)).whole
        await anext(changes)  # the look that follows the subscription
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await chat.pg.sign_out(token)
        assert (await waiting).shown == ()
