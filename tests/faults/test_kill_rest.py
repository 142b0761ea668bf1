"""kill -9 while a score, a command, or a later page is on its way."""

import asyncio
from dataclasses import replace

import pytest

from tests.faults.app import HASTE
from tests.faults.books import assert_one_piece, assert_one_rating
from tests.faults.conftest import Opens
from tests.faults.crash import CHOICE, HELP, MESSAGES, PIECE, RATING, RETRY, crash
from tests.faults.world import ASK, DOORS, Shown, Site, helped
from tests.forms import short_form
from tests.scenarios.on_telegram import OnTelegram

AGAIN = "Send it again"
HELD = "SELECT count(*) FROM budget_periods WHERE reserved_usd <> 0"
RUN_OUT = "UPDATE budget_reservations SET expires_at = now() - interval '1 s'"


@pytest.mark.long
async def test_killed_over_a_score_it_counts_once(opens: Opens) -> None:
    site = await opens("slack socket")
    site.script()
    found = await crash(site, RATING, "inbox.handled")
    assert found.calls == 0
    await site.ana.sees("You gave this 4 of 5")
    assert (found.shown.lost, found.shown.twice) == (0, 0)
    await assert_one_piece(site)
    await assert_one_rating(site, 4)


@pytest.mark.parametrize(
    "point", short_form(["inbox.handled", "post.claimed", "post.sent"], ["post.sent"])
)
async def test_killed_anywhere_a_command_is_answered_once_or_its_loss_is_told(
    opens: Opens, point: str
) -> None:
    site = await opens(DOORS[(MESSAGES.index(point) + 2) % len(DOORS)])
    found = await crash(site, HELP, point)
    in_doubt = point in {"post.claimed", "post.sent"} and site.door != "web"
    assert found.shown.notices == in_doubt
    arrived = point != "post.claimed" or site.door == "web"
    assert helped(site) == arrived
    if in_doubt:
        await site.ana.presses(AGAIN)
        await site.ana.sees("Sent again")
        await site.quiet()
        assert helped(site) == arrived + 1


@pytest.mark.parametrize("fault", short_form(["post.claimed:4", "post.sent:5"], []))
async def test_killed_over_a_later_page_it_comes_once_or_its_loss_is_told(
    opens: Opens, fault: str
) -> None:
    site = await opens("telegram webhook")
    site.script()
    found = await crash(site, PIECE, fault)
    assert found.shown.twice == 0
    if found.shown.lost or not found.shown.files:
        assert found.shown.notices == 1
        await site.ana.presses(AGAIN)
        await site.ana.sees("Sent again")
        await site.quiet()
    again = Shown.at(site.ana)
    assert again.lost == 0
    assert again.files >= 1
    await assert_one_piece(site)


@pytest.mark.long
async def test_killed_over_a_choice_it_counts_once(opens: Opens) -> None:
    site = await opens("slack http")
    site.script()
    found = await crash(site, CHOICE, "inbox.handled")
    assert (found.shown.lost, found.shown.twice, found.calls) == (0, 0, 1)
    await assert_one_piece(site)


@pytest.mark.long
async def test_a_retry_pressed_once_runs_once_more_whatever_happens(
    opens: Opens,
) -> None:
    site = await opens("web")
    # The piece is long finished when the press is taken up again.
    site.app.pace = replace(HASTE, inbox_lease_s=4.0)
    found = await crash(site, RETRY, "inbox.handled")
    assert found.calls == 1
    assert await site.asks("SELECT attempt FROM runs") == 2


async def test_what_kills_its_worker_each_time_is_given_up_and_the_person_told(
    opens: Opens,
) -> None:
    site = await opens("telegram poll")
    site.script()
    await site.starts("write.reserved")
    await site.ana.writes(ASK)
    await site.app.dies()
    for _ in range(2):
        await site.starts("write.reserved")
        await site.app.dies()
    await site.starts()
    await site.quiet()
    await site.ana.sees("could not finish this", buttons=("Try again",))
    assert site.calls() == 0
    assert await site.asks("SELECT status FROM runs") == "failed"
    assert await site.asks(HELD) > 0
    await site.rows(RUN_OUT)
    await until_swept(site)


@pytest.mark.long
async def test_a_message_that_kills_its_worker_each_time_is_apologised_for(
    opens: Opens,
) -> None:
    site = await opens("slack socket")
    await site.starts("inbox.claimed")
    await site.ana.writes("/help")
    await site.app.dies()
    for _ in range(2):
        await site.starts("inbox.claimed")
        await site.app.dies()
    await site.starts()
    await site.quiet()
    await site.ana.sees("Something went wrong on my side")
    assert helped(site) == 0


async def until_swept(site: Site) -> None:
    """Wait until no money is held any more."""
    async with asyncio.timeout(10):
        while await site.asks(HELD):  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_a_stranger_s_lost_refusal_is_owned_up_to_without_a_button(
    opens: Opens,
) -> None:
    site = await opens("telegram poll")
    stranger = OnTelegram(site.outside.telegram, 999)
    await site.starts("post.claimed")
    await stranger.writes("hello?")
    await site.app.dies()
    await site.starts()
    await site.quiet()
    told = await stranger.sees("may not have reached you", "write once more")
    assert told.buttons == []
    await stranger.writes("hello?")
    await stranger.sees("people my team knows")
