"""Ratings, and why."""

from typing import Any

from tests.scenarios.house import House, Opens, Outside, anthropic_settings
from tests.scenarios.people import Person, Seen

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def rated(house: House) -> list[Any]:
    """The ratings of the newest output, oldest first."""
    return await house.rows(
        """SELECT overall_score, comment, reviewer_id, issues FROM feedback
           WHERE output_id = (SELECT id FROM outputs ORDER BY id DESC LIMIT 1)
           ORDER BY id"""
    )


async def gets_a_piece(person: Person) -> Seen:
    await person.writes(ASK)
    return await person.sees("You asked for", buttons=("1", "2", "3", "4", "5"))


async def test_a_high_score_is_thanked_in_place(house: House, door: str) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await ana.presses("4", piece)
    now = await ana.sees_change(piece, "Thanks", "4 of 5")
    assert now.has("You asked for")
    assert "Too long" not in now.buttons
    await house.rests()
    [row] = await rated(house)
    assert row.overall_score == 4
    assert len(ana.chat()) == 1


async def test_a_low_score_asks_why_and_a_tap_answers(house: House, door: str) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await ana.presses("2", piece)
    asked = await ana.sees_change(piece, "What was off")
    assert {"Too long", "Too generic", "Off-brand"} <= set(asked.buttons)
    await ana.presses("Too generic", asked)
    thanked = await ana.sees_change(piece, "noted", "Too generic")
    assert "Too long" not in thanked.buttons
    await house.rests()
    [row] = await rated(house)
    assert (row.overall_score, row.comment) == (2, "Too generic")
    # The question is answered: nothing said from now on is taken for a reason.
    [dialog] = await house.rows("SELECT status FROM dialogs ORDER BY id DESC LIMIT 1")
    assert dialog.status == "completed"


async def test_a_low_score_may_be_explained_in_own_words(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await ana.presses("1", piece)
    await ana.sees_change(piece, "What was off")
    await ana.writes("it sounds like a bank from 1987")
    await ana.sees("noted", "bank from 1987")
    await house.rests()
    [row] = await rated(house)
    assert row.comment == "it sounds like a bank from 1987"
    assert row.issues[0]["description"] == row.comment


async def test_after_a_low_score_a_new_request_is_a_request(house: House) -> None:
    ana = await house.member("telegram")
    piece = await gets_a_piece(ana)
    await ana.presses("1", piece)
    await ana.sees_change(piece, "What was off")
    await ana.writes("write homepage copy for Bolt, a scooter for nurses")
    await ana.sees("You asked for", "Bolt", buttons=("5",))
    await house.rests()
    assert await rated(house) == []


async def test_after_a_low_score_a_question_is_no_reason(house: House) -> None:
    ana = await house.member("telegram")
    piece = await gets_a_piece(ana)
    await ana.presses("1", piece)
    await ana.sees_change(piece, "What was off")
    await ana.writes("how is the weather today?")
    await ana.sees("You asked for", "weather")
    await house.rests()
    [row] = await rated(house)
    assert row.comment is None


async def test_the_last_tap_wins(house: House, door: str) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await ana.presses("2", piece)
    await ana.sees_change(piece, "2 of 5")
    await ana.presses("5", piece)
    changed = await ana.sees_change(piece, "5 of 5")
    assert "Too long" not in changed.buttons
    await house.rests()
    assert [row.overall_score for row in await rated(house)] == [5]


async def test_two_quick_taps_leave_one_rating(house: House, door: str) -> None:
    ana = await house.member(door)
    piece = await gets_a_piece(ana)
    await ana.press(piece, "4")
    await ana.press(piece, "5")
    await ana.sees_change(piece, "5 of 5")
    await house.rests()
    assert [row.overall_score for row in await rated(house)] == [5]


async def test_two_people_of_a_group_rate_one_piece(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    account = await house.enrol()
    ana = house.stranger(messenger, group)
    bob = house.stranger(messenger, group)
    await house.introduce(ana, account)
    await house.introduce(bob, await house.enrol(workspace=account.workspace_id))
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    await ana.writes(f"{mention} {ASK}")
    piece = await ana.sees("You asked for", buttons=("5",))
    await ana.presses("5", piece)
    await ana.sees_change(piece, "5 of 5")
    await bob.presses("4", piece)
    await bob.sees_change(piece, "2 people", "4.5 on average")
    await house.rests()
    assert sorted(row.overall_score for row in await rated(house)) == [4, 5]


async def test_a_rehearsed_piece_says_so_and_its_rating_does_not_count(
    opens: Opens, outside: Outside
) -> None:
    async with opens(anthropic=anthropic_settings(outside, api_key=None)) as house:
        ana = await house.member("telegram")
        await ana.writes(f"{ASK}, in one sentence")
        piece = await ana.sees("Rehearsal draft", buttons=("5",))
        await ana.presses("5", piece)
        await ana.sees_change(piece, "5 of 5")
        await house.rests()
        assert (await house.run()).provider == "rehearsal"
        assert len(await rated(house)) == 1
        counted = await house.rows(
            """SELECT cost_usd FROM usage_records WHERE provider <> 'rehearsal'
               OR cost_usd > 0"""
        )
        assert counted == []
        assert outside.claude.calls == 0
