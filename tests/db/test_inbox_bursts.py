"""Parts of one message are claimed together, once the last one is there."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.db.asking import as_role, run

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEEP = """
    INSERT INTO inbox (channel, event_id, chat_key, kind, body, payload, received_at)
    VALUES ('telegram', :event, '1/', :kind, '{}', CAST(:payload AS jsonb),
            now() - make_interval(secs => :ago))
    RETURNING id
"""
CLAIM = "SELECT * FROM claim_inbox(10, '1 minute')"
ALBUM = {"extra": {"album": "a"}}
END_LEASES = "UPDATE inbox SET claimed_until = now() - interval '1 s'"


class Chat:
    """A chat whose inbox rows are kept as the door keeps them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.count = 0

    async def keep(self, *, ago: float = 5, after: float = 0, **given: Any) -> UUID:
        """A row received ``ago`` seconds back; ``after``: sent so long after the first.

        ``extra`` and other fields of the payload as named.
        """
        self.count += 1
        payload = {
            "kind": "message",
            "sender": "7",
            "sealed": {},
            "extra": {},
            "sent_at": (AT + timedelta(seconds=after)).isoformat(),
            **given,
        }
        row = await as_role(
            self.engine,
            "door",
            KEEP,
            event=str(self.count),
            kind=payload["kind"],
            payload=json.dumps(payload),
            ago=ago,
        )
        kept: UUID = row[0].id
        return kept

    async def claims(self) -> list[tuple[UUID, UUID]]:
        """Claim: ``(row, head)``."""
        rows = await as_role(self.engine, "worker", CLAIM)
        return [(row.id, row.head) for row in rows]


@pytest.fixture
def chat(system_engine: AsyncEngine) -> Chat:
    return Chat(system_engine)


async def test_an_album_is_one_claim(chat: Chat) -> None:
    rows = [await chat.keep(extra={"album": "a"}) for _ in range(3)]
    assert await chat.claims() == [(row, rows[0]) for row in rows]


async def test_a_fresh_part_is_waited_for_and_so_is_the_next(chat: Chat) -> None:
    first = await chat.keep(extra={"album": "a"}, ago=0.5)
    assert await chat.claims() == []
    due = "SELECT extract(epoch FROM claimed_until - now())::float8 AS s FROM inbox"
    [row] = await as_role(chat.engine, "worker", due)
    assert 0.3 < row.s < 0.55  # the worker sleeps until then
    await as_role(chat.engine, "worker", END_LEASES)
    await chat.keep(extra={"album": "a"}, ago=0)
    assert await chat.claims() == []
    later = "UPDATE inbox SET received_at = received_at - interval '2 s'"
    await as_role(chat.engine, "worker", later)
    await as_role(chat.engine, "worker", END_LEASES)
    assert [head for _, head in await chat.claims()] == [first, first]


async def test_what_keeps_coming_is_not_waited_for_without_end(chat: Chat) -> None:
    first = await chat.keep(extra={"album": "a"}, ago=10.1)
    more = [await chat.keep(extra={"album": "a"}, ago=ago) for ago in (5, 0)]
    assert await chat.claims() == [(row, first) for row in (first, *more)]


async def test_nothing_else_is_waited_for(chat: Chat) -> None:
    row = await chat.keep(ago=0)
    assert await chat.claims() == [(row, row)]


async def test_whoever_has_gone_on_is_not_kept_waiting(chat: Chat) -> None:
    photo = await chat.keep(extra={"album": "a"}, ago=0.1)
    await chat.keep(ago=0, kind="command")
    assert await chat.claims() == [(photo, photo)]


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [
        ({"extra": {"long": "yes"}}, {}, True),
        ({"extra": {"long": "yes"}}, {"after": 30}, False),
        ({"extra": {"long": "yes"}}, {"sender": "8"}, False),
        ({"extra": {"long": "yes"}}, {"kind": "command"}, False),
        ({"extra": {"long": "yes"}, "kind": "command"}, {}, True),
        ({}, {"extra": {"forwarded": "yes"}}, True),
        ({"kind": "command"}, {"extra": {"forwarded": "yes"}}, False),
        ({"extra": {"forwarded": "yes"}}, {}, False),
        ({"extra": {"album": "a"}}, {"extra": {"album": "b"}}, False),
        ({"extra": {"album": "a"}}, {"extra": {"album": "a"}, "after": 60}, True),
        (
            {"extra": {"album": "a"}, "sealed": {"k": "s"}},
            {"extra": {"album": "a"}},
            False,
        ),
        ({}, {}, False),
    ],
)
async def test_what_belongs_together(
    chat: Chat, first: dict[str, Any], second: dict[str, Any], *, joins: bool
) -> None:
    one, other = await chat.keep(**first), await chat.keep(**second)
    assert await chat.claims() == [(one, one), *([(other, one)] if joins else [])]


async def test_somebody_elses_words_between_two_parts_wait_for_both(chat: Chat) -> None:
    one = await chat.keep(extra={"album": "a"})
    between = await chat.keep(sender="8")
    other = await chat.keep(extra={"album": "a"})
    assert await chat.claims() == [(one, one), (other, one)]
    done = "UPDATE inbox SET status = 'processed', processed_at = now() WHERE id <> :id"
    await as_role(chat.engine, "worker", done, id=between)
    assert await chat.claims() == [(between, between)]


async def test_a_second_try_is_of_exactly_the_same_parts(
    chat: Chat, owner_engine: AsyncEngine
) -> None:
    rows = [await chat.keep(extra={"album": "a"}) for _ in range(2)]
    assert len(await chat.claims()) == 2
    late = await chat.keep(extra={"album": "a"})  # while the first try was under way
    await as_role(chat.engine, "worker", END_LEASES)
    assert await chat.claims() == [(row, rows[0]) for row in rows]
    tries = await run(owner_engine, "SELECT attempts FROM inbox ORDER BY id")
    assert [row.attempts for row in tries] == [2, 2, 0]
    done = "UPDATE inbox SET status = 'processed', processed_at = now() WHERE id <> :id"
    await as_role(chat.engine, "worker", done, id=late)
    assert await chat.claims() == [(late, late)]
