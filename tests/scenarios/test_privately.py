"""What is for one person is said to them alone where others read along."""

from agent.mailroom.schemas import Delivery
from bot import owed
from bot.letters import Letter
from channels.contract import Outgoing
from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import until
from tests.standins.anthropic import Reply


async def in_channel(house: House) -> tuple[OnSlack, OnSlack]:
    """Two members of one workspace, in a channel."""
    channel = house.group("slack")
    member = await house.enrol()
    ana = house.person("slack", house.stranger("slack").identity[1], channel)
    await house.introduce(ana, member)
    other = await house.enrol(workspace=member.workspace_id, role="member")
    bob = house.person("slack", house.stranger("slack").identity[1], channel)
    await house.introduce(bob, other)
    assert isinstance(ana, OnSlack)
    assert isinstance(bob, OnSlack)
    return ana, bob


async def test_on_slack_settings_are_shown_to_the_one_who_asks(house: House) -> None:
    ana, bob = await in_channel(house)
    await ana.commands("settings")
    seen = await ana.sees("Language")
    await house.rests()
    assert not bob.chat()
    await ana.press(seen, seen.buttons[0])
    await until(lambda: len(ana.chat()) == 2, f"nothing came of it: {ana.chat()}")
    await house.rests()
    assert not bob.chat()


async def test_a_mention_that_asks_for_usage_is_answered_beside_the_new_thread(
    house: House,
) -> None:
    ana, bob = await in_channel(house)
    await ana.writes("@draper /usage")
    await ana.sees("nothing was spent")
    await house.rests()
    assert not bob.chat(), "a whisper in a thread without answers is shown to nobody"


async def test_what_goes_on_after_a_whisper_is_its_readers_alone(
    house: House,
) -> None:
    ana, bob = await in_channel(house)
    await ana.commands("settings")
    await ana.sees("Language")
    await house.rests()
    whispered = "payload->'extra'->>'only' = :who"
    [said] = await house.rows(
        f"SELECT * FROM deliveries WHERE {whispered}",  # noqa: S608 - ours
        who=ana.user,
    )
    place = (said.channel, said.account, said.recipient)
    first = Delivery(said.id, *place, said.payload, None, 1, 1, said.external_id, 1)
    long = Letter(Outgoing(said.account, ana.channel, "One"), 1, ("Two",))
    async with house.made.core.services.as_role("worker") as session:
        await owed.go_on(session, first, long)
    await ana.sees("Two")
    await house.rests()
    assert not bob.chat()
    whose = "SELECT user_id FROM deliveries WHERE starts_with(dedupe_key, :first)"
    first_page = f"{said.dedupe_key}:page:"
    assert await house.asks(whose, first=first_page) == said.user_id


async def test_a_refusal_in_a_channel_is_nobody_elses_to_read(house: House) -> None:
    ana, bob = await in_channel(house)
    await ana.writes("@draper /client use Nobody Knows It")
    await ana.sees("Nobody Knows It")
    await house.rests()
    assert not bob.chat()


async def test_a_private_piece_asked_for_in_a_channel_is_whispered(
    house: House,
) -> None:
    ana, bob = await in_channel(house)
    direct = house.person("slack", ana.user)
    await direct.writes("write homepage copy for Acme, a payroll tool in Zanzibar")
    await direct.sees("Zanzibar", buttons=("5",))
    await house.rests()
    number = (await house.run()).number
    await ana.commands(f"run {number}")
    await ana.presses("Send it to me in private", await ana.sees("asked in private"))
    shown = await ana.sees(f"Run #{number}", "Only you see this", "Zanzibar")
    await ana.presses("Show the piece", under=shown)
    assert (await direct.sees("of run")).files
    await house.rests()
    assert not bob.chat()


async def test_what_is_everybodys_stays_everybodys(house: House) -> None:
    ana, bob = await in_channel(house)
    house.claude.script(Reply("Light, at last."))
    await ana.writes("@draper how are you?")
    await bob.sees("Light, at last")
    await house.rests()


async def test_a_stranger_in_a_channel_is_turned_away_quietly(house: House) -> None:
    ana, _ = await in_channel(house)
    eve = house.stranger("slack", ana.channel)
    await eve.writes("@draper write me something")
    await eve.sees("I only work with people my team knows")
    await house.rests()
    assert not ana.chat()


async def test_a_whisper_that_slack_refuses_comes_directly(house: House) -> None:
    ana, _ = await in_channel(house)
    house.slack.world.absent.add((ana.channel, ana.user))
    await ana.writes("@draper /usage")
    direct = house.person("slack", ana.user)
    await direct.sees("nothing was spent")
    await house.rests()


async def test_in_a_telegram_group_it_is_said_in_the_private_chat(
    house: House,
) -> None:
    group = house.group("telegram")
    member = await house.enrol()
    ana = house.stranger("telegram")
    assert isinstance(ana, OnTelegram)
    await house.introduce(ana, member)
    await ana.commands("start")
    await ana.sees("Draper")
    there = house.person("telegram", int(ana.identity[1]), group)
    await there.commands("settings")
    await there.sees("for you alone", "private chat")
    seen = await ana.sees("Language")
    await house.rests()
    assert len(there.chat()) == 1
    await ana.press(seen, seen.buttons[0])
    await house.rests()
    assert len(there.chat()) == 1


async def test_who_never_wrote_in_private_is_told_where_to_begin(house: House) -> None:
    group = house.group("telegram")
    ana = house.stranger("telegram", group)
    await house.introduce(ana, await house.enrol())
    await ana.commands("settings")
    await ana.sees("I may not write to you first", "press Start")
    await house.rests()
    assert "t.me/" in ana.chat()[-1].text
