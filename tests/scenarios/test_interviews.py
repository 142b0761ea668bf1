"""Questions before the work: answered, skipped, left, and gone on with."""

import json
from typing import Any

from tests.scenarios.house import House, Opens
from tests.scenarios.people import Person, Seen

QUESTIONS = (
    "What is the idea",
    "Who needs it",
    "How do they manage today",
    "What can they do afterwards",
    "ready on Monday",
    "leave out on purpose",
    "Which number",
    "What is fixed already",
    "most likely to make it fail",
)


async def answers_all(person: Person, answers: list[str]) -> None:
    for question, answer in zip(QUESTIONS, answers, strict=True):
        await person.sees(question)
        await person.writes(answer)


def skip_of(seen: Seen) -> str:
    return next(label for label in seen.buttons if label.startswith("Skip"))


async def dialogs(house: House) -> list[Any]:
    return await house.rows("SELECT * FROM dialogs ORDER BY id DESC LIMIT 1")


async def test_an_interview_ends_in_a_piece_that_knows_every_answer(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await ana.commands("idea-to-spec a rota planner for clinics")
    answers = [f"my answer number {n}" for n in range(9)]
    await answers_all(ana, answers)
    await ana.sees("You asked for", buttons=("5",))
    asked = json.dumps(house.claude.requests[-1].body["messages"])
    assert "a rota planner for clinics" in asked
    assert all(answer in asked for answer in answers)
    await house.rests()
    assert (await dialogs(house))[0].status == "completed"


async def test_questions_say_how_many_there_are_and_why(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea_to_spec a rota planner")
    first = await ana.sees("1 of 9", "What is the idea", "your words")
    assert first.buttons == ["Leave it"]  # this one cannot be skipped


async def test_a_skip_says_its_default_in_whole_words(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes("a planner")
    asked = await ana.sees("Who needs it")
    assert skip_of(asked) == "Skip (The primary persona, at…)"


async def test_a_skipped_question_takes_its_default(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes("a planner")
    for question in QUESTIONS[1:]:
        asked = await ana.sees(question)
        await ana.presses(skip_of(asked), asked)
        await ana.sees_change(asked, "skipped")
    await ana.sees("You asked for", buttons=("5",))
    told = json.dumps(house.claude.requests[-1].body["messages"])
    assert "By hand or with a spreadsheet" in told


async def test_a_choice_answers_as_well_as_words(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("idea-to-spec a rota planner")
    for question in QUESTIONS[:7]:
        await ana.sees(question)
        await ana.writes("so")
    asked = await ana.sees("What is fixed already", buttons=("A budget",))
    await ana.presses("A budget", asked)
    await ana.sees_change(asked, "A budget")
    await ana.sees("most likely to make it fail")
    await house.rests()
    assert (await dialogs(house))[0].answers["limits"] == "A budget"


async def test_two_quick_answers_by_button_count_once(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes("a planner")
    asked = await ana.sees("Who needs it")
    await ana.press(asked, skip_of(asked))
    await ana.press(asked, skip_of(asked))
    await ana.sees("How do they manage today")
    await house.rests()
    assert not any(seen.has("What can they do afterwards") for seen in ana.chat())
    assert (await dialogs(house))[0].step == "today"


async def test_a_skill_that_goes_meanwhile_asks_no_further(house: House) -> None:
    ana = await house.member("telegram", role="admin")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes("/skills off idea-to-spec")
    await ana.sees("off in this workspace")
    await ana.writes("a planner")
    await ana.sees("I ask no further")
    await house.rests()
    assert (await dialogs(house))[0].status == "abandoned"


async def test_leaving_ends_the_questions(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea-to-spec a rota planner")
    await ana.presses("Leave it")
    await ana.sees("we leave it there")
    await ana.writes("what do you think of Mondays?")
    await ana.sees("You asked for", "Mondays")
    await house.rests()
    assert (await dialogs(house))[0].status == "abandoned"


async def test_the_word_stop_is_no_answer(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.writes("Stop!")
    await ana.sees("we leave it there")
    await house.rests()
    assert (await dialogs(house))[0].status == "abandoned"


async def test_cancel_ends_the_questions_first(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    await ana.commands("cancel")
    await ana.sees("we leave it there")
    await house.rests()
    assert (await dialogs(house))[0].status == "abandoned"


async def test_an_old_question_cannot_be_answered(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("idea-to-spec a rota planner")
    asked = await ana.sees("What is the idea", buttons=("Leave it",))
    await ana.commands("cancel")
    await ana.sees("we leave it there")
    await ana.press(asked, "Leave it")
    await ana.is_told("question is closed")


async def test_an_expired_question_takes_no_answer(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea_to_spec a rota planner")
    asked = await ana.sees("What is the idea")
    await house.rests()
    await house.rows("UPDATE dialogs SET expires_at = now() - interval '1 minute'")
    await ana.press(asked, "Leave it")
    await ana.is_told("question is closed")
    await ana.writes("what do you think of Mondays?")
    await ana.sees("You asked for", "Mondays")


async def test_a_thin_request_is_asked_about(house: House) -> None:
    ana = await house.member("web")
    await ana.writes("write homepage copy")
    await ana.sees("1 of", "What are we selling")


async def test_an_interview_goes_on_after_a_restart(opens: Opens) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        await ana.commands("idea_to_spec a rota planner")
        await ana.sees("What is the idea")
        await ana.writes("my answer number 0")
        await ana.sees("Who needs it")
        await house.rests()
    async with opens() as house:
        for n, question in enumerate(QUESTIONS[1:], start=1):
            await ana.sees(question)
            await ana.writes(f"my answer number {n}")
        await ana.sees("You asked for", buttons=("5",))
        told = json.dumps(house.claude.requests[-1].body["messages"])
        assert all(f"my answer number {n}" in told for n in range(9))
