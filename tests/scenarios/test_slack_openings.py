"""Slack's agent view: what an empty conversation offers, and what it is called."""

from tests.scenarios.house import House, Opens, Outside, slack_settings
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.people import until
from tests.scenarios.test_preferences import pinged
from tests.standins.anthropic import Reply


async def offered(house: House, ana: OnSlack, *, beside: str = "") -> list[str]:
    prompts = house.slack.world.prompts
    prompts.pop(ana.world.dm(ana.user), None)
    await house.slack.opens_chat(user=ana.user, beside=beside)
    await until(lambda: prompts.get(ana.world.dm(ana.user)), "no prompts")
    return [one["title"] for one in prompts[ana.world.dm(ana.user)]]


async def member(house: House, **given: object) -> OnSlack:
    ana = await house.member("slack", **given)
    assert isinstance(ana, OnSlack)
    return ana


async def test_a_newcomer_is_offered_something_to_begin_with(house: House) -> None:
    ana = await member(house)
    titles = await offered(house, ana)
    assert titles[-1] == "What can you do?"
    assert 3 <= len(titles) <= 4
    await house.rests()
    assert not ana.chat()


async def test_what_is_offered_is_about_ones_own_clients_and_last_work(
    house: House,
) -> None:
    ana = await member(house)
    await ana.writes("new client Beacon")
    await ana.sees("Beacon", buttons=("Leave it",))
    await ana.presses("Leave it")
    house.claude.script(Reply("# Lamps\n\n" + "Light where you need it, at once. " * 9))
    await ana.writes("/social-content three posts for Beacon about our desk lamp, warm")
    await house.rests()
    titles = await offered(house, ana)
    assert any("Beacon" in title for title in titles)
    assert titles[0].endswith("for Beacon")
    said = house.slack.world.prompts[ana.world.dm(ana.user)][0]["message"]
    route = house.made.core.services.router.route(said)
    assert route.skill == "social-content", "what is offered leads where it says"


async def test_a_stranger_is_told_how_to_get_in(house: House) -> None:
    eve = house.stranger("slack")
    assert isinstance(eve, OnSlack)
    assert await offered(house, eve) == ["How do I get in?", "I have a code"]


async def test_the_channel_beside_says_whom_and_never_what(house: House) -> None:
    ana = await member(house)
    for name in ("Beacon", "Acme"):
        await ana.writes(f"new client {name}")
        await ana.presses("Leave it")
    channel = house.group("slack")
    there = house.person("slack", ana.user, channel)
    assert isinstance(there, OnSlack)
    await there.writes("@draper client use Beacon")
    await house.rests()
    await there.commands("client use Beacon")
    await house.rests()
    assert "Acme" in " ".join(await offered(house, ana))
    assert "Beacon" in (await offered(house, ana, beside=channel))[0]
    house.slack.world.prompts.clear()
    await house.slack.looks_at(channel, user=ana.user)
    await until(lambda: house.slack.world.prompts, "no prompts")
    bob = await member(house)
    assert "Beacon" not in " ".join(await offered(house, bob, beside=channel))


async def test_each_direct_message_is_a_session_where_that_is_set_up(
    opens: Opens, outside: Outside
) -> None:
    slack = slack_settings(outside, threads=True)
    async with opens(slack=slack) as house:
        ana = await member(house)
        house.claude.script(
            Reply("**Bright**, and yours."), Reply("**Warm**, and hers.")
        )
        asked = await ana.writes("how are you today?\nreally")
        await ana.sees("Bright, and yours")
        other = await ana.writes("and how are you today?")
        await ana.sees("Warm, and hers")
        await house.rests()
        room = ana.world.dm(ana.user)
        titles = house.slack.world.titles
        assert titles[room, asked] == "how are you today?"
        assert titles[room, other] == "and how are you today?"
        [_, answer] = house.slack.messages(room, asked)
        assert "Bright" in answer.text
        await ana.writes("And why?", thread=asked)
        await house.rests()
        assert titles[room, asked] == "how are you today?"
        where = "SELECT count(*) FROM chats WHERE chat_id = :room AND thread_id = ''"
        assert await house.asks(where, room=room) == 1, "the chat that threads are in"
        assert await pinged(house, await house.run(), "grew", "It grew.") == "planned"
        await ana.sees("It grew")


async def test_the_older_assistant_view_is_served_too(opens: Opens) -> None:
    async with opens() as house:  # it remembers which workspaces are older
        ana = await member(house)
        house.slack.world.is_agent = False
        try:
            assert "What can you do?" in await offered(house, ana)
            root = await ana.writes("hello")
            await house.rests()
            await ana.writes("how are you?", thread=root)
            await house.rests()
            titles = house.slack.world.titles
            assert titles[ana.world.dm(ana.user), root] == "how are you?"
        finally:
            house.slack.world.is_agent = True


async def test_a_second_thread_does_not_wait_for_a_busy_one(house: House) -> None:
    channel = house.group("slack")
    ana = house.person("slack", house.stranger("slack").identity[1], channel)
    await house.introduce(ana, await house.enrol())
    assert isinstance(ana, OnSlack)

    def answer(ts: str) -> str:
        return " ".join(
            one.text for one in house.slack.messages(channel, ts) if one.ts != ts
        )

    asked = len(house.claude.requests)
    house.claude.script(Reply("Slowly, with a lathe.", pace_s=0.4), Reply("Quickly."))
    busy = await ana.writes("@draper how are lamps made, at length?")
    await until(lambda: len(house.claude.requests) > asked, "nothing was asked")
    other = await ana.writes("@draper and teas?")
    await until(lambda: "Quickly." in answer(other), f"{answer(other)} is no answer")
    assert "lathe." not in answer(busy)
    await house.rests()
    assert "lathe." in answer(busy)
