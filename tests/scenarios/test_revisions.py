"""What is said about a piece makes its next version; the earlier one stays."""

import json
from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import Person, Seen
from tests.scenarios.test_assistant import rounds
from tests.scenarios.test_stopping import SLOWLY
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
FAMILY = """
    SELECT o.id, o.revises_id, r.skill_id, r.client_id, r.user_message, r.user_id
    FROM outputs o JOIN runs r ON r.id = o.run_id
    WHERE r.workspace_id = :id ORDER BY o.id
"""


async def piece(house: House, ana: Person, text: str, ask: str = ASK) -> Seen:
    house.claude.script(Reply(text))
    await ana.writes(ask)
    shown = await ana.sees(text, buttons=("5", "Revise", "Shorter"))
    await house.rests()
    return shown


async def family(house: House) -> list[Any]:
    return await house.rows(FAMILY, id=(await house.run()).workspace_id)


def last_turns(house: House) -> list[Any]:
    return rounds(house)[-1]


async def test_a_short_wish_after_a_piece_makes_its_next_version(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    first = await piece(house, ana, "Payday without the pain.")
    second = await piece(house, ana, "Payday, painless.", "shorter")
    assert second.has("Version 2")
    third = await piece(house, ana, "Zahltag, schmerzlos.", "in German")
    assert third.has("Version 3")
    # A skill answers to "headline", and is not meant.
    asked = "make the headline a question"
    assert (await piece(house, ana, "Zahltag? Ja!", asked)).has("Version 4")
    assert ana.now(first).has("Payday without the pain")
    one, two, three, _ = await family(house)
    assert (one.revises_id, two.revises_id, three.revises_id) == (None, one.id, two.id)
    assert one.skill_id == two.skill_id == three.skill_id
    assert [row.user_message for row in (two, three)] == [
        "shorter",
        "in German",
    ]
    turns = json.dumps(rounds(house)[-2])
    assert ASK in turns
    assert "Payday, painless." in turns
    assert "without the pain" not in turns, "what it revises is the second version"
    await ana.presses("5", third)
    await ana.sees_change(third, "5 of 5")


async def test_a_reply_revises_the_very_piece_it_replies_to(house: House) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    first = await piece(house, ana, "Payday without the pain.")
    await piece(
        house,
        ana,
        "Shifts, sorted.",
        "write homepage copy for Bolt, a scooter for nurses",
    )
    house.claude.script(Reply("Payday without tears."))
    quote = {"text": "the pain", "position": 15}
    await ana.writes("I do not like this word", reply_to=first.ref, quote=quote)
    await ana.sees("Payday without tears", "Version 2")
    await house.rests()
    one, _, two = await family(house)
    assert two.revises_id == one.id
    wish = json.dumps(last_turns(house)[-1])
    assert "I do not like this word" in wish
    assert "> the pain" in wish
    assert not (await house.run()).is_tainted, "our own words are nobody else's"


async def test_a_reply_that_asks_for_something_else_is_no_revision(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    first = await piece(house, ana, "Payday without the pain.")
    house.claude.script(Reply("Because clinics pay late."))
    await ana.writes("why did you write pain?", reply_to=first.ref)
    await ana.sees("Because clinics pay late")
    house.claude.script(Reply("Subject: payday"))
    await ana.writes("write an email sequence for Acme", reply_to=first.ref)
    await house.rests()
    assert not any(seen.has("Version") for seen in ana.chat())
    assert all(row.revises_id is None for row in await family(house))


async def test_buttons_and_the_command_revise_too(house: House) -> None:
    ana = await house.member("telegram")
    first = await piece(house, ana, "Payday without the pain.")
    house.claude.script(Reply("Payday, painless."))
    await ana.presses("Shorter", first)
    second = await ana.sees("Payday, painless", "Version 2")
    await ana.presses("Revise", second)
    await ana.sees("What should change")
    house.claude.script(Reply("Paid on time."))
    await ana.writes("say it in four words")
    await ana.sees("Paid on time", "Version 3")
    house.claude.script(Reply("Your salary, punctual."))
    await ana.commands("revise more formal")
    await ana.sees("Your salary, punctual", "Version 4")
    await house.rests()
    wishes = [row.user_message for row in await family(house)][1:]
    assert wishes == ["shorter", "say it in four words", "more formal"]


async def test_in_the_thread_of_a_piece_one_version_follows_the_other(
    house: House,
) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    first = await piece(house, ana, "Payday without the pain.")
    for wish, text in (("I want it bolder still", "PAYDAY!"), ("calm down", "Payday.")):
        house.claude.script(Reply(text))
        await ana.writes(wish, thread=first.ref)
        await ana.sees(text, buttons=("5",))
        await house.rests()
    one, two, three = await family(house)
    assert (two.revises_id, three.revises_id) == (one.id, two.id)


async def test_in_the_thread_of_a_piece_answers_and_thanks_are_no_wishes(
    house: House,
) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    first = await piece(house, ana, "Payday without the pain.")
    await ana.writes("write homepage copy", thread=first.ref)
    await ana.sees("1 of 4")
    await ana.writes("Bolt, a scooter for nurses", thread=first.ref)
    await ana.presses("Leave it", await ana.sees("2 of 4"))
    house.claude.script(Reply("You are welcome."))
    await ana.writes("thanks, perfect!", thread=first.ref)
    await ana.sees("You are welcome")
    await house.rests()
    assert all(row.revises_id is None for row in await family(house))


async def test_a_wish_that_follows_in_a_thread_joins_the_one_before(
    house: House,
) -> None:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    first = await piece(house, ana, "Payday without the pain.")
    house.claude.script(SLOWLY)
    await ana.writes("shorter", thread=first.ref)
    await ana.sees("slow0")
    house.claude.script(Reply("Zahltag."))
    await ana.writes("and in German", thread=first.ref)
    await ana.sees("Zahltag", buttons=("5",))
    await house.rests()
    [_, second] = await family(house)
    assert second.user_message == "shorter\nand in German"


async def test_thanks_a_command_and_a_new_request_are_no_wish(house: House) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    first = await piece(house, ana, "Payday without the pain.")
    house.claude.script(Reply("Gladly."))
    await ana.writes("thanks!", reply_to=first.ref)
    await ana.sees("Gladly")
    await ana.writes("clients", reply_to=first.ref)
    await ana.sees("No clients yet")
    await piece(house, ana, "Shifts, sorted.", ASK.replace("Acme", "Bolt"))
    await ana.writes("shorter meeting notes for Acme")
    await ana.sees("Which of these do you mean")
    await ana.writes("add a new client: Corvo")
    await ana.sees("Corvo", "is added")
    await house.rests()
    assert all(row.revises_id is None for row in await family(house))


async def test_a_wish_that_is_changed_afterwards_still_revises_its_piece(
    house: House,
) -> None:
    ana = await house.member("telegram")
    first = await piece(house, ana, "Payday without the pain.")
    house.claude.script(Reply("Payday, painless."))
    wrote = await ana.writes("shorter")
    await ana.sees("Payday, painless", "Version 2")
    await house.rests()
    await ana.edits(wrote, "shorter, and in German")
    house.claude.script(Reply("Zahltag."))
    await ana.presses("Do it again", await ana.sees("revise it again"))
    await ana.sees("Zahltag", "Version 3")
    await house.rests()
    one, _, three = await family(house)
    assert three.revises_id == one.id
    assert ana.now(first).has("Payday without the pain")


async def test_nobody_revises_what_they_may_not_see(house: House) -> None:
    ana = await house.member("telegram")
    await piece(house, ana, "Payday without the pain.")
    mine = (await family(house))[0]
    workspace = (await house.run()).workspace_id
    bob = house.stranger("telegram")
    await house.introduce(bob, await house.enrol(workspace=workspace))
    await bob.commands("revise shorter")
    await bob.sees("no longer have that piece")
    [delivery] = await house.rows(
        "SELECT id FROM deliveries WHERE run_id IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    assert isinstance(bob, OnTelegram)
    bob.world.push(
        {
            "callback_query": {
                "id": "1",
                "from": bob.world.person(bob.user),
                "message": {
                    "message_id": 1,
                    "date": 1,
                    "chat": {"id": bob.user, "type": "private"},
                },
                "data": f"{delivery.id}:6",
            }
        }
    )
    await house.rests()
    assert [row.id for row in await family(house)] == [mine.id]
