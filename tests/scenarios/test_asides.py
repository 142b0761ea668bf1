"""An interview as people lead it: back, changed, explained, enough, from anywhere."""

import json

from tests.scenarios.house import House
from tests.scenarios.test_clients import adds
from tests.standins.anthropic import Reply

ASKING = """
    SELECT s.name FROM dialogs d JOIN skills s ON s.id = d.skill_id
    WHERE d.status = 'active' AND d.conversation_id = (
        SELECT conversation_id FROM messages WHERE role = 'user'
        ORDER BY id DESC LIMIT 1)
"""

SECOND_THOUGHT = """
    UPDATE dialogs SET answers = jsonb_set(answers, '{_routing}', to_jsonb(jsonb_set(
        CAST(answers ->> '_routing' AS jsonb), '{candidates}',
        '[{"skill": "copywriting"}, {"skill": "page-cro", "score": 0.2}]')::text))
    WHERE status = 'active' AND answers ? '_routing'
    RETURNING id
"""


async def test_an_interview_takes_people_as_they_talk(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("idea_to_spec a rota planner for clinics")
    await ana.sees("Idea to spec", "1 of 9", "Any time: skip, back, or that's all")
    await ana.writes("skip")
    await ana.sees("This one I cannot do without", "1 of 9")
    await ana.writes("a planner that fills gaps")
    await ana.sees("2 of 9")
    await ana.writes("what do you mean?")
    await ana.sees("Say skip, and I go on with: The primary persona", "2 of 9")
    await ana.writes("head nurses")
    await ana.sees("3 of 9")
    await ana.writes("back")
    await ana.sees('You said: "head nurses"', "2 of 9")
    await ana.writes("head nurses at night")
    await ana.sees("3 of 9")
    await ana.writes("actually, the idea is a planner for swaps")
    noted = await ana.sees("Noted. Idea", "3 of 9")
    assert "not “" not in noted.text
    assert 'not "a planner that fills gaps"' in noted.text
    await ana.writes("where were we?")
    so_far = await ana.sees("Idea to spec, so far", "3 of 9")
    assert "a planner for swaps" in so_far.text
    await ana.writes("ok, that's all")
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    told = json.dumps(house.claude.requests[-1].body["messages"])
    assert "a planner for swaps" in told
    assert "head nurses at night" in told
    assert "fills gaps" not in told
    assert "By hand or with a spreadsheet" in told, "what was left takes its default"


async def test_an_interview_goes_on_at_another_door(house: House) -> None:
    member = await house.enrol()
    phone, desk = house.stranger("telegram"), house.stranger("slack")
    await house.introduce(phone, member)
    await house.introduce(desk, member)
    await phone.commands("idea_to_spec a rota planner")
    await phone.sees("1 of 9")
    await phone.writes("a planner for swaps")
    await phone.sees("2 of 9")
    await house.rests()
    await desk.writes("where were we?")
    await desk.sees("so far", "a planner for swaps", "2 of 9")
    await desk.writes("head nurses")
    await desk.sees("3 of 9")
    await desk.writes("enough")
    await desk.sees("You asked for", buttons=("5",))
    await house.rests()
    told = json.dumps(house.claude.requests[-1].body["messages"])
    assert "a planner for swaps" in told
    assert "head nurses" in told
    statuses = await house.rows("SELECT status FROM dialogs ORDER BY id DESC LIMIT 2")
    assert [row.status for row in statuses] == ["completed", "abandoned"]


async def test_what_the_profile_says_is_not_asked(house: House) -> None:
    ana = await house.member("telegram")
    await adds(ana, "Acme Payroll")
    await ana.writes("our proof: 412 clinics use it")
    await house.rests()
    house.claude.requests.clear()
    await ana.writes("write homepage copy")
    asked = await ana.sees("1 of 3", "What are we selling")
    assert "From the profile I know already: proof" in asked.text
    await ana.writes("payroll for clinics")
    await ana.writes("enough")
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    told = json.dumps(house.claude.requests[-1].body["messages"])
    assert "412 clinics use it" in told
    assert "Nothing yet" not in told, "its default would gainsay the profile"


async def test_whom_a_piece_is_for_is_asked_once_where_there_are_clients(
    house: House,
) -> None:
    member = await house.enrol()
    ana = house.stranger("telegram")
    await house.introduce(ana, member)
    await adds(ana, "Acme Payroll")
    desk = house.stranger("slack")
    await house.introduce(desk, member)
    ask = "write homepage copy about a payroll tool for clinics that hate spreadsheets"
    await desk.writes(ask)
    ways = ("Acme Payroll", "New client", "Without one")
    asked = await desk.sees("Whom is it for", buttons=ways)
    await desk.presses("Without one", asked)
    await desk.sees("You asked for", buttons=("5",))
    await house.rests()
    assert (await house.run()).client_id is None
    # It was not the skill that was chosen: that teaches nothing.
    [label] = await house.rows(
        "SELECT * FROM routing_labels WHERE text = :ask", ask=ask
    )
    assert (label.labelled_by, label.text) == ("none", ask)
    assert label.method != "press"
    assert not any(seen.has("I'll remember") for seen in desk.chat())
    await desk.commands(f"copywriting {ask}, for the other page")
    await desk.sees("for the other page", buttons=("5",))
    await house.rests()
    assert sum(seen.has("Whom is it for") for seen in desk.chat()) <= 1
    assert (await house.run()).number == 2


async def test_skip_is_told_that_nothing_is_asked(house: House) -> None:
    ana = await house.member("web")
    for said in ("skip", "back", "that's all", "zurück"):
        await ana.writes(said)
        await house.rests()
        told = ana.chat()[-1]
        assert told.has("Nothing is asked here just now", "help"), said
        assert told.buttons == [], said
    assert house.claude.calls == 0


async def test_skip_answers_what_the_assistant_asked_in_plain_words(
    house: House,
) -> None:
    ana = await house.member("web")
    house.claude.script(Reply("Mondays are fine. Which one do you mean?"), Reply("Ok."))
    await ana.writes("what do you think of Mondays?")
    await ana.sees("Which one do you mean")
    await house.rests()
    await ana.writes("skip")
    await ana.sees("Ok.")
    await house.rests()
    assert "Which one do you mean" in json.dumps(house.claude.requests[-1].body)


async def test_why_tells_of_the_skill_that_is_asking_and_another_can_take_over(
    house: House,
) -> None:
    ana = await house.member("web")
    await ana.commands("copywriting an ad for Brew, a tea")
    await ana.sees("You asked for", "Brew")
    await house.rests()
    await ana.writes("write homepage copy")
    await ana.sees("1 of", "What are we selling")
    await house.rests()
    await house.rows(SECOND_THOUGHT)
    await ana.commands("why")
    told = await ana.sees("Copywriting for what I ask you about now", "homepage copy")
    assert told.has("you wrote \u201chomepage copy\u201d", "I also thought of")
    assert not told.has("run #"), "the piece before is not what was asked about"
    await house.rests()
    [asking] = await house.rows(ASKING)
    assert asking.name == "copywriting", "it still asks"
    await ana.presses(told.buttons[0], told)
    await ana.sees_change(told, "remember it for messages like that")
    await house.rests()
    assert [row.name for row in await house.rows(ASKING)] != ["copywriting"]
