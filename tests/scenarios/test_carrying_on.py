"""More words while something is written: added, queued, asked about, not doubled."""

from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import Person
from tests.scenarios.test_stopping import SLOWLY, money
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
OTHER = "write homepage copy for Bolt, a scooter for nurses"
RUNS = "SELECT * FROM runs WHERE workspace_id = :id ORDER BY number"


async def runs(house: House) -> list[Any]:
    return await house.rows(RUNS, id=(await house.run()).workspace_id)


async def begins(house: House, ana: Person, ask: str = ASK) -> Any:
    house.claude.script(SLOWLY)
    await ana.writes(ask)
    return await ana.sees("slow0", buttons=("Stop",))


async def test_words_that_follow_at_once_are_added_and_there_is_one_answer(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    growing = await begins(house, ana)
    house.claude.script(Reply("Zahltag."))
    gone = house.claude.disconnects
    await ana.writes("in German, and mention the night shift")
    done = await ana.sees("Zahltag", buttons=("5",))
    await house.rests()
    assert done.ref == growing.ref
    assert len(ana.chat()) == 1
    [run] = await runs(house)
    assert (run.status, run.attempt) == ("completed", 2)
    assert run.user_message == f"{ASK}\nin German, and mention the night shift"
    assert house.claude.disconnects == gone + 1
    spent = await money(house, run.id)
    assert (spent.calls, spent.reserved, spent.held) == (2, 0, 0)


async def test_a_forwarded_message_after_its_comment_is_part_of_it(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    await begins(house, ana)
    house.claude.script(Reply("Rude, both."))
    origin = {"type": "hidden_user", "sender_user_name": "Mallory", "date": 1}
    await ana.writes("You are late", forward_origin=origin)
    await ana.sees("Rude, both", buttons=("5",))
    await house.rests()
    [run] = await runs(house)
    assert run.is_tainted
    assert run.input["quoted"][0]["text"] == "You are late"


async def test_what_is_added_to_a_queued_request_leaves_it_in_the_queue(
    house: House,
) -> None:
    ana = await house.member("telegram")
    first = await begins(house, ana)
    await ana.writes(OTHER)
    await ana.sees("Queued behind", buttons=("Cancel",))
    await ana.writes("in German")
    await ana.sees("Noted. Queued behind your copywriting", buttons=("Cancel",))
    house.claude.script(SLOWLY)
    await ana.presses("Stop", first)
    growing = await ana.sees("slow0", buttons=("Stop",))
    await ana.presses("Stop", growing)
    await house.rests()
    assert [run.attempt for run in await runs(house)] == [1, 2]


async def test_thanks_meanwhile_start_nothing_over(house: House) -> None:
    ana = await house.member("telegram")
    first = await begins(house, ana)
    await ana.writes("thank you!")
    await ana.sees("Queued behind", buttons=("Cancel",))
    await ana.presses("Cancel")
    await ana.presses("Stop", first)
    await house.rests()
    assert [run.attempt for run in await runs(house)] == [1, 1]


async def test_a_second_request_is_queued_and_that_is_said(house: House) -> None:
    ana = await house.member("telegram")
    first = await begins(house, ana)
    house.claude.script(Reply("Shifts, sorted."))
    await ana.writes(OTHER)
    queued = await ana.sees("Queued behind your copywriting", buttons=("Cancel",))
    await ana.commands("status")
    await ana.sees("Working on", "waiting its turn")
    await ana.presses("Stop", first)
    done = await ana.sees("Shifts, sorted", buttons=("5",))
    await house.rests()
    assert done.ref == queued.ref
    assert [run.status for run in await runs(house)] == ["cancelled", "completed"]


async def test_what_is_queued_can_be_cancelled_and_elsewhere_nobody_waits(
    house: House,
) -> None:
    ana, bob = await house.member("telegram"), await house.member("telegram")
    first = await begins(house, ana)
    await ana.writes(OTHER)
    queued = await ana.sees("Queued behind", buttons=("Cancel",))
    house.claude.script(Reply("Bob's answer."))
    await bob.writes("hello there")
    await bob.sees("Bob's answer")
    await ana.presses("Cancel", queued)
    await ana.sees_change(queued, "Stopped")
    await ana.presses("Stop", first)
    await house.rests()


async def test_an_edit_while_it_is_written_offers_to_start_over(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(SLOWLY)
    wrote = await ana.writes(ASK)
    growing = await ana.sees("slow0")
    await ana.edits(wrote, ASK.replace("Acme", "Bolt"))
    await ana.sees("I am still at it", buttons=("Start over",))
    assert house.claude.disconnects == 0 or not ana.now(growing).has("Starting over")
    house.claude.script(Reply("Bolt pays on time."))
    asked = await ana.presses("Start over")
    assert not (await ana.sees_change(asked, "starts again")).buttons
    done = await ana.sees("Bolt pays on time", buttons=("5",))
    await house.rests()
    assert done.ref == growing.ref
    [run] = await runs(house)
    assert (run.attempt, "Bolt" in run.user_message) == (2, True)


async def test_what_ended_meanwhile_is_not_started_over(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(SLOWLY)
    wrote = await ana.writes(ASK)
    growing = await ana.sees("slow0")
    await ana.edits(wrote, ASK.replace("Acme", "Bolt"))
    offer = await ana.sees("I am still at it")
    await ana.presses("Stop", growing)
    await ana.sees_change(growing, "Stopped")
    await ana.presses("Start over", offer)
    await house.rests()
    [run] = await runs(house)
    assert (run.status, run.attempt) == ("cancelled", 1)


async def test_edits_are_never_silent_and_never_done_by_themselves(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    wrote = await ana.commands("status")
    await ana.sees("Nothing is being written")
    await ana.edits(wrote, "/outputs")
    offer = await ana.sees("You changed a command", buttons=("Do it",))
    assert not any(seen.has("No pieces yet") for seen in ana.chat())
    await ana.presses("Do it", offer)
    await ana.sees("No pieces yet")
    before = len(ana.chat())
    await ana.edits(wrote, "/outputs")  # its words are the same: a reaction came
    await house.rests()
    assert len(ana.chat()) in {before, before + 1}


async def test_an_edit_of_one_part_keeps_the_rest_of_a_burst(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(Reply("Payday."), Reply("Payday at Bolt."))
    await ana.writes(f"{ASK}. " + "alpha " * 700)
    second = await ana.writes("and name Carol")
    await ana.sees("Payday", buttons=("5",))
    await house.rests()
    await ana.edits(second, "and name Dave")
    await ana.presses("Do it again")
    await ana.sees("Payday at Bolt", buttons=("5",))
    await house.rests()
    brief = (await runs(house))[-1].user_message
    assert brief.startswith(ASK)
    assert brief.endswith("and name Dave")


async def test_a_message_never_answered_is_answered_when_its_edit_asks_for_it(
    house: House,
) -> None:
    group = house.group("telegram")
    ana = await house.member("telegram", group)
    assert isinstance(ana, OnTelegram)
    wrote = await ana.writes("how are you today?")
    await house.rests()
    assert ana.chat() == []
    await ana.edits(wrote, "@draper_bot how are you today?")
    await ana.sees("that I had not worked on", buttons=("Do it",))
    await house.rests()


async def test_in_a_thread_of_a_channel_words_are_added_too(house: House) -> None:
    ana = await house.member("slack", house.group("slack"))
    assert isinstance(ana, OnSlack)
    house.claude.script(SLOWLY, Reply("Zahltag."))
    root = await ana.writes(f"@draper {ASK}")
    growing = await ana.sees("slow0")
    await ana.writes("in German", thread=root)
    done = await ana.sees("Zahltag", buttons=("5",))
    await house.rests()
    assert done.ref == growing.ref
    assert [run.attempt for run in await runs(house)] == [2]
