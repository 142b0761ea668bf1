"""Several messages that are one request get one answer."""

import json
from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.test_assistant import at_home, rounds
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
INBOX = "SELECT event_id, status, attempts, part_of FROM inbox ORDER BY id DESC LIMIT 3"


async def at_telegram(house: House) -> OnTelegram:
    ana, _ = await at_home(house, "telegram")
    assert isinstance(ana, OnTelegram)
    return ana


def last_prompt(house: House) -> str:
    return json.dumps(rounds(house)[-1], ensure_ascii=False)


async def test_a_paste_cut_in_three_is_one_request(house: House) -> None:
    ana, before = await at_telegram(house), await runs(house)
    cut = [f"{ASK}. " + "alpha " * 700, "beta " * 830, "and that is all"]
    house.claude.script(Reply("Payday, paid in a minute."))
    for part in cut:
        await ana.writes(part.strip())
    await ana.sees("Payday", buttons=("5",))
    await house.rests()
    assert await runs(house) == before + 1
    brief = (await house.run()).user_message
    assert brief == "\n".join(part.strip() for part in cut)
    rows = await house.rows(INBOX)
    assert [row.status for row in rows] == ["processed"] * 3
    assert rows[0].part_of == rows[1].part_of is not None
    assert rows[2].part_of is None


async def test_a_comment_and_what_it_forwards_are_one_request(house: House) -> None:
    ana, before = await at_telegram(house), await runs(house)
    house.claude.script(Reply("Two notes, both rude."))
    await ana.writes("what do these two have in common?")
    for said in ("You are late", "You are wrong"):
        origin = {"type": "hidden_user", "sender_user_name": "Mallory", "date": 1}
        await ana.writes(said, forward_origin=origin)
    await ana.sees("Two notes, both rude")
    await house.rests()
    assert await runs(house) == before + 1
    prompt = last_prompt(house)
    assert all(said in prompt for said in ("in common", "are late", "are wrong"))
    assert prompt.count("</outside id=") == 2


async def runs(house: House) -> Any:
    return await house.asks("SELECT count(*) FROM runs")
