"""Settings in plain words, at each door; and pings that wait for the morning."""

from agent.mailroom.notices import Notice, notify
from agent.mailroom.schemas import Message
from tests.scenarios.house import House, Member
from tests.scenarios.people import Person

HUSH = """
    UPDATE users SET quiet_from = CAST(now() AT TIME ZONE timezone
            + make_interval(hours => :begins) AS time),
        quiet_until = CAST(now() AT TIME ZONE timezone
            + make_interval(hours => :ends) AS time)
    WHERE id = :who
"""


async def test_simple_mode_is_theirs_on_every_messenger(house: House) -> None:
    member = await house.enrol()
    phone, desk = house.stranger("telegram"), house.stranger("slack")
    for person in (phone, desk):
        await house.introduce(person, member)
    await phone.writes("advanced mode")
    await phone.sees("Advanced mode", "every command")
    await desk.commands("help")
    assert (await desk.sees("use a command")).has("client new")
    await phone.writes("simple mode")
    await phone.sees("Simple mode", "4 commands")
    before = len(desk.chat())
    await desk.commands("help")
    shown = await desk.sees("use a command", buttons=("Advanced mode",))
    assert len(desk.chat()) == before + 1
    assert all(shown.has(one) for one in ("skills", "status", "outputs", "settings"))
    assert not shown.has("client new")
    await house.rests()


async def test_settings_are_said_in_plain_words_and_shown_on_a_card(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    for said, answer in (
        ("answer in Hinglish", "I write in Hinglish"),
        ("I am in Berlin", "Europe/Berlin"),
        ("no pings 22-8", "from 22:00 to 08:00"),
    ):
        await ana.writes(said)
        await ana.sees(answer)
    await ana.commands("settings")
    card = await ana.sees(
        "Your settings", "Hinglish", "Europe/Berlin", "22:00",
        buttons=("Advanced mode", "Ping me any time", "Language as asked"),
    )  # fmt: skip
    await ana.presses("Ping me any time", under=card)
    await ana.sees("No quiet hours any more")
    await ana.writes("no pings at night")
    await house.rests()


async def test_what_cannot_be_read_says_how_to_write_it(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("quiet whenever")
    await ana.sees("cannot read whenever as hours", "no pings 22-8")
    await ana.commands("timezone Mordor")
    await ana.sees("no time zone or city called Mordor", "Asia/Kolkata")
    await ana.commands("language Klingon")
    await ana.sees("no language called Klingon")
    await house.rests()


async def pinged(house: House, member: Member, key: str, text: str) -> str:
    services = house.made.core.services
    async with services.as_role("worker") as session:
        notice = Notice(key, "news", Message(text))
        return await notify(session, member.workspace_id, member.user_id, notice)


async def hush(house: House, member: Member, begins: int, ends: int) -> None:
    await house.rows(HUSH, who=member.user_id, begins=begins, ends=ends)


async def settled(house: House, door: str, member: Member) -> Person:
    person = house.stranger(door)
    await house.introduce(person, member)
    await person.commands("status")
    await person.sees("Workspace")
    await house.rests()
    return person


async def test_two_chats_get_one_digest_where_they_wrote_last(house: House) -> None:
    member = await house.enrol()
    phone = await settled(house, "telegram", member)
    desk = await settled(house, "slack", member)
    await hush(house, member, -1, 1)
    assert await pinged(house, member, "a", "75 % is spent") == "held"
    assert await pinged(house, member, "b", "Bob joined") == "held"
    await desk.commands("status")  # their own word is answered at any hour
    await house.rests()
    assert not any(one.has("is spent") for one in (*phone.chat(), *desk.chat()))
    await hush(house, member, -3, -2)
    shown = await desk.sees("While you were away, 2 things", "is spent", "Bob joined")
    await house.rests()
    assert sum(one.has("While you were away") for one in desk.chat()) == 1
    assert not any(one.has("While you were away") for one in phone.chat())
    assert shown.text.index("spent") < shown.text.index("Bob")
