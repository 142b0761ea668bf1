"""Standing instructions at the wire: given, told to the model, checked, owned up."""

from tests.scenarios.house import House, Opens, Outside, anthropic_settings
from tests.standins.anthropic import Fault, Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def test_a_rule_is_told_to_the_model_and_a_breach_is_put_right(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    await ana.writes("never use emojis; always write British English")
    await ana.sees("Noted", "1 Never use emojis", "2 Always write British English")
    house.claude.requests.clear()
    house.claude.script(
        Reply("# Payday 🎉\n\nPay on time."),
        Reply("KEPT"),
        Reply("# Payday\n\nPay on time."),
    )
    await ana.writes(ASK)
    done = await ana.sees("Pay on time", buttons=("1", "5"))
    assert done.has("Kept: never use emojis; always write British English")
    assert "🎉" not in done.text
    await house.rests()
    told = [str(request.body) for request in house.claude.requests]
    assert len(told) == 3
    assert "Never use emojis" in told[0]
    assert "These standing instructions were not kept" in told[2]
    kept = await house.asks("SELECT preview FROM outputs ORDER BY id DESC LIMIT 1")
    assert kept == "# Payday\n\nPay on time."


async def test_what_the_model_cannot_keep_is_said_under_the_piece(
    house: House,
) -> None:
    ana = await house.member("telegram")
    await ana.writes("never use emojis")
    await ana.sees("Noted")
    house.claude.script(*[Reply("Pay on time 🎉")] * 2)
    await ana.writes(ASK)
    done = await ana.sees("Pay on time", buttons=("1", "5"))
    assert done.has("Not kept: never use emojis")
    await house.rests()


async def test_a_judge_that_fails_lets_the_piece_pass_and_says_so(
    house: House,
) -> None:
    ana = await house.member("telegram")
    await ana.writes("always write British English")
    await ana.sees("Noted")
    house.claude.script(Reply("Pay on time"), Fault(400, "invalid_request_error"))
    await ana.writes(ASK)
    done = await ana.sees("Pay on time", buttons=("1", "5"))
    assert done.has("Not checked: always write British English (no model could tell)")
    await house.rests()


async def test_without_a_model_a_rule_that_needs_one_says_so(
    opens: Opens, outside: Outside
) -> None:
    no_key = anthropic_settings(outside, api_key=None)
    async with opens(anthropic=no_key) as house:
        ana = await house.member("telegram")
        await ana.writes("never use emojis; always write British English")
        await ana.sees("Noted")
        await ana.writes(f"{ASK}, in one sentence")
        done = await ana.sees("How good is it")
        assert done.has("Kept: never use emojis")
        assert done.has("Not checked: always write British English (needs a model)")
        await house.rests()


async def test_rules_are_listed_and_dropped(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.commands("instructions")
    await ana.sees("No standing instructions yet")
    await ana.commands("never use emojis")
    await ana.sees("1 Never use emojis")
    await ana.commands("instructions")
    shown = await ana.sees("Your standing instructions", buttons=("Forget 1",))
    await ana.presses("Forget 1", under=shown)
    await ana.sees("Dropped: Never use emojis")
    house.claude.script(Reply("Pay on time 🎉"))
    await ana.writes(ASK)
    done = await ana.sees("Pay on time", buttons=("1", "5"))
    assert not done.has("kept")
    await house.rests()


async def test_hindi_is_written_in_devanagari_or_not_taken(house: House) -> None:
    ana = await house.member("telegram")
    await ana.writes("answer in Hindi")
    await ana.sees("I write in Hindi")
    house.claude.script(Reply("Pay on time"), Reply("समय पर वेतन"))
    await ana.writes(ASK)
    done = await ana.sees("समय पर वेतन", buttons=("1", "5"))
    assert done.has("Kept: write in Hindi")
    await house.rests()


async def test_the_team_s_rule_binds_a_colleague_s_piece(house: House) -> None:
    member = await house.enrol()
    there = member.workspace_id
    ana = await house.member("slack", workspace=there)
    bob = await house.member("telegram", workspace=there, role="member")
    await bob.commands("team-rule never use emojis")
    await bob.sees("needs the admin role")
    await ana.commands("team-rule never use emojis")
    await ana.sees("everything I write for your team", "T1")
    house.claude.script(Reply("Pay on time 🎉"), Reply("Pay on time"))
    await bob.writes(ASK)
    done = await bob.sees("Pay on time", buttons=("1", "5"))
    assert done.has("Kept: never use emojis")
    await house.rests()
