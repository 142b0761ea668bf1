"""A run that asks before it writes on: answered, left to itself, stopped, forgotten."""

import json
from typing import Any

import pytest

from tests.scenarios.house import House, Opens, Outside, anthropic_settings
from tests.scenarios.people import Person, Seen
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
TONE = {
    "question": "Which tone should it have?",
    "choices": ["Warm", "Plain"],
    "default": "plain and short",
}
ASKS = Reply(tool=("ask_person", TONE))
OUT = ("Use your judgement", "Stop")
TIME_PASSES = """
    WITH due AS (
        UPDATE engine.jobs SET due_at = now() - interval '1 s' WHERE kind = 'wait'
    )
    SELECT pg_notify('engine', 'jobs')
"""
STEPS = """
    SELECT name, status, attempt FROM run_steps WHERE run_id = :run_id
    ORDER BY attempt, position
"""
WAITING = "SELECT count(*) FROM engine.jobs WHERE kind = 'wait'"


async def is_asked(house: House, person: Person, *more: Reply) -> Seen:
    """Have a request come to a question."""
    house.claude.script(ASKS, *more)
    await person.writes(ASK)
    return await person.sees("Which tone should it have", buttons=OUT)


async def two_in_a_group(house: House) -> tuple[Person, Person]:
    """Two members of one workspace in one group."""
    group, home = house.group("telegram"), await house.enrol()
    ana = house.stranger("telegram", group)
    await house.introduce(ana, home)
    bob = await house.member(
        "telegram", group, workspace=home.workspace_id, role="member"
    )
    return ana, bob


async def asked_in_group(house: House, person: Person) -> Seen:
    """Have a request in a group come to a question."""
    house.claude.script(ASKS)
    await person.commands(f"copywriting {ASK}")
    return await person.sees("Which tone should it have", buttons=OUT)


async def steps(house: House) -> list[tuple[str, str]]:
    """What the record says of the newest run."""
    run = await house.run()
    rows = await house.rows(STEPS, run_id=run.id)
    return [(row.name, row.status) for row in rows]


def told(house: House) -> list[Any]:
    """The turns of the last call to the model."""
    return list(house.claude.requests[-1].body["messages"])


async def test_a_question_is_asked_where_the_answer_will_be_and_a_choice_answers_it(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    asked = await is_asked(house, ana)
    assert set(asked.buttons) == {"Warm", "Plain", *OUT}
    assert asked.has("No answer by tomorrow", "plain and short")
    assert (await house.run()).status == "waiting_input"
    await ana.presses("Warm", asked)
    await ana.sees_change(asked, "You asked for: Warm")
    await house.rests()
    assert len(ana.chat()) == 1, "question and piece are one message"
    assert (await house.run()).status == "completed"
    assert await steps(house) == [
        ("write", "completed"),
        ("ask-1", "completed"),
        ("write-2", "completed"),
    ]
    *_, brief, question, answer = told(house)
    assert ASK in json.dumps(brief)
    assert (question["role"], answer["content"][0]["text"]) == ("assistant", "Warm")


async def test_the_next_words_answer_it(house: House, door: str) -> None:
    ana = await house.member(door)
    asked = await is_asked(house, ana)
    await ana.writes("Like a letter to a friend")
    await ana.sees("I go on with that")
    await ana.sees_change(asked, "You asked for: Like a letter to a friend")
    await house.rests()
    ours = "SELECT count(*) FROM runs WHERE conversation_id = :id"
    run = await house.run()
    assert await house.asks(ours, id=run.conversation_id) == 1, "no new request"


async def test_a_new_request_is_no_answer_and_the_question_stays_open(
    house: House,
) -> None:
    ana = await house.member("telegram")
    asked = await is_asked(house, ana, Reply("# Sauna\n\nFor all."), Reply("# Warm"))
    await ana.writes("Write positioning for Borealis, a sauna club in Riga")
    await ana.sees("For all")
    await ana.presses("Warm", asked)
    await house.rests()
    ours = "SELECT status FROM runs WHERE conversation_id = :id"
    here = (await house.run()).conversation_id
    assert [row.status for row in await house.rows(ours, id=here)] == ["completed"] * 2


async def test_it_may_be_left_to_its_own_judgement(house: House) -> None:
    ana = await house.member("slack")
    asked = await is_asked(house, ana)
    await ana.presses("Use your judgement", asked)
    await ana.sees_change(asked, "Use your own judgement", "plain and short")
    await house.rests()
    assert (await house.run()).status == "completed"


async def test_two_questions_are_the_most_and_then_it_must_write(house: House) -> None:
    ana = await house.member("telegram")
    second = Reply(tool=("ask_person", {**TONE, "question": "How long?"}))
    third = Reply(tool=("ask_person", {**TONE, "question": "Which day?"}))
    asked = await is_asked(house, ana, second, third, Reply("# It is written"))
    await ana.presses("Warm", asked)
    again = await ana.sees_change(asked, "How long")
    await ana.presses("Plain", again)
    await ana.sees("It is written", buttons=("5",))
    await house.rests()
    assert not any(seen.has("Which day") for seen in ana.chat())
    last = house.claude.requests[-1].body
    assert "Nobody is there to ask now" in str(last["messages"][-1])
    first = house.claude.requests[0].body
    assert (last["tools"], last["system"]) == (first["tools"], first["system"])


async def test_two_quick_answers_count_once_and_the_second_is_told_so(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    asked = await is_asked(house, ana)
    await ana.press(asked, "Warm")
    await ana.press(asked, "Plain")
    await ana.is_told("You answered that already", "Warm")
    await ana.sees("You asked for: Warm", buttons=("5",))
    await house.rests()
    assert house.claude.calls == 2


@pytest.mark.parametrize("way", ["button", "words"])
async def test_in_a_group_the_one_who_asked_is_asked(house: House, way: str) -> None:
    ana, bob = await two_in_a_group(house)
    asked = await asked_in_group(house, ana)
    if way == "button":
        await bob.presses("Plain", asked)
    else:
        await bob.writes("Dry, please", reply_to=asked.ref)  # type: ignore[call-arg]
    await ana.sees_change(asked, "Plain" if way == "button" else "Dry, please")
    await house.rests()
    run = await house.run()
    assert run.status == "completed"


async def test_a_colleague_s_words_in_the_group_are_no_answer(house: House) -> None:
    ana, bob = await two_in_a_group(house)
    asked = await asked_in_group(house, ana)
    await bob.writes(f"@{house.telegram.username} what do you think of Mondays?")
    await bob.sees("You asked for", "Mondays")
    assert ana.now(asked).has("Which tone should it have")
    await ana.presses("Warm", asked)
    await ana.sees("You asked for: Warm")


async def test_others_go_on_while_one_waits(house: House) -> None:
    ana = await house.member("telegram")
    asked = await is_asked(house, ana)
    await ana.commands("copywriting an ad for Brew, a tea")
    other = await ana.sees("You asked for", "Brew", buttons=("5",))
    assert other.ref != asked.ref
    await ana.presses("Warm", asked)
    await ana.sees_change(asked, "You asked for: Warm")


async def test_who_is_in_the_middle_of_an_interview_answers_by_replying(
    house: House,
) -> None:
    ana = await house.member("telegram")
    house.claude.script(Reply(tool=("ask_person", TONE), pace_s=0.2))
    await ana.writes(ASK)
    await ana.sees("Working on it")
    await ana.commands("idea-to-spec a rota planner")
    await ana.sees("What is the idea")
    asked = await ana.sees("Which tone", "reply to this message", buttons=("Warm",))
    await ana.writes("A planner for nurses")
    await ana.sees("Who needs it")
    assert ana.now(asked).has("Which tone"), "that was for the interview"
    await ana.commands("cancel")
    await ana.sees("we leave it there")
    await ana.writes("Like a letter", reply_to=asked.ref)  # type: ignore[call-arg]
    await ana.sees_change(asked, "You asked for: Like a letter")


async def test_a_reply_in_a_thread_below_the_question_answers_it(house: House) -> None:
    """In a private chat Slack opens a thread, which is a conversation of its own."""
    ana = await house.member("slack")
    asked = await is_asked(house, ana)
    await ana.writes("Like a letter", thread=asked.ref)  # type: ignore[call-arg]
    await ana.sees_change(asked, "You asked for: Like a letter")
    await house.rests()
    assert (await house.run()).status == "completed"


async def test_two_runs_that_ask_are_answered_apart(house: House) -> None:
    ana = await house.member("web")
    first = await is_asked(house, ana)
    house.claude.script(Reply(tool=("ask_person", {**TONE, "question": "How long?"})))
    await ana.commands("copywriting an ad for Brew, a tea")
    second = await ana.sees("How long", buttons=("Warm",))
    await ana.writes("Like a letter")
    await ana.sees_change(first, "You asked for: Like a letter")
    assert ana.now(second).has("How long")
    await ana.presses("Plain", second)
    await ana.sees_change(second, "You asked for: Plain")


async def test_nobody_answers_and_it_goes_on_with_its_default_and_says_so(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    asked = await is_asked(house, ana)
    await house.rows(TIME_PASSES)
    done = await ana.sees_change(
        asked, "Nobody answered", "went on with: plain and short"
    )
    done = await ana.sees(buttons=("5",))
    assert done.text.strip().startswith(("_Nobody", "Nobody"))
    await house.rests()
    kept = await house.asks("SELECT preview FROM outputs ORDER BY id DESC LIMIT 1")
    assert "Nobody answered" not in kept, "the piece itself is clean"
    assert await house.asks(WAITING) == 0


async def test_an_answer_too_late_is_told_what_happened(house: House) -> None:
    ana = await house.member("web")
    asked = await is_asked(house, ana)
    await house.rows(TIME_PASSES)
    await ana.sees(buttons=("5",))
    await ana.press(asked, "Warm")  # on a page that is a moment behind
    await ana.is_told("I had to go on without", "plain and short")


async def test_stop_ends_the_wait(house: House, door: str) -> None:
    ana = await house.member(door)
    asked = await is_asked(house, ana)
    await ana.presses("Stop", asked)
    stopped = await ana.sees_change(asked, "Nothing more will be written")
    assert stopped.buttons == ["Again"]
    await house.rests()
    assert await house.asks(WAITING) == 0
    assert await steps(house) == [("write", "completed"), ("ask-1", "skipped")]
    assert house.claude.calls == 1


async def test_an_answer_to_what_was_stopped_is_told_so(house: House) -> None:
    ana = await house.member("web")
    asked = await is_asked(house, ana)
    await ana.presses("Stop", asked)
    await ana.sees_change(asked, "Nothing more will be written")
    await ana.press(asked, "Warm")
    await ana.is_told("That question is closed")


async def test_cancel_stops_the_run_that_asks(house: House) -> None:
    ana = await house.member("telegram")
    asked = await is_asked(house, ana)
    await ana.commands("cancel")
    await ana.sees_change(asked, "Nothing more will be written")
    await house.rests()
    await ana.writes("what do you think of Mondays?")
    await ana.sees("You asked for", "Mondays")


async def test_started_again_it_asks_anew(house: House) -> None:
    ana = await house.member("slack")
    asked = await is_asked(house, ana)
    await ana.presses("Stop", asked)
    await ana.sees_change(asked, "Nothing more will be written")
    house.claude.script(ASKS)
    await ana.presses("Again", asked)
    await ana.sees_change(asked, "Which tone should it have")
    await ana.presses("Plain", asked)
    await ana.sees_change(asked, "You asked for: Plain")
    await house.rests()
    assert [name for name, _ in await steps(house)] == [
        *("write", "ask-1"),
        *("write", "ask-1", "write-2"),
    ]


async def test_an_answer_may_come_after_a_restart(opens: Opens) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        asked = await is_asked(house, ana)
    async with opens() as house:
        await ana.presses("Warm", asked)
        await ana.sees_change(asked, "You asked for: Warm")
        await house.rests()
        assert house.claude.calls == 2


async def test_an_answer_given_while_the_app_was_down_counts(opens: Opens) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        asked = await is_asked(house, ana)
    await ana.writes("Like a letter")
    async with opens():
        await ana.sees_change(asked, "You asked for: Like a letter")


async def test_a_call_that_asks_for_something_else_is_made_again(house: House) -> None:
    ana = await house.member("web")
    house.claude.script(Reply(tool=("launch", {})))
    await ana.writes(ASK)
    await ana.sees("You asked for", "Acme", buttons=("5",))
    await house.rests()
    assert house.claude.calls == 2


async def test_the_rehearsal_asks_where_the_brief_says_so(
    opens: Opens, outside: Outside
) -> None:
    async with opens(anthropic=anthropic_settings(outside, api_key=None)) as house:
        ana = await house.member("telegram")
        await ana.writes(f"{ASK} [ask: Which tone? | warm | plain]")
        asked = await ana.sees("Rehearsal question: Which tone", buttons=("warm", *OUT))
        await ana.presses("warm", asked)
        await ana.sees("Rehearsal draft", "Answered: warm")
