"""What was asked in a private chat is that person's own, until they share it."""

import pytest

from tests.scenarios.house import House
from tests.scenarios.people import Person
from tests.scenarios.test_assistant import results
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
SECRET = "Zanzibar"
PIECE = f"# {SECRET}\n\nPay on time."


async def two(house: House, role: str = "owner") -> tuple[Person, Person, int]:
    """One with a finished private piece, a colleague of that role, and its number."""
    member = await house.enrol(role="owner")
    there = member.workspace_id
    ana = await house.member("telegram", workspace=there, role="member")
    bob = await house.member("web", workspace=there, role=role)
    house.claude.script(Reply(PIECE))
    await ana.writes(f"{ASK} in {SECRET}")
    await ana.sees(SECRET, buttons=("5",))
    await house.rests()
    return ana, bob, (await house.run()).number


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
async def test_no_command_of_a_colleague_shows_it_whatever_their_role(
    house: House, role: str
) -> None:
    _, bob, number = await two(house, role)
    for words, answer in (
        (f"run {number}", f"I know no run #{number}"),
        ("runs", "No runs yet"),
        ("outputs", "No pieces yet"),
        ("status", "Nothing is being written"),
        ("approvals", "No draft waits"),
        (f"cancel {number}", f"I know no run #{number}"),
        (f"retry {number}", f"I know no run #{number}"),
        (f"share {number}", f"I know no run #{number}"),
    ):
        await bob.commands(words)
        await bob.sees(answer)
    await house.rests()
    assert not any(seen.has(SECRET) for seen in bob.chat())
    assert (await house.run()).attempt == 1


async def test_its_asker_is_told_that_it_is_private_and_shares_it(
    house: House,
) -> None:
    ana, bob, number = await two(house)
    await ana.commands(f"run {number}")
    shown = await ana.sees("Only you see this", buttons=("Share with the team",))
    await ana.presses("Share with the team", under=shown)
    await ana.sees("Shared", f"Your team can see run #{number}")
    await bob.commands(f"run {number}")
    seen = await bob.sees(f"Run #{number}", SECRET, buttons=("Show the piece",))
    assert "Share with the team" not in seen.buttons
    assert not seen.has("Only you see this")
    await bob.presses("Show the piece", under=seen)
    assert (await bob.sees(SECRET, "of run")).files
    await bob.commands("outputs")
    await bob.sees("The latest pieces", SECRET)
    await bob.commands(f"retry {number}")
    await bob.sees(f"Run #{number} belongs to another chat")
    await ana.writes(f"share #{number} with the team")
    await ana.sees("can see run", "already")
    [event] = await house.rows(
        "SELECT before, after FROM events WHERE stream_type = 'run'"
        " AND after->>'seen_by' = 'team' ORDER BY id DESC LIMIT 1"
    )
    assert event.before == {"seen_by": "private"}
    await house.rests()


async def test_sharing_a_run_opens_nothing_of_the_chat(house: House) -> None:
    ana, _, number = await two(house)
    await ana.writes(f"share {number}")
    await ana.sees("Shared")
    await house.rests()
    run = await house.run()
    for table in ("messages", "deliveries"):
        own = f"SELECT count(*) FROM {table} WHERE user_id IS NULL AND conversation_id = :c"  # noqa: S608, E501
        assert await house.asks(own, c=run.conversation_id) == 0


async def in_a_group(house: House) -> tuple[Person, Person, Person, int]:
    """Ana alone, Ana and Bob in a group, and the number of a private piece of hers."""
    home, group = await house.enrol(), house.group("telegram")
    ana = house.stranger("telegram")
    await house.introduce(ana, home)
    there = house.person("telegram", int(ana.identity[1]), group)
    bob = await house.member("telegram", group, workspace=home.workspace_id)
    house.claude.script(Reply(PIECE))
    await ana.writes(f"{ASK} in {SECRET}")
    await ana.sees(SECRET, buttons=("5",))
    await house.rests()
    return ana, there, bob, (await house.run()).number


ALONE = "Send it to me in private"


async def test_in_a_group_it_is_hers_to_have_alone_or_to_share(house: House) -> None:
    ana, there, bob, number = await in_a_group(house)
    for words, answer in (
        ("outputs", "No pieces yet"),
        ("status", "Nothing is being written"),
        (f"why {number}", "asked in private"),
        (f"feedback {number}", "asked in private"),
        (f"run {number}", "asked in private"),
    ):
        await there.commands(words)
        await there.sees(answer)
        await house.rests()
    shown = there.chat()[-1]
    await bob.press(shown, ALONE)
    await bob.is_told(f"I know no run #{number}")
    await there.press(shown, ALONE)
    await there.sees("for you alone", "private chat")
    seen = await ana.sees(f"Run #{number}", "Only you see this")
    await house.rests()
    assert not any(one.has(SECRET) for one in there.chat())
    await ana.presses("Show the piece", under=seen)
    assert (await ana.sees(SECRET, "of run")).files
    await there.press(shown, "Share with the team")
    await there.sees("Shared", f"Your team can see run #{number}")
    await there.commands(f"run {number}")
    await bob.sees(f"Run #{number}", SECRET)
    await house.rests()


async def test_in_a_group_the_assistant_does_not_find_it_either(house: House) -> None:
    _, there, _, number = await in_a_group(house)
    calls = (
        Reply(tool=("runs__search", {})),
        Reply(tool=("runs__show", {"number": number})),
        "Ask me that in our own chat.",
    )
    house.claude.script(*calls)
    await there.writes("@draper_bot what have I been up to lately?")
    await there.sees("in our own chat")
    await house.rests()
    [(found, _), (refused, is_error)] = results(house)
    assert is_error
    assert "asked in private" in refused
    assert SECRET not in f"{found} {refused}"
