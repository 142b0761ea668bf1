"""Ratings, and why."""

from typing import Any

from tests.scenarios.house import House, Opens, Outside, anthropic_settings
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import Person, Seen
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
DRAFT = (
    "Payday is over before your coffee is. Acme pays the people of every clinic in the "
    "country, on time and to the cent, and tells you what it did."
)
COMMENT = """
    SELECT f.comment FROM feedback f JOIN outputs o ON o.id = f.output_id
    WHERE f.source = 'human' AND o.run_id = :run_id
"""


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


async def scored_low(house: House, ana: Person) -> Seen:
    piece = await gets_a_piece(ana)
    await ana.presses("2", piece)
    await ana.sees_change(piece, "What was off")
    await house.rests()
    return piece


async def test_a_fault_is_the_reason_even_where_its_words_name_a_skill(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    piece = await scored_low(house, ana)
    before = (await house.run()).id
    await ana.writes("The tone is too formal")
    await ana.sees("noted", "The tone is too formal")
    settled = await ana.sees_change(piece, "You gave this 2 of 5: The tone is")
    assert "Too long" not in settled.buttons
    await house.rests()
    [row] = await rated(house)
    assert row.comment == "The tone is too formal"
    assert (await house.run()).id == before, "nobody asked for anything to be written"


async def test_a_fault_said_as_a_wish_is_kept_and_mended(house: House) -> None:
    ana = await house.member("telegram")
    piece = await scored_low(house, ana)
    rated_run = (await house.run()).id
    house.claude.script(Reply("Payday, friend."))
    await ana.writes("too stiff, make it warmer")
    thanked = await ana.sees_change(piece, "noted", "too stiff, make it warmer")
    assert "Too long" not in thanked.buttons
    await ana.sees("Payday, friend", "Version 2")
    await house.rests()
    said = await house.asks(COMMENT, run_id=rated_run)
    assert said == "too stiff, make it warmer"


async def test_where_nothing_can_be_mended_the_reason_is_kept_all_the_same(
    house: House,
) -> None:
    ana = await house.member("telegram")
    await scored_low(house, ana)
    await ana.commands("limit day 0.0001")
    await ana.sees("The limit for everybody")
    await ana.writes("make it less stiff")
    await ana.sees("it is used up", buttons=("Top up",))
    await house.rests()
    [row] = await rated(house)
    assert row.comment == "make it less stiff"


async def test_after_a_low_score_a_wish_changes_the_rated_piece(house: House) -> None:
    ana = await house.member("telegram")
    await scored_low(house, ana)
    rated_run = (await house.run()).id
    house.claude.script(Reply("Payday."))
    await ana.writes("make it shorter")
    await ana.sees("Payday.", "Version 2")
    await house.rests()
    assert await house.asks(COMMENT, run_id=rated_run) is None
    assert not any(seen.has("noted") for seen in ana.chat())


async def test_who_would_rather_not_say_is_asked_no_more(house: House) -> None:
    ana = await house.member("telegram")
    await scored_low(house, ana)
    await ana.writes("never mind")
    await ana.sees("we leave it there")
    await house.rests()
    [row] = await rated(house)
    assert row.comment is None
    [dialog] = await house.rows("SELECT status FROM dialogs ORDER BY id DESC LIMIT 1")
    assert dialog.status == "abandoned"


async def test_a_reply_to_another_piece_is_no_reason_for_this_one(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    first = await gets_a_piece(ana)
    await house.rests()
    await scored_low(house, ana)
    house.claude.script(Reply("Payday, friend."))
    await ana.writes("warmer and with a joke", reply_to=first.ref)
    await ana.sees("Payday, friend", "Version 2")
    await house.rests()
    comments = await house.rows("SELECT comment FROM feedback WHERE source = 'human'")
    assert "warmer and with a joke" not in [row.comment for row in comments]


async def test_a_text_put_right_answers_what_was_off(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(Reply(DRAFT))
    await ana.writes(ASK)
    piece = await ana.sees("every clinic in the country", buttons=("5",))
    await ana.presses("2", piece)
    await ana.sees_change(piece, "What was off")
    await ana.writes(DRAFT.replace("every clinic in the country", "any clinic"))
    await ana.sees("I keep your version")
    await house.rests()
    [dialog] = await house.rows("SELECT status FROM dialogs ORDER BY id DESC LIMIT 1")
    assert dialog.status == "completed"


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
