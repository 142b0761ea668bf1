"""Deliveries as a queue: order to one recipient, edits, lost senders, who is told."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from db.server_bootstrap import Urls
from db.tenancy import tenant
from tests.db.asking import as_role, listening, run
from tests.seeds import ACME, ANA

CHANNELS = ["telegram", "webhook", "web"]
PLAN = """
    INSERT INTO deliveries (workspace_id, user_id, channel, recipient, purpose,
        dedupe_key, payload, not_before)
    VALUES (:workspace, :person, :channel, :to, 'reply', uuidv7()::text, '{}',
        now() + make_interval(secs => :wait)) RETURNING id
"""
CLAIM = "SELECT * FROM claim_deliveries(10, interval '60 s', CAST(:channels AS text[]))"
SENT = """
    UPDATE deliveries SET status = 'sent', external_id = 'x', sent_revision = :revision,
        claimed_until = NULL WHERE id = :id AND attempts = :attempts RETURNING id
"""
REVISE = "UPDATE deliveries SET revision = revision + 1 WHERE id = :id"
END_LEASES = "UPDATE deliveries SET claimed_until = now() - interval '1 s'"
LONG_AGO = """
    INSERT INTO deliveries (workspace_id, channel, recipient, purpose, dedupe_key,
        payload, status, revision, sent_revision)
    SELECT :workspace, 'telegram', '9/', 'reply', n::text, '{}', 'sent', 2, 2
    FROM generate_series(1, 20000) AS n
"""
PLACEHOLDER = """
    UPDATE deliveries SET payload = '{"placeholder": "On it..."}' WHERE id = :id
"""
STATUS = "SELECT status FROM deliveries WHERE id = :id"


class Post:
    """The queue from both ends."""

    def __init__(self, app: AsyncEngine, system: AsyncEngine) -> None:
        self._app = app
        self._system = system

    async def plan(
        self, to: str = "1/", *, channel: str = "telegram", wait: float = 0
    ) -> UUID:
        where = {"workspace": ACME, "person": ANA, "channel": channel, "to": to}
        planned: UUID = (await self.say(PLAN, wait=wait, **where))[0].id
        return planned

    async def say(self, statement: str, **values: object) -> list[Row[Any]]:
        async with tenant(self._app, ACME, ANA) as session:
            return await run(session, statement, **values)

    async def claim(self, channels: list[str] = CHANNELS) -> list[Row[Any]]:
        return await as_role(self._system, "worker", CLAIM, channels=channels)

    async def ids(self) -> list[UUID]:
        return [row.id for row in await self.claim()]

    async def work(self, statement: str, **values: object) -> list[Row[Any]]:
        return await as_role(self._system, "worker", statement, **values)

    async def sent(self, row: UUID, *, attempts: int = 1, revision: int = 0) -> bool:
        values = {"id": row, "attempts": attempts, "revision": revision}
        return bool(await self.work(SENT, **values))


@pytest.fixture
def post(app_engine: AsyncEngine, system_engine: AsyncEngine) -> Post:
    return Post(app_engine, system_engine)


async def test_a_claim_returns_what_the_postman_needs(post: Post) -> None:
    row = await post.plan()
    found = (await post.claim())[0]
    assert found._asdict() == {
        "id": row,
        "workspace_id": ACME,
        "channel": "telegram",
        "account": "",
        "recipient": "1/",
        "purpose": "reply",
        "payload": {},
        "partial": None,
        "revision": 0,
        "sent_revision": None,
        "external_id": None,
        "attempts": 1,
        "status": "sending",
    }


async def test_one_recipient_is_written_to_in_order(post: Post) -> None:
    first, second, other = await post.plan(), await post.plan(), await post.plan("2/")
    assert await post.ids() == [first, other]
    assert await post.ids() == []
    assert await post.sent(first)
    assert await post.ids() == [second]


async def test_only_the_channels_asked_for_are_claimed(post: Post) -> None:
    await post.plan()
    assert await post.claim(["slack"]) == []


async def test_what_waits_for_a_date_holds_nobody_up(post: Post) -> None:
    reminder = await post.plan(wait=3600)
    reply = await post.plan()
    assert await post.ids() == [reply]
    await post.work(
        "UPDATE deliveries SET not_before = now() WHERE id = :id", id=reminder
    )
    assert await post.sent(reply)
    assert await post.ids() == [reminder]


async def test_what_failed_and_waits_to_be_tried_again_keeps_its_place(
    post: Post,
) -> None:
    first = await post.plan()
    await post.plan()
    assert await post.ids() == [first]
    again = "UPDATE deliveries SET status = 'planned', not_before = now() + :wait"
    await post.work(
        again.replace(":wait", "interval '1 h'") + " WHERE id = :id", id=first
    )
    assert await post.ids() == []


async def test_a_change_after_sending_is_claimed_as_an_edit(post: Post) -> None:
    row = await post.plan()
    await post.ids()
    assert await post.sent(row)
    assert await post.ids() == []
    await post.say(REVISE, id=row)
    edit = (await post.claim())[0]
    assert (edit.status, edit.external_id, edit.attempts) == ("sent", "x", 2)
    assert (edit.sent_revision, edit.revision) == (0, 1)
    assert await post.ids() == []
    assert await post.sent(row, attempts=2, revision=1)
    assert await post.ids() == []


async def test_an_edit_waits_for_its_date(post: Post) -> None:
    row = await post.plan()
    await post.ids()
    await post.sent(row)
    await post.say(REVISE, id=row)
    later = "UPDATE deliveries SET not_before = now() + interval '1 h'"
    await post.work(later)
    assert await post.ids() == []


async def test_an_edit_holds_no_new_message_up(post: Post) -> None:
    row = await post.plan()
    await post.ids()
    await post.sent(row)
    await post.say(REVISE, id=row)
    new = await post.plan()
    assert await post.ids() == [row, new]


async def test_a_first_sending_that_was_lost_is_ambiguous_and_never_repeated(
    post: Post,
) -> None:
    lost, later = await post.plan(), await post.plan()
    assert await post.ids() == [lost]
    await post.work(END_LEASES)
    assert await post.ids() == [later]
    assert (await post.say(STATUS, id=lost))[0].status == "ambiguous"
    assert await post.ids() == []


async def test_a_lost_edit_is_made_again_and_fences_the_first_sender(
    post: Post,
) -> None:
    row = await post.plan()
    await post.ids()
    await post.sent(row)
    await post.say(REVISE, id=row)
    await post.ids()
    await post.work(END_LEASES)
    assert [edit.attempts for edit in await post.claim()] == [3]
    assert not await post.sent(row, attempts=2, revision=1)
    assert await post.sent(row, attempts=3, revision=1)


@pytest.mark.parametrize("channel", ["webhook", "web"])
async def test_what_is_known_by_its_id_is_repeated_when_it_was_lost(
    post: Post, channel: str
) -> None:
    call = await post.plan(channel=channel)
    assert await post.ids() == [call]
    await post.work(END_LEASES)
    assert await post.ids() == [call]


async def test_a_lost_placeholder_is_sent_anew_before_what_follows_it(
    post: Post,
) -> None:
    first = await post.plan()
    await post.work(PLACEHOLDER, id=first)
    page = await post.plan()
    assert await post.ids() == [first]
    await post.work(END_LEASES)
    assert await post.ids() == [first]
    assert await post.sent(first, attempts=2)
    assert await post.ids() == [page]


class Heard:
    """What was announced on some channels, as (channel, payload)."""

    def __init__(self) -> None:
        self._news: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def __call__(self, _: object, __: int, channel: str, payload: object) -> None:
        self._news.put_nowait((channel, str(payload)))

    async def next(self, count: int) -> list[tuple[str, str]]:
        """The next ``count`` announcements, and no more than these."""
        async with asyncio.timeout(5):
            news = [await self._news.get() for _ in range(count)]
        await asyncio.sleep(0.05)
        assert self._news.empty()
        return sorted(news)


async def test_a_runs_text_so_far_is_announced_by_ids_only(
    post: Post, database: Urls
) -> None:
    run_id = (
        await post.say(
            "INSERT INTO runs (workspace_id, number, idempotency_key)"
            " VALUES (:acme, 1, 'k') RETURNING id",
            acme=ACME,
        )
    )[0].id
    row = await post.plan()
    await post.say(
        "UPDATE deliveries SET run_id = :run WHERE id = :id", run=run_id, id=row
    )
    heard = Heard()
    listener = await listening(database.system)
    await listener.add_listener(f"run_{run_id}", heard)
    await post.say("UPDATE deliveries SET partial = 'secret' WHERE id = :id", id=row)
    assert await heard.next(1) == [(f"run_{run_id}", str(row))]
    await listener.close()


async def test_a_delivery_wakes_the_postman_and_its_reader(
    post: Post, database: Urls
) -> None:
    heard, mine = Heard(), f"u_{ANA}"
    listener = await listening(database.system)
    for name in ("deliveries", mine):
        await listener.add_listener(name, heard)
    row = await post.plan()
    assert await heard.next(2) == [("deliveries", ""), (mine, str(row))]
    await post.ids()
    await post.sent(row)  # what was waiting for its end may go
    assert await heard.next(2) == [("deliveries", ""), (mine, str(row))]
    await post.say("UPDATE deliveries SET partial = 'so far' WHERE id = :id", id=row)
    assert await heard.next(1) == [(mine, str(row))]
    await post.say(REVISE, id=row)
    assert await heard.next(2) == [("deliveries", ""), (mine, str(row))]
    await listener.close()


async def test_a_claim_reads_what_is_open_not_all_that_was_ever_sent(
    post: Post, owner_engine: AsyncEngine
) -> None:
    await run(owner_engine, LONG_AGO, workspace=ACME)
    await run(owner_engine, "ANALYZE deliveries")
    await post.claim()  # a connection's first claim reads the catalogue as well
    await post.plan()
    shown = await post.work(f"EXPLAIN (ANALYZE, BUFFERS) {CLAIM}", channels=CHANNELS)
    read = sum(
        int(n) for row in shown[:2] for n in re.findall(r"(?:hit|read)=(\d+)", row[0])
    )
    assert 0 < read < 200
