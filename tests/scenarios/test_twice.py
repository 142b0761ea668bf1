"""Things that arrive twice, late, or changed."""

from copy import deepcopy
from typing import Any

import httpx

from bot.inbox_worker import TRIES
from tests.scenarios.house import House, Opens, Outside
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram

AGAIN = """
    UPDATE inbox SET status = 'received', attempts = :attempts, claimed_until = NULL
    WHERE id = (SELECT max(id::text)::uuid FROM inbox)
    RETURNING id
"""
LAST = "SELECT status, attempts FROM inbox ORDER BY id DESC LIMIT 1"
ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def runs(house: House) -> int:
    return int(await house.asks("SELECT count(*) FROM runs"))


async def test_an_edited_request_is_asked_about_not_done_again(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    written = await ana.writes(ASK)
    await ana.sees("You asked for", "Acme", buttons=("5",))
    await house.rests()
    before = await runs(house)
    await ana.edits(written, ASK.replace("clinics", "hospitals"))
    asked = await ana.sees("You changed your message", buttons=("Do it again",))
    assert await runs(house) == before
    await ana.presses("Do it again", asked)
    await ana.sees("You asked for", "hospitals", buttons=("5",))
    await house.rests()
    assert await runs(house) == before + 1


async def test_a_refusal_taken_up_again_is_told_once_and_no_failure(
    house: House,
) -> None:
    ana = await house.member("telegram")
    await ana.writes("/why 4711")
    await ana.sees("I know no run #4711")
    await house.rests()
    # As where its worker answered, and its lease ran out before it could say so.
    for attempts in (1, TRIES + 1):
        await house.rows(AGAIN, attempts=attempts - 1)
        await house.rests()
        [row] = await house.rows(LAST)
        assert row.status == ("processed" if attempts == 1 else "failed")
        assert row.attempts == attempts
    assert len(ana.chat()) == 1


async def test_an_edit_that_changes_no_word_is_ignored(house: House) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    written = await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await ana.edits(written, ASK)
    await house.rests()
    assert len(ana.chat()) == 1


async def test_a_link_preview_is_no_edit(house: House) -> None:
    ana = await house.member("slack")
    written = await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.slack.unfurl(written)
    await house.rests()
    assert len(ana.chat()) == 1


async def test_editing_what_started_nothing_is_ignored(
    house: House, messenger: str
) -> None:
    """A message from before the bot came is edited: nothing of ours hangs on it."""
    ana = await house.member(messenger, house.group(messenger))
    written = await ana.writes("lunch at one?")
    await house.rests()
    await ana.edits(written, "lunch at two?")
    await house.rests()
    assert ana.chat() == []


async def test_one_telegram_update_five_times_is_one_run(house: House) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    before = await runs(house)
    house.telegram.say(ASK, user=ana.user)
    update = deepcopy(house.telegram.updates[-1])
    for _ in range(4):
        house.telegram.push(update)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert (await runs(house), len(ana.chat())) == (before + 1, 1)


async def test_one_slack_post_under_two_event_ids_is_one_run(house: House) -> None:
    """In a channel the app hears of a mention as a message too."""
    ana = await house.member("slack", house.group("slack"))
    before = await runs(house)
    await ana.writes(f"@draper {ASK}")
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert (await runs(house), len(ana.chat())) == (before + 1, 1)


async def test_slacks_retries_by_http_are_one_run(
    opens: Opens, outside: Outside
) -> None:
    async with opens(webhooks=True) as house:
        ana = await house.member("slack")
        assert isinstance(ana, OnSlack)
        outside.slack.post_events_to(f"{house.url}/slack/events")
        await ana.writes(ASK)
        await ana.sees("You asked for", buttons=("5",))
        await outside.slack.settle()
        again: Any = next(
            sent for sent in outside.slack.deliveries if sent.kind == "events_api"
        )
        for _ in range(3):
            await outside.slack.hear(again.payload["event"])
        await house.rests()
        assert (await runs(house), len(ana.chat())) == (1, 1)
        assert {"200"} == {d.answers[-1] for d in outside.slack.deliveries}


async def test_webhooks_bring_messages_presses_and_commands(
    opens: Opens, outside: Outside, messenger: str
) -> None:
    async with opens(webhooks=True) as house:
        outside.slack.post_events_to(f"{house.url}/slack/events")
        ana = await house.member(messenger)
        await ana.writes(ASK)
        piece = await ana.sees("You asked for", buttons=("5",))
        await ana.presses("5", piece)
        await ana.sees_change(piece, "5 of 5")
        await ana.commands("runs")
        await ana.sees("The latest runs", "#1")


async def test_a_forged_webhook_is_turned_away(opens: Opens, outside: Outside) -> None:
    async with opens(webhooks=True) as house, httpx.AsyncClient() as eve:
        for path in ("/telegram/webhook", "/slack/events"):
            answer = await eve.post(f"{house.url}{path}", content=b'{"update_id": 1}')
            assert answer.status_code in {401, 403}
        assert await house.asks("SELECT count(*) FROM inbox") == 0


async def test_messages_of_one_chat_are_answered_in_order(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    for n in range(5):
        await ana.writes(f"{ASK}, on day number {n}")
    await ana.sees("You asked for", "day number 4")
    await house.rests()
    said = [seen.text for seen in ana.chat()]
    assert len(said) == 5
    assert all(f"day number {n}" in text for n, text in enumerate(said))
