"""Who is told of an answer that failed: its asker, once, where a way remains."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agent.ctx import Caller
from agent.mailroom.operations import NothingToResend, resend
from agent.runs.operations import show_run
from bot import ends
from db.tenancy import system
from tests.agent.mailroom.test_notices import hush
from tests.agent.runs.test_operations import put, start
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.db.asking import run

FAIL = """
    UPDATE deliveries SET status = 'failed', last_error = :error
    WHERE dedupe_key NOT LIKE 'notice:%'
"""
NOTICES = "SELECT * FROM deliveries WHERE dedupe_key LIKE 'notice:%' ORDER BY id"
PAGE = """
    INSERT INTO deliveries (workspace_id, conversation_id, channel, recipient, purpose,
                            dedupe_key, payload, status, last_error)
    SELECT workspace_id, conversation_id, channel, recipient, 'reply',
           'run:' || run_id || ':1:2', '{"text": "Page two"}', 'failed', 'too_big: 413'
    FROM deliveries WHERE run_id = :id
"""


async def lost(
    world: World, error: str = "blocked: by the user", kind: str = "private"
) -> tuple[Caller, UUID]:
    """A run of Ana's on Telegram that is done, and whose answer failed."""
    ana = await world.settled(AS_ANA, kind=kind)
    run_id = (await start(world, ana)).run_id
    await put(world, run_id, "completed")
    await run(world.owner, FAIL, error=error)
    return ana, run_id


async def on_slack(world: World) -> Caller:
    return await world.settled(replace(AS_ANA, channel="slack"), "D1")


async def tell(world: World) -> int:
    async with system(world.system, "worker") as session:
        return await ends.tell(session)


async def notices(world: World) -> list[Any]:
    return await run(world.owner, NOTICES)


async def test_an_answer_that_failed_is_told_elsewhere_and_once(world: World) -> None:
    await on_slack(world)
    await lost(world)
    assert [await tell(world), await tell(world)] == [1, 0]
    [row] = await notices(world)
    assert (row.channel, row.recipient, row.status) == ("slack", "D1/", "planned")
    assert "Telegram did not take it: I was blocked there" in row.payload["text"]
    assert [one["label"] for one in row.payload["buttons"]] == ["Show it here"]


async def test_while_it_is_written_there_is_nothing_to_tell(world: World) -> None:
    await on_slack(world)
    _, run_id = await lost(world)
    await put(world, run_id, "running")
    assert await tell(world) == 0
    await put(world, run_id, "waiting_input")
    assert await tell(world) == 1
    [row] = await notices(world)
    assert row.payload["text"].startswith("I have a question about run #1")


async def test_in_quiet_hours_it_is_held_for_the_digest(world: World) -> None:
    await on_slack(world)
    await lost(world)
    await hush(world)
    assert await tell(world) == 1
    [row] = await notices(world)
    assert row.status == "held"


@pytest.mark.parametrize(
    ("error", "told"), [("too_long: 9000", 1), ("blocked: by the user", 0)]
)
async def test_without_another_door_only_a_chat_that_works_is_told(
    world: World, error: str, told: int
) -> None:
    await lost(world, error)
    assert await tell(world) == told
    assert [row.recipient for row in await notices(world)] == ["1/"] * told
    assert await tell(world) == 0


async def test_a_notice_that_fails_is_tried_at_the_next_door(world: World) -> None:
    await on_slack(world)
    await world.settled(replace(AS_ANA, channel="web"), "w")
    await lost(world)
    for count in (1, 2):
        assert await tell(world) == 1
        assert len(await notices(world)) == count
        await run(
            world.owner,
            "UPDATE deliveries SET status = 'failed', last_error = 'revoked: gone'"
            " WHERE dedupe_key LIKE 'notice:%'",
        )
    assert {row.channel for row in await notices(world)} == {"slack", "web"}
    assert [await tell(world), await tell(world)] == [0, 0]


async def test_of_a_closed_group_only_the_reason_is_told(world: World) -> None:
    await on_slack(world)
    await lost(world, "removed: kicked", kind="group")
    assert await tell(world) == 1
    [row] = await notices(world)
    assert row.payload["buttons"] == []
    assert "`/run 1` shows it in that chat" in row.payload["text"]


async def test_what_was_shown_and_only_could_not_be_changed_got_through(
    world: World,
) -> None:
    await on_slack(world)
    ana, run_id = await lost(world, "message_gone: too old")
    await run(world.owner, "UPDATE runs SET completed_at = now() - interval '1 hour'")
    await run(world.owner, "UPDATE deliveries SET whole_at = now()")
    assert await tell(world) == 0
    [shown] = (await world.call(show_run, ana, run_id=run_id)).shown
    assert shown.state == "shown"


async def test_a_page_that_failed_is_a_part_that_failed(world: World) -> None:
    await on_slack(world)
    ana, run_id = await lost(world)
    await run(
        world.owner,
        "UPDATE deliveries SET status = 'sent', sent_revision = revision,"
        " whole_at = now()",
    )
    await run(world.owner, PAGE, id=run_id)
    assert await tell(world) == 1
    found = (await world.call(show_run, ana, run_id=run_id)).shown
    assert [(one.state, one.end) for one in found] == [
        ("shown", ""),
        ("failed", "too_big"),
    ]


async def test_only_its_readers_have_it_shown_and_only_where_they_are(
    world: World,
) -> None:
    _, run_id = await lost(world)
    [row] = await run(
        world.owner, "SELECT id FROM deliveries WHERE run_id = :i", i=run_id
    )
    for other in (AS_BOB, AS_EVE):
        with pytest.raises(NothingToResend):
            await world.call(resend, other, delivery_id=row.id)
    ana = await on_slack(world)
    with pytest.raises(NothingToResend):  # nobody is there to show it to
        await world.call(resend, ana, delivery_id=row.id)
    async with world.ctx(ana, asked(ana, "inbox:2")) as ctx:
        assert (await resend.run(ctx, resend.params(delivery_id=row.id))).here
