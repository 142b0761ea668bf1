"""Brands: made, asked about, used, and known to what is written."""

import json

from tests.scenarios.house import House
from tests.scenarios.people import Person

ASK = "write homepage copy for our payroll tool for clinics"
ANSWERS = {
    "What does": "payroll without the evening",
    "Who buys it": "practice managers of small clinics",
    "choose": "it files itself",
    "should": "calm, exact, warm",
    "never say": "revolutionary",
}


async def tells_all(person: Person) -> None:
    for question, answer in ANSWERS.items():
        await person.sees(question)
        await person.writes(answer)
    await person.sees("Thank you", "knows this now")


async def test_what_is_told_of_a_client_is_in_the_next_prompt(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await ana.commands("client new Acme Payroll")
    await ana.sees("Acme Payroll", "is added")
    await tells_all(ana)
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    told = json.dumps(house.claude.requests[-1].body)
    assert all(answer in told for answer in ANSWERS.values())
    await house.rests()
    run = await house.run()
    [client] = await house.rows(
        "SELECT id, version FROM clients ORDER BY id DESC LIMIT 1"
    )
    assert (run.client_id, run.client_version) == (client.id, client.version)
    assert client.version == len(ANSWERS)


async def test_a_profile_is_shown_with_what_is_missing(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("client new Acme")
    await ana.sees("What does", "sell")
    await ana.writes("payroll without the evening")
    await ana.sees("Who buys it")
    await ana.presses("Leave it")
    await ana.sees("we leave it there")
    await ana.commands("client show")
    shown = await ana.sees("profile version 1", "payroll without the evening", "empty")
    await ana.presses("Fill in the rest", shown)
    await house.rests()
    assert sum(seen.has("Who buys it") for seen in ana.chat()) == 2


async def test_a_chat_can_go_over_to_another_client(house: House) -> None:
    ana = await house.member("telegram")
    for name in ("Acme", "Bolt"):
        await ana.commands(f"client new {name}")
        await ana.sees("What does", name)
        await ana.presses("Leave it")
        await house.rests()
    await ana.commands("client use acm")
    await ana.sees("From now on", "Acme")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    assert "Brand: Acme" in json.dumps(house.claude.requests[-1].body)
    await ana.commands("status")
    await ana.sees("client", "Acme", "Nothing is being written")


async def test_a_client_nobody_knows_is_answered_with_those_there_are(
    house: House,
) -> None:
    ana = await house.member("web")
    await ana.commands("client new Acme")
    await ana.presses("Leave it")
    await ana.commands("client use Zorro")
    await ana.sees("no client called", "Zorro", "Acme", "client new")


async def test_a_client_is_added_once(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("client new Acme")
    await ana.presses("Leave it")
    await ana.commands("client new ACME")
    await ana.sees("is there already")


async def test_a_client_without_a_name_is_asked_for_one(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("client new")
    await ana.sees("client new", "name")


async def test_brands_of_another_team_are_unknown(house: House) -> None:
    ana, eve = await house.member("telegram"), await house.member("telegram")
    await ana.commands("client new Topsecret")
    await ana.presses("Leave it")
    await eve.commands("client use Topsecret")
    await eve.sees("no client called", "none yet")
