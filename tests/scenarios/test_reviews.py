"""A review in detail: Slack's modal and thumbs, a web form, and one by one."""

import asyncio
from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person, Seen

ASK = "write homepage copy for Acme, a payroll tool for clinics"
OTHER = "write homepage copy for Bolt, a scooter for nurses"


async def kept(house: House) -> list[Any]:
    """The feedback of the newest workspace, oldest first."""
    return await house.rows(
        """SELECT * FROM feedback WHERE workspace_id =
           (SELECT id FROM workspaces ORDER BY id DESC LIMIT 1) ORDER BY id"""
    )


async def gets_a_piece(person: Person) -> Seen:
    await person.writes(ASK)
    return await person.sees("You asked for", buttons=("1", "5"))


async def test_slack_asks_for_all_of_it_in_a_modal(house: House) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    piece = await gets_a_piece(ana)
    await ana.presses("2", piece)
    await ana.presses("Tell me more", await ana.sees_change(piece, "What was off"))
    form = await ana.sees_form("Review")
    assert "(run #1)" in str(form["blocks"])
    said = {
        "Accuracy, 1 to 5": "3",
        "What worked": "The opening",
        "An issue": "The price is wrong",
        "How bad is that": "High",
        "How it should be instead": "29 dollars",
    }
    await ana.fills(form, **said)
    thanks = await ana.sees("Thank you", "price is wrong", "29 dollars", "overall 2")
    assert "The price is wrong → 29 dollars" in thanks.text
    await ana.presses("Add another issue", thanks)
    again = await ana.sees_form("Report issue")
    await ana.fills(again, The_issue="Too long", How_bad_is_that="Low")
    await ana.sees("Issue low Too long", "Issue high The price is wrong")
    await house.rests()
    [row] = await kept(house)
    assert (row.overall_score, row.accuracy_score, row.quality_score) == (2, 3, None)
    assert row.what_worked_well == "The opening"
    assert [(one["description"], one["severity"]) for one in row.issues] == [
        ("The price is wrong", "high"),
        ("Too long", "low"),
    ]


async def test_telegram_asks_one_by_one_and_is_done_at_any_time(house: House) -> None:
    ana = await house.member("telegram")
    piece = await gets_a_piece(ana)
    await ana.presses("3", piece)
    await ana.sees_change(piece, "3 of 5")
    await ana.commands("feedback")
    # The score is known: it is not asked again.
    first = await ana.sees("Accuracy", "This is about", buttons=("1", "5", "Skip"))
    await ana.presses("4", first)
    await ana.presses("Skip", await ana.sees("Quality"))
    await ana.presses("5", await ana.sees("Usefulness"))
    await ana.presses("Skip", await ana.sees("Your rules"))
    await ana.sees("What worked")
    await ana.writes("the tone of it")
    await ana.presses("Done", await ana.sees("An issue", buttons=("Done",)))
    await ana.sees("Thank you", "overall 3", "accuracy 4", "usefulness 5", "tone of it")
    await house.rests()
    [row] = await kept(house)
    assert (row.overall_score, row.accuracy_score, row.usefulness_score) == (3, 4, 5)
    assert (row.quality_score, row.issues) == (None, [])
    # What was said stands there, and a question that is skipped leaves it.
    await ana.commands("feedback")
    again = await ana.sees("Accuracy", "Unless you say otherwise: 4")
    await ana.presses("Done", again)
    await ana.sees("Thank you", "accuracy 4", "usefulness 5", "tone of it")


async def test_nobody_is_held_in_a_review(house: House) -> None:
    """Another wish is served at once, and what was said so far is kept."""
    ana = await house.member("telegram")
    piece = await gets_a_piece(ana)
    await ana.presses("3", piece)
    await ana.sees_change(piece, "3 of 5")
    await ana.commands("feedback")
    await ana.presses("2", await ana.sees("Accuracy", buttons=("2",)))
    await ana.sees("Quality", buttons=("Done",))
    await ana.writes(OTHER)
    await ana.sees("You asked for", "Bolt", buttons=("5",))
    [row] = await kept(house)
    assert (row.overall_score, row.accuracy_score) == (3, 2)
    await ana.commands("feedback 1")
    await ana.sees("Accuracy", "This is about", buttons=("Skip", "Done"))
    await house.rests()


async def test_the_web_page_has_a_form_for_it(house: House) -> None:
    ana = await house.member("web")
    assert isinstance(ana, OnWeb)
    await gets_a_piece(ana)
    await ana.commands("feedback")
    form = await ana.sees_form("Review")
    await ana.fills(form, **{"Overall, 1 to 5": "4", "Anything else": "Good work"})
    await ana.sees("Thank you", "overall 4", "Good work")
    await house.rests()
    [row] = await kept(house)
    assert (row.overall_score, row.comment, row.channel) == (4, "Good work", "web")


async def test_slacks_thumbs_stand_under_an_answer(house: House) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    house.claude.script("Tuesday, in Sydney.")
    await ana.writes("what day is it in Sydney?")
    answer = await ana.sees("Tuesday", buttons=("👍", "👎"))
    block = house.slack.world.find(answer.ref).blocks[-1]
    assert block["type"] == "context_actions"
    await ana.presses("👍", answer)
    await ana.sees_change(answer, "more like this")
    await house.rests()
    [row] = await kept(house)
    assert row.overall_score == 4
    await ana.presses("👎", answer)
    await ana.fills(await ana.sees_form("Review"), An_issue="It is out of date")
    await ana.sees("Thank you", "out of date", "overall 2")
    await house.rests()
    [row] = await kept(house)
    assert row.overall_score == 2
    await ana.commands("outputs")
    await ana.sees("No pieces yet")


async def test_what_cannot_be_reviewed_says_so(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("feedback")
    await ana.sees("There is no piece to review yet")
    await ana.commands("feedback 99")
    await ana.sees("I know no run 99")


async def test_two_presses_at_once_leave_one_review(house: House) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    house.claude.script("Tuesday, in Sydney.")
    await ana.writes("what day is it in Sydney?")
    answer = await ana.sees("Tuesday", buttons=("👍", "👎"))
    await asyncio.gather(ana.press(answer, "👍"), ana.press(answer, "👍"))
    await ana.sees_change(answer, "more like this")
    await house.rests()
    assert len(await kept(house)) == 1
