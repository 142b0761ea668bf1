"""Messages whose words name no skill: a model is asked, in time and within budget."""

import json
from typing import Any

from tests.scenarios.house import House, Opens
from tests.scenarios.test_statements import counting
from tests.standins.anthropic.replies import Fault, Reply

PLAIN = "we know nobody at those firms and would still like to get a conversation going"
BACKGROUND = "SELECT coalesce(( SELECT s.name FROM runs r JOIN skills s"
TAKES = "skill: cold-email\nsure: 92\nsecond: sales-enablement\nlanguage: en"


async def last_run(house: House) -> Any:
    [run] = await house.rows(
        """SELECT r.*, s.name AS skill FROM runs r LEFT JOIN skills s
           ON s.id = r.skill_id ORDER BY r.number DESC LIMIT 1"""
    )
    return run


async def last_label(house: House) -> Any:
    [label] = await house.rows(
        "SELECT * FROM routing_labels ORDER BY id DESC LIMIT 1",
    )
    return label


async def test_a_model_says_what_words_do_not_and_why_tells_it(opens: Opens) -> None:
    async with opens(guess_s=5) as house:
        ana = await house.member("telegram")
        house.claude.script(TAKES, Reply("# Four mails\n\nHello."))
        with counting(house.pools.app) as counted:
            await ana.writes(f"{PLAIN}, they run clinics and pay people by hand today")
            await ana.sees("Four mails", buttons=("5",))
            await house.rests()
        # Once before the model is asked, and once when the message is taken up again.
        assert sum(BACKGROUND in statement for statement in counted.ours) == 2
        assert (await last_run(house)).skill == "cold-email"
        label = await last_label(house)
        assert (label.method, label.language) == ("model", "en")
        await ana.commands("why")
        told = await ana.sees("asked a fast model", "92%")
        assert any("Do it as" in label for label in told.buttons)
        # What it cost is on the books, and nothing is held any more.
        [booked] = await house.rows(
            "SELECT cost_usd FROM usage_records WHERE call_key LIKE 'route:%'"
        )
        assert booked.cost_usd > 0
        asked = house.claude.requests[0].body
        assert PLAIN in json.dumps(asked["messages"])
        assert "cold-email" in json.dumps(asked["system"])


async def test_unsure_late_or_broken_the_person_is_asked_instead(opens: Opens) -> None:
    async with opens(guess_s=0.5) as house:
        ana = await house.member("web")
        unsure = "skill: cold-email\nsure: 40\nsecond: sales-enablement"
        await house.rests()
        for reply in (Reply(unsure), Fault.broken(), Reply("x", hang_after=1)):
            house.claude.script(reply)
            await ana.writes(f"{PLAIN} {len(ana.chat())}")
            await ana.sees("Which of these", buttons=("Something else",))
        await house.rests()
        held = "SELECT count(*) FROM budget_reservations WHERE state = 'held'"
        assert await house.asks(held) == 0


async def test_with_the_budget_used_up_nothing_is_asked_of_a_model(
    opens: Opens,
) -> None:
    async with opens(guess_s=5, budget_day_usd="0.000001") as house:
        ana = await house.member("telegram")
        await ana.writes(PLAIN)
        await ana.sees("Which of these")
        assert house.claude.calls == 0


async def test_a_choice_teaches_and_can_be_forgotten(house: House) -> None:
    ana = await house.member("slack")
    words = "folks out there do not know that we exist at all, do something"
    await ana.writes(words)
    asked = await ana.sees("Which of these")
    chosen = asked.buttons[1]
    await ana.presses(chosen, asked)
    await ana.sees("remember")
    await house.rests()
    assert (await last_label(house)).labelled_by == "user"
    await ana.writes(f"{words}, please")
    await ana.sees("You asked for", "do something, please")
    await house.rests()
    await ana.commands("why")
    await ana.sees("you chose")
    await ana.commands("learnt")
    listed = await ana.sees("taught me", "that we exist")
    await ana.presses("Forget 1", listed)
    await ana.sees("Forgotten")
    await house.rests()
    await ana.commands("learnt")
    await ana.sees("Nothing yet")


async def test_what_a_stranger_chose_teaches_nobody_here(house: House) -> None:
    ana, ben = await house.member("slack"), await house.member("telegram")
    words = "nobody out there has an idea that we are around, do something"
    await ana.writes(words)
    asked = await ana.sees("Which of these")
    await ana.presses(asked.buttons[0], asked)
    await house.rests()
    await ben.commands("learnt")
    await ben.sees("Nothing yet")
