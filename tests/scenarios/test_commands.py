"""What can be typed: help, lists, and looking at one run."""

import re
from typing import Any

import pytest

from tests.scenarios.house import House, Opens
from tests.scenarios.people import Person, Seen

ASK = "write homepage copy for Acme, a payroll tool for clinics"


def number_in(seen: Seen) -> int:
    found = re.search(r"#(\d+)", seen.text)
    assert found, seen
    return int(found[1])


async def gets_a_piece(person: Person, asked: str = ASK) -> Seen:
    await person.writes(asked)
    return await person.sees("You asked for", asked, buttons=("5",))


async def number_of_latest(person: Person) -> int:
    await person.commands("runs")
    return number_in(await person.sees("The latest runs"))


async def test_start_says_hello_and_how_to_begin(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("start")
    hello = await ana.sees("I'm Draper", "write homepage copy")
    await ana.presses("What can you write?", hello)
    await ana.sees("What I can write", "Email sequence")


@pytest.mark.parametrize(
    ("door", "typed"),
    [("telegram", "/run"), ("slack", "/draper run"), ("web", "/run")],
)
async def test_help_shows_every_command_as_it_is_typed_here(
    house: House, door: str, typed: str
) -> None:
    ana = await house.member(door)
    await ana.writes("advanced mode")
    await ana.sees("You see every command")
    await ana.commands("help")
    topics = await ana.sees("use a command", "Learning", buttons=("Clients", "You"))
    await house.rests()
    messages = len(ana.chat())
    await ana.presses("Pieces", topics)
    page = await ana.sees_change(topics, "Stop a run, or your latest one")
    assert f"{typed} [number]" in page.text
    for words in ("outputs", "retry", "cancel", "status", "revise"):
        assert words in page.text
    await ana.presses("Clients", page)
    page = await ana.sees_change(topics, "client new", "client use")
    assert {"Clients", "• Clients •"} & set(page.buttons)
    assert len(ana.chat()) == messages, "it all stands in one message"


async def test_help_with_a_topic_begins_there(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("help money")
    await ana.sees("limit", "models", buttons=("• Money •", "Keys"))


async def test_a_bare_prefix_on_slack_is_a_call_for_help(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("")
    await ana.sees("use a command")


async def test_an_unknown_command_gets_a_suggestion(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("statsu")
    shown = await ana.sees("I don't know", "statsu", "Did you mean", "status")
    prefix = "/draper " if door == "slack" else "/"
    assert f"{prefix}status" in shown.text


async def test_a_command_with_words_that_do_not_fit_shows_how(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("run twelve")
    await ana.sees("Type it like this", "run [number]")


async def test_telegrams_menu_is_made_of_the_declarations(house: House) -> None:
    menu = {entry["command"]: entry["description"] for entry in house.telegram.commands}
    assert {"start", "help", "skills", "status", "runs", "run"} <= set(menu)
    assert {"cancel", "retry", "outputs"} <= set(menu)
    assert all(menu.values())


async def test_the_lists_show_what_was_made(house: House, door: str) -> None:
    ana = await house.member(door)
    await gets_a_piece(ana)
    number = await number_of_latest(ana)
    await ana.commands("outputs")
    await ana.sees("The latest pieces", f"#{number}", "Draft")
    await ana.commands(f"run {number}")
    one = await ana.sees(f"Run #{number}", "Copywriting", "done", "tokens")
    assert one.has("Writing: done", "you wrote")
    assert one.buttons == [
        "Show the piece",
        "What next",
        "Once more",
        "Share with the team",
    ]
    await ana.commands("status")
    await ana.sees("Nothing is being written", "Spent today")


async def test_a_run_of_another_team_is_unknown(house: House) -> None:
    ana, eve = await house.member("telegram"), await house.member("telegram")
    await gets_a_piece(ana)
    await eve.commands("run 1")
    await eve.sees("I know no run #1")
    await eve.commands("runs")
    await eve.sees("No runs yet")


async def test_lists_are_kind_when_empty(house: House) -> None:
    ana = await house.member("web")
    for command, said in (
        ("runs", "No runs yet"),
        ("outputs", "No pieces yet"),
        ("cancel", "nothing of yours for that"),
        ("retry", "nothing of yours for that"),
        ("run 7", "I know no run #7"),
    ):
        await ana.commands(command)
        await ana.sees(said)


async def test_once_more_is_a_second_attempt_of_the_same_run(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    house.claude.script("The first answer.", "The second answer.")
    await ana.writes(ASK)
    await ana.sees("The first answer", buttons=("5",))
    number = await number_of_latest(ana)
    await ana.commands(f"retry {number}")
    await ana.sees("The second answer", buttons=("5",))
    await house.rests()
    run = await house.run()
    assert (run.number, run.attempt, run.status) == (number, 2, "completed")
    assert await attempts_paid(house, run.id) == 2


async def attempts_paid(house: House, run_id: Any) -> int:
    return int(
        await house.asks(
            "SELECT count(*) FROM usage_records WHERE run_id = :id", id=run_id
        )
    )


async def test_a_viewer_may_look_but_not_start_anything(house: House) -> None:
    vic = await house.member("slack", role="viewer")
    await vic.commands("status")
    await vic.sees("Nothing is being written")
    await vic.writes(ASK)
    await vic.sees("needs the member role", "you are a viewer")


async def test_a_conversation_survives_a_restart(opens: Opens) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        await gets_a_piece(ana)
        await house.rests()
    async with opens() as house:
        await ana.commands("runs")
        await ana.sees("The latest runs", "#1")
