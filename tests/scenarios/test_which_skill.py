"""Did you mean: buttons where the words fit several skills."""

import json
from typing import Any

from tests.scenarios.house import House

VAGUE = "improve our homepage so that clinics that pay people by hand try it"


async def runs_of(house: House, text: str) -> list[Any]:
    return await house.rows(
        """SELECT r.*, s.name AS skill FROM runs r LEFT JOIN skills s
           ON s.id = r.skill_id WHERE r.user_message LIKE :text ORDER BY r.id""",
        text=f"%{text}%",
    )


async def test_words_that_fit_several_skills_become_buttons(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await ana.writes(f"{VAGUE}, {ana.door} one")
    asked = await ana.sees("Which of these")
    assert asked.buttons[0] == "Copywriting"
    assert asked.buttons[-1] == "Something else"
    assert len(asked.buttons) == 4, "three to choose from, and a way out"
    await ana.presses("Page review", asked)
    await ana.sees("You asked for", f"{ana.door} one", buttons=("5",))
    assert ana.now(asked).buttons == []
    await house.rests()
    [run] = await runs_of(house, f"{ana.door} one")
    assert run.skill == "page-cro"


async def test_a_choice_is_kept_as_a_label_with_its_reasons(house: House) -> None:
    ana = await house.member("slack")
    await ana.writes(VAGUE)
    await ana.presses("Copywriting")
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    [label] = await house.rows("SELECT * FROM routing_labels ORDER BY id DESC LIMIT 1")
    assert (label.method, label.labelled_by) == ("press", "user")
    assert label.text == VAGUE


async def test_choosing_twice_starts_one_run(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.writes(f"{VAGUE}, {ana.door} two")
    asked = await ana.sees("Which of these")
    await ana.press(asked, "Page review")
    await ana.press(asked, "Page review")
    await ana.press(asked, "Copywriting")
    await ana.sees("You asked for", f"{ana.door} two", buttons=("5",))
    await house.rests()
    assert len(await runs_of(house, f"{ana.door} two")) == 1
    assert sum(seen.has("You asked for") for seen in ana.chat()) == 1


async def test_something_else_is_the_assistants(house: House) -> None:
    ana = await house.member("web")
    await ana.writes(f"{VAGUE}, {ana.door} three")
    await ana.presses("Something else")
    await ana.sees("You asked for", f"{ana.door} three")
    await house.rests()
    [run] = await runs_of(house, f"{ana.door} three")
    assert (run.skill, run.kind) == (None, "chat")


async def test_what_fits_no_skill_is_answered_plainly(house: House) -> None:
    ana = await house.member("telegram")
    await ana.writes("what do you think of Mondays?")
    answer = await ana.sees("You asked for", "Mondays")
    await house.rests()
    assert ana.now(answer).buttons == []
    assert (
        await house.rows(
            "SELECT FROM outputs WHERE run_id = :id", id=(await house.run()).id
        )
        == []
    )


async def test_the_assistant_remembers_what_was_said(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script("Mondays are for planning.")
    await ana.writes("what do you think of Mondays?")
    await ana.sees("for planning")
    await ana.writes("and of Tuesdays?")
    await ana.sees("You asked for", "Tuesdays")
    said = json.dumps(house.claude.requests[-1].body["messages"])
    assert "what do you think of Mondays?" in said
    assert "Mondays are for planning." in said
    assert said.count("Tuesdays") == 1


async def test_a_skill_called_by_its_name_needs_no_phrase(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    name = "page_cro" if door == "telegram" else "page-cro"
    await ana.commands(f"{name} our pricing page for clinics, it is long")
    await ana.sees("You asked for", "our pricing page for clinics", buttons=("5",))
    run = (await runs_of(house, "our pricing page for clinics"))[-1]
    assert run.skill == "page-cro"
