"""Forms on Telegram: one question after the other, and never a silence."""

from tests.scenarios.house import House
from tests.scenarios.people import Person, Seen

ASK = "write homepage copy for Bolt, a scooter for nurses"
WHOLE = ("Save", "Change", "Leave it")


async def asked_anew(house: House) -> tuple[Person, Seen]:
    """Somebody whose form was refused, and the same form once more, all filled in."""
    ana = await house.member("telegram")
    await ana.commands("client new Acme")
    await ana.presses("Leave it", await ana.sees("1 of 8", buttons=("Leave it",)))
    await ana.commands("client rename")
    await ana.sees("1 of 2")
    await ana.writes("Acne")
    await ana.sees("2 of 2")
    await ana.writes("Globex")
    await ana.presses("Try again", await ana.sees("no client called", "Acne"))
    return ana, await ana.sees("Acne", "Globex", "like this", buttons=WHOLE)


async def test_a_form_with_nothing_left_to_ask_shows_what_stands_and_can_be_changed(
    house: House,
) -> None:
    ana, whole = await asked_anew(house)
    await ana.presses("Change", whole)
    await ana.sees("1 of 2", "Unless you say otherwise: Acne", buttons=("Keep it",))
    await ana.writes("Acme")
    second = await ana.sees("2 of 2", "Unless you say otherwise: Globex")
    await ana.presses("Keep it", second)
    await ana.sees("Acme is called Globex now")


async def test_saving_it_as_it_stands_says_what_came_of_it(house: House) -> None:
    ana, whole = await asked_anew(house)
    await ana.presses("Save", whole)
    await house.rests()
    refused = [seen for seen in ana.chat() if seen.has("no client called", "Acne")]
    assert len(refused) == 2


async def test_words_answer_it_too_and_others_are_served_beside_it(
    house: House,
) -> None:
    ana, _ = await asked_anew(house)
    await ana.writes(ASK)
    await ana.sees("You asked for", "Bolt", buttons=("5",))
    await ana.writes("change it")
    await ana.sees("1 of 2", "Unless you say otherwise: Acne")
    await ana.writes("Acme")
    await ana.presses("Keep it", await ana.sees("2 of 2", buttons=("Keep it",)))
    await ana.sees("Acme is called Globex now")
