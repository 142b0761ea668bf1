"""Slack's Home tab: what one finds there, and what its buttons do."""

from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.people import until
from tests.standins.anthropic import Reply

REVIEW = "SELECT {} FROM feedback WHERE source = 'human' ORDER BY id DESC LIMIT 1"
COPY = Reply("# Spring tea\n\n" + "Fresh leaves, picked this week. " * 12)


async def newcomer(house: House) -> OnSlack:
    ana = await house.member("slack")
    assert isinstance(ana, OnSlack)
    return ana


async def opens(house: House, ana: OnSlack) -> None:
    before = house.slack.world.homes.get(ana.user, {}).get("hash")
    await house.slack.opens_home(user=ana.user)
    await changes(house, ana, before)


async def changes(house: House, ana: OnSlack, before: str | None) -> None:
    def is_new() -> bool:
        shown = house.slack.world.homes.get(ana.user, {})
        return shown.get("hash") not in {None, before}

    await until(is_new, f"the home did not change: {house.slack.home(ana.user)}")


async def presses(house: House, ana: OnSlack, label: str, nth: int = 0) -> None:
    before = house.slack.world.homes[ana.user]["hash"]
    await house.slack.presses_home(label, nth, user=ana.user)
    await changes(house, ana, before)


def home(house: House, ana: OnSlack) -> str:
    return house.slack.home(ana.user)


async def with_a_piece(house: House) -> OnSlack:
    ana = await newcomer(house)
    house.claude.script(COPY)
    await ana.writes(
        "/copywriting a headline for our spring tea, for tea drinkers, warm"
    )
    await ana.sees("Fresh leaves", buttons=("5",))
    await house.rests()
    return ana


async def test_an_empty_home_teaches_three_things_to_try(house: House) -> None:
    ana = await newcomer(house)
    await opens(house, ana)
    shown = home(house, ana)
    assert "# Three things to try" in shown
    assert "[New client]" in shown
    assert "[New piece]" in shown
    assert "Use this as a brief" in shown
    assert "Today: $0.00 spent" in shown
    assert not ana.chat(), "opening a page is no reason to write"


async def test_a_stranger_reads_how_to_get_in_and_is_not_written_to(
    house: House,
) -> None:
    eve = house.stranger("slack")
    assert isinstance(eve, OnSlack)
    await opens(house, eve)
    assert "How you get in" in home(house, eve)
    assert "code" in home(house, eve)
    assert "[" not in home(house, eve)
    await house.rests()
    assert not eve.chat()


async def test_a_piece_is_rated_on_the_home_and_is_due_no_longer(house: House) -> None:
    ana = await with_a_piece(house)
    await opens(house, ana)
    assert "Spring tea Fresh" not in home(house, ana), "its title is said once"
    assert "# How good are these?" in home(house, ana)
    await presses(house, ana, "4")
    assert "Thanks! 4 of 5." in home(house, ana)
    assert "# How good are these?" not in home(house, ana)
    assert await house.asks(REVIEW.format("overall_score")) == 4


async def test_a_low_score_on_the_home_is_asked_about_in_the_conversation(
    house: House,
) -> None:
    ana = await with_a_piece(house)
    await opens(house, ana)
    await presses(house, ana, "2")
    assert "Tell me in" in home(house, ana)
    await ana.sees("What should be better")
    await ana.writes("I miss the harvest")
    await house.rests()
    assert await house.asks(REVIEW.format("comment")) == "I miss the harvest"


async def test_what_was_off_is_told_in_detail_in_a_form(house: House) -> None:
    ana = await with_a_piece(house)
    await opens(house, ana)
    await presses(house, ana, "1")
    asked = await ana.sees("What should be better", buttons=("In detail",))
    await ana.press(asked, "In detail")
    await until(lambda: house.slack.world.views[ana._views_before :], "no form")
    form = house.slack.world.views[-1]
    by_id = {block["block_id"]: block for block in form["blocks"]}
    assert {"accuracy", "quality", "usefulness", "rule_compliance"} <= by_id.keys()
    await ana.fills(form, **{by_id["issue"]["label"]["text"]: "No harvest date"})
    await house.rests()
    assert "No harvest date" in str(await house.asks(REVIEW.format("issues")))


async def test_a_piece_is_opened_and_asked_for_again_from_the_home(
    house: House,
) -> None:
    ana = await with_a_piece(house)
    await opens(house, ana)
    await presses(house, ana, "Open")
    assert "It is in *Messages*" in home(house, ana)
    await ana.sees("of run #1", "Fresh leaves")
    house.claude.script(Reply("# Another\n\n" + "Second flush, deep and golden. " * 12))
    await presses(house, ana, "Again")
    await ana.sees("Second flush")
    await house.rests()


async def test_nobody_sees_anothers_pieces_on_their_home(house: House) -> None:
    ana = await with_a_piece(house)
    workspace = await house.asks(
        "SELECT workspace_id FROM runs ORDER BY id DESC LIMIT 1"
    )
    bob = await house.member("slack", workspace=workspace)
    assert isinstance(bob, OnSlack)
    await opens(house, bob)
    assert "Three things to try" in home(house, bob)
    await opens(house, ana)
    shown = house.slack.world.homes[ana.user]
    house.slack.world.homes[bob.user] = shown  # as if he had her page
    before = await house.asks("SELECT count(*) FROM feedback")
    await house.slack.presses_home("4", user=bob.user)
    await house.rests()
    assert await house.asks("SELECT count(*) FROM feedback") == before


async def test_a_home_that_slack_refuses_ends_with_its_reason(house: House) -> None:
    ana = await newcomer(house)
    house.slack.fail(method="views.publish", error="not_enabled")
    await house.slack.opens_home(user=ana.user)
    await house.rests()
    kept = "SELECT last_error FROM deliveries WHERE status = 'failed' ORDER BY id DESC"
    assert "not_enabled" in await house.asks(f"{kept} LIMIT 1")
    await opens(house, ana)
