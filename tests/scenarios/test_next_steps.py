"""What follows a finished piece: another skill with it, another take, it as a file."""

import io
import json
from typing import Any

from docx import Document

from tests.scenarios.house import House
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import Person, Seen
from tests.scenarios.test_assistant import rounds
from tests.scenarios.test_questions import two_in_a_group
from tests.standins.anthropic import Reply

ASK = "copywriting homepage copy for Acme, a payroll tool for clinics and care homes"
TEXT = "# Payday\n\n## Hero\n\n**Headline:** Payday without pain.\n\nlast words here"
RELEASE = (
    "about Acme, a payroll tool for clinics, which opens to all clinics in Berlin on 3 "
    "March after a year of trials with twelve of them, for the trade press"
)
RUNS = """
    SELECT r.id, r.parent_id, r.user_id, s.name AS skill, r.input, r.is_tainted
    FROM runs r LEFT JOIN skills s ON s.id = r.skill_id
    WHERE r.workspace_id = :id ORDER BY r.number
"""


async def piece(house: House, ana: Person, text: str = TEXT) -> Seen:
    house.claude.script(Reply(text))
    await ana.commands(ASK)
    shown = await ana.sees("Payday", buttons=("5", "Another take"))
    await house.rests()
    return shown


async def runs(house: House) -> list[Any]:
    return await house.rows(RUNS, id=(await house.run()).workspace_id)


def onward(shown: Seen) -> str:
    """The first button that goes on from a piece."""
    return shown.buttons[shown.buttons.index("Another take") + 1]


async def test_a_piece_is_handed_to_a_neighbour_as_material(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    shown = await piece(house, ana)
    label = onward(shown)
    house.claude.script(Reply("# Edited\n\nCleaner words."))
    await ana.presses(label, shown)
    await ana.sees("Cleaner words", buttons=("5",))
    await house.rests()
    first, second = await runs(house)
    assert second.parent_id == first.id
    assert second.skill not in {None, first.skill}
    assert second.input["handed_from"]["source"].startswith("our piece #")
    assert not second.is_tainted
    told = json.dumps([one for said in rounds(house) for one in said])
    assert "<outside id=" in told.replace('\\"', '"')
    assert "last words here" in told
    assert "It was written for this request" in told
    now = ana.now(shown)
    assert label not in now.buttons, "what was begun is not offered again"
    assert "Another take" in now.buttons


async def test_two_presses_hand_it_over_once(house: House) -> None:
    ana = await house.member("telegram")
    shown = await piece(house, ana)
    house.claude.script(Reply("# Edited\n\nCleaner words."))
    await ana.press(shown, onward(shown))
    await ana.press(shown, onward(shown))
    await ana.sees("Cleaner words", buttons=("5",))
    await house.rests()
    assert len(await runs(house)) == 2


async def test_another_take_is_told_what_the_earlier_ones_were(house: House) -> None:
    ana = await house.member("telegram")
    shown = await piece(house, ana)
    house.claude.script(Reply("# Calm\n\nsecond take"))
    await ana.presses("Another take", shown)
    second = await ana.sees("second take", "Version 2", buttons=("5",))
    await house.rests()
    house.claude.script(Reply("# Bold\n\nthird take"))
    await ana.presses("Another take", second)
    await ana.sees("third take", "Version 3")
    await house.rests()
    told = json.dumps([one for said in rounds(house) for one in said])
    assert "another angle" in told
    assert "> # Payday" in told.replace("\\n", "\n")


async def test_a_piece_comes_as_a_file_where_it_was_asked_for(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    shown = await piece(house, ana)
    await ana.presses(shown.buttons[-1], shown)
    opened = await ana.sees("Payday", buttons=("Word", "Web page", "Markdown"))
    assert "CSV" not in opened.buttons
    await ana.presses("Web page", opened)
    sent = await ana.sees("as a web page")
    await house.rests()
    assert sent.files == ["payday.html"]
    await ana.writes("as docx please")
    word = await ana.sees("as a Word document")
    await house.rests()
    assert word.files == ["payday.docx"]
    await ana.writes("as csv")
    await ana.sees("There is no table in that piece", "as docx, as html or as markdown")
    await house.rests()
    assert len(await runs(house)) == 1


async def test_a_reply_has_the_very_piece_it_replies_to_as_a_file(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    first = await piece(house, ana)
    house.claude.script(Reply("# Payslip\n\nPayday, sorted."))
    await ana.commands(ASK)
    await ana.sees("Payslip", buttons=("5",))
    await house.rests()
    await ana.writes("as docx", reply_to=first.ref)
    sent = await ana.sees("as a Word document")
    await house.rests()
    assert sent.files == ["payday.docx"]
    [shown] = [one for one in ana.world.replies(chat=ana.place) if one.file_name]
    document = Document(io.BytesIO(shown.file))
    assert "last words here" in [one.text for one in document.paragraphs]


async def test_a_piece_that_was_erased_is_not_handed_on(house: House) -> None:
    ana = await house.member("telegram")
    shown = await piece(house, ana)
    here = (await house.run()).workspace_id
    await house.rows(
        "DELETE FROM outputs WHERE workspace_id = :id RETURNING id", id=here
    )
    await ana.press(shown, onward(shown))
    await ana.is_told("I no longer have that piece")
    await ana.writes("as docx")
    await ana.sees("I no longer have that piece")
    await house.rests()
    assert len(await runs(house)) == 1


async def test_a_skill_with_an_interview_asks_what_the_piece_leaves_open(
    house: House,
) -> None:
    ana = await house.member("telegram")
    house.claude.script(
        Reply("# Acme opens\n\n**News:** it opens\n\n**Date:** 3 March")
    )
    await ana.commands(f"press-release {RELEASE}")
    shown = await ana.sees("Acme opens", buttons=("5", "Launch plan"))
    await house.rests()
    await ana.press(shown, "Launch plan")
    await ana.sees("1 of 6", "first hundred", buttons=("Leave it",))
    house.claude.script(Reply("# Plan\n\nring by ring"))
    await ana.writes("that's all")
    await ana.sees("ring by ring", buttons=("5",))
    await house.rests()
    release, plan = await runs(house)
    assert plan.skill == "launch-strategy"
    assert plan.parent_id == release.id
    assert "(as the piece says)" in plan.input["brief"]


async def test_in_a_group_a_colleague_goes_on_from_a_piece(house: House) -> None:
    ana, bob = await two_in_a_group(house)
    shown = await piece(house, ana)
    house.claude.script(Reply("# Edited\n\nCleaner words."))
    await bob.press(shown, onward(shown))
    edited = await ana.sees("Cleaner words", buttons=("5",))
    await house.rests()
    await bob.presses("Another take", edited)
    await ana.sees("Version 2")
    await house.rests()
    first, second, third = await runs(house)
    assert second.user_id == third.user_id != first.user_id
    assert third.input["handed_from"] == second.input["handed_from"]
