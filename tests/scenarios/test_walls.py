"""What one member of a workspace cannot see of another's, however they ask."""

from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def a_private_piece(house: House) -> tuple[Person, Person, Any]:
    """One who has a piece of her own, a colleague, and the piece's message."""
    owner = await house.enrol()
    ana = await house.member("telegram", workspace=owner.workspace_id)
    bob = await house.member("web", workspace=owner.workspace_id)
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    message = await house.asks("SELECT id FROM deliveries ORDER BY id DESC LIMIT 1")
    return ana, bob, message


async def test_a_button_of_another_person_s_message_does_nothing_for_me(
    house: House,
) -> None:
    """Its number can be typed by hand."""
    _, bob, message = await a_private_piece(house)
    assert isinstance(bob, OnWeb)
    before = await house.asks("SELECT count(*) FROM feedback")
    for number in range(8):
        await bob.sends_press(str(message), f"{message}:{number}")
    await house.rests()
    assert await house.asks("SELECT count(*) FROM feedback") == before
    assert await house.asks("SELECT status FROM runs ORDER BY id DESC LIMIT 1") == (
        "completed"
    )
    await bob.sees("no longer there")
    assert all(seen.has("no longer there") for seen in bob.chat())


async def test_my_private_run_is_not_a_colleague_s_to_retry(house: House) -> None:
    ana, bob, _ = await a_private_piece(house)
    number = (await house.run()).number
    before = len(ana.chat())
    await bob.commands(f"retry {number}")
    await bob.sees(f"I know no run #{number}")
    await house.rests()
    assert (await house.run()).attempt == 1
    assert len(ana.chat()) == before
