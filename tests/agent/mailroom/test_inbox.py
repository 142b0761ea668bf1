"""The inbox: kept before it is acknowledged, kept once, and nobody spoils it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agent.mailroom.inbox import Inbox
from agent.mailroom.schemas import RawEvent
from db.server_bootstrap import Urls
from tests.db.asking import one, run

KEPT = "SELECT event_id, status, payload, body FROM inbox ORDER BY id"


def event(number: object, **changed: object) -> RawEvent:
    made = RawEvent(
        channel="telegram",
        account="7",
        event_id=str(number),
        kind="message",
        body=f"body {number}".encode(),
        message_key=f"1/{number}",
        chat_key="1/",
        payload=json.dumps({"text": f"hello {number}"}),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


class Counting(Inbox):
    """An inbox that counts its commits."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.batches: list[int] = []

    async def _write(self, events: Sequence[RawEvent]) -> None:
        self.batches.append(len(events))
        await super()._write(events)


@pytest.fixture
def inbox(system_engine: AsyncEngine) -> Counting:
    return Counting(system_engine)


async def test_what_was_kept_is_there_on_return(
    inbox: Inbox, owner_engine: AsyncEngine
) -> None:
    await inbox.keep([event(1), event(2)])
    rows = await run(owner_engine, KEPT)
    assert [(row.event_id, row.status, row.body) for row in rows] == [
        ("1", "received", b"body 1"),
        ("2", "received", b"body 2"),
    ]
    assert rows[0].payload == {"text": "hello 1"}


async def test_what_nobody_will_work_on_is_kept_as_ignored(
    inbox: Inbox, owner_engine: AsyncEngine
) -> None:
    await inbox.keep([event(1, payload=None)])
    [row] = await run(owner_engine, KEPT)
    assert (row.status, row.payload, row.body) == ("ignored", None, b"body 1")


async def test_those_who_arrive_together_share_a_commit(
    inbox: Counting, owner_engine: AsyncEngine
) -> None:
    await asyncio.gather(*(inbox.keep([event(number)]) for number in range(60)))
    assert await one(owner_engine, "SELECT count(*) FROM inbox") == 60
    # The first goes alone; the others gather while it commits.
    assert sum(inbox.batches) == 60
    assert len(inbox.batches) <= 3


async def test_an_event_or_a_message_is_kept_once(
    inbox: Inbox, owner_engine: AsyncEngine
) -> None:
    first = event(1)
    await inbox.keep([first, first])
    await inbox.keep([replace(first, body=b"again")])
    await inbox.keep([replace(first, event_id="other id, same message")])
    [row] = await run(owner_engine, KEPT)
    assert row.body == b"body 1"
    await inbox.keep(
        [replace(first, account="8"), event(2, message_key=None)],
    )
    await inbox.keep([event(3, message_key=None)])  # no key, no conflict
    assert await one(owner_engine, "SELECT count(*) FROM inbox") == 4


POISON = {
    "nul_in_payload": {"payload": '{"text": "a\\u0000b"}'},
    "half_a_surrogate": {"payload": '{"text": "\\ud83d"}'},
    "no_json": {"payload": "{"},
    "nul_in_id": {"event_id": "a\x00b"},
    "surrogate_in_id": {"event_id": "a\ud83db"},
    "nul_in_chat": {"chat_key": "\x00"},
    "surrogate_in_key": {"message_key": "\udc00"},
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
async def test_a_poisoned_event_is_kept_raw_and_spoils_no_other(
    inbox: Inbox, owner_engine: AsyncEngine, poison: dict[str, object]
) -> None:
    bad = event("bad", **poison)
    await asyncio.gather(
        inbox.keep([event(1)]), inbox.keep([event(2), bad]), inbox.keep([event(3)])
    )
    await inbox.keep([bad])  # a repeat of it is one, too
    rows = await run(owner_engine, KEPT)
    sound = [row for row in rows if row.status == "received"]
    assert {row.event_id for row in sound} >= {"1", "2", "3"}
    [kept] = [row for row in rows if row.event_id not in {"1", "2", "3"}]
    assert kept.body == b"body bad"
    assert (kept.status, kept.payload) == ("ignored", None)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.binary(),
    text=st.text(st.characters(codec=None, categories=None)),
    key=st.none() | st.text(st.characters(codec=None, categories=None)),
)
async def test_whatever_arrives_is_kept(
    inbox: Inbox, owner_engine: AsyncEngine, body: bytes, text: str, key: str | None
) -> None:
    await run(owner_engine, "DELETE FROM inbox")
    odd = event(text, body=body, message_key=key, payload=json.dumps({"text": text}))
    await inbox.keep([event("sound"), odd])
    rows = await run(owner_engine, KEPT)
    assert body in [row.body for row in rows]
    assert "sound" in [row.event_id for row in rows]


async def test_without_a_database_every_waiter_is_told_and_later_all_is_well(
    database: Urls, owner_engine: AsyncEngine
) -> None:
    engine = create_async_engine(database.system, pool_size=1, max_overflow=0)
    inbox = Inbox(engine)
    await run(owner_engine, "ALTER TABLE inbox RENAME TO hidden")
    results = await asyncio.gather(
        inbox.keep([event(1)]), inbox.keep([event(2)]), return_exceptions=True
    )
    assert all(isinstance(result, SQLAlchemyError) for result in results)
    await run(owner_engine, "ALTER TABLE hidden RENAME TO inbox")
    await inbox.keep([event(1), event(2)])
    assert await one(owner_engine, "SELECT count(*) FROM inbox") == 2
    await engine.dispose()


async def test_a_sender_who_gives_up_waiting_stops_nobody(
    inbox: Inbox, owner_engine: AsyncEngine
) -> None:
    impatient = asyncio.create_task(inbox.keep([event(1)]))
    patient = asyncio.create_task(inbox.keep([event(2)]))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert "2" in [row.event_id for row in await run(owner_engine, KEPT)]
