"""Pairing, strangers, allow-lists, groups."""

from bot.settings import Access
from tests.scenarios.house import (
    House,
    Opens,
    Outside,
    slack_settings,
    telegram_settings,
)
from tests.scenarios.people import Person


async def count(house: House, table: str) -> int:
    statements = {
        "users": "SELECT count(*) FROM users",
        "runs": "SELECT count(*) FROM runs",
    }
    return int(await house.asks(statements[table]))


async def role_of(house: House, person: Person) -> str | None:
    team, sender = person.identity
    rows = await house.rows(
        """SELECT m.role FROM user_channels c
           JOIN workspace_members m USING (user_id, workspace_id)
           WHERE c.team_id = :team AND c.channel_user_id = :sender""",
        team=team,
        sender=sender,
    )
    return rows[0][0] if rows else None


async def test_the_printed_code_makes_the_first_owner_once(opens: Opens) -> None:
    async with opens() as house:
        ana, eve = house.stranger("telegram"), house.stranger("slack")
        code = house.made.arrival.ways_in.pairing
        await ana.writes(code)
        await ana.sees("We are paired")
        assert await role_of(house, ana) == "owner"
        await eve.writes(code)
        await eve.sees("only work with people my team knows")
        assert await role_of(house, eve) is None
        await ana.writes("write homepage copy for Acme, a payroll tool for clinics")
        await ana.sees("You asked for", buttons=("5",))


async def test_a_code_may_be_typed_after_start_in_small_letters(opens: Opens) -> None:
    async with opens() as house:
        ana = house.stranger("telegram")
        await ana.writes(f"/start {house.made.arrival.ways_in.pairing.lower()}")
        await ana.sees("We are paired")


async def test_a_stranger_is_refused_once_a_message(
    house: House, messenger: str
) -> None:
    eve = house.stranger(messenger)
    people = await count(house, "users")
    await eve.writes("K7QMX-4WPT9-HC3RD")
    await eve.sees("pairing code")
    await eve.writes("hello?")
    await house.rests()
    assert len(eve.chat()) == 2
    assert (await count(house, "users"), await role_of(house, eve)) == (people, None)


async def test_a_code_guessed_too_often_is_worth_nothing(opens: Opens) -> None:
    async with opens() as house:
        eve = house.stranger("telegram")
        right = house.made.arrival.ways_in.pairing
        wrong = right[:5] + "-22222-33333"
        for _ in range(5):
            await eve.writes(wrong)
        await house.rests()
        await eve.writes(right)
        await house.rests()
        assert await role_of(house, eve) is None
        assert not any(seen.has("We are paired") for seen in eve.chat())


async def test_a_flood_of_a_stranger_s_is_answered_a_few_times(
    house: House, messenger: str
) -> None:
    eve = house.stranger(messenger)
    for number in range(8):
        await eve.writes(f"hello {number}")
    await house.rests()
    assert len(eve.chat()) == 5


async def test_who_wrote_before_pairing_is_the_owner_afterwards(opens: Opens) -> None:
    """Open or on the list, they were a member, in a chat of that account's."""
    async with opens(access=Access.OPEN) as house:
        ana = house.stranger("telegram")
        await ana.writes("write homepage copy for Acme, a payroll tool for clinics")
        await ana.sees("You asked for", buttons=("5",))
        assert await role_of(house, ana) == "member"
        await ana.writes(house.made.arrival.ways_in.pairing)
        await ana.sees("We are paired")
        assert await role_of(house, ana) == "owner"
        await ana.writes("write homepage copy for Bolt, a payroll tool for banks")
        await ana.sees("You asked for", "Bolt", buttons=("5",))


async def test_who_was_removed_is_let_in_again_by_a_code(
    house: House, messenger: str
) -> None:
    owner = await house.enrol()
    ana = await house.member(messenger, workspace=owner.workspace_id, role="member")
    await ana.writes("write homepage copy for Acme, a payroll tool for clinics")
    await ana.sees("You asked for", buttons=("5",))
    await house.rows(
        "DELETE FROM workspace_members WHERE workspace_id = :id AND role = 'member'",
        id=owner.workspace_id,
    )
    await ana.writes("hello?")
    await ana.sees("belongs to a workspace you are not in")
    await ana.writes(await house.code("pair", owner))
    await ana.sees("We are paired")
    await ana.commands("status")
    await ana.sees("Nothing is being")


async def test_an_empty_allow_list_means_nobody(opens: Opens) -> None:
    async with opens(access=Access.ALLOWLIST) as house:
        eve = house.stranger("telegram")
        await eve.writes("hello")
        await eve.sees("only work with people my team knows")
        assert await role_of(house, eve) is None


async def test_who_is_on_the_allow_list_becomes_a_member(
    opens: Opens, outside: Outside
) -> None:
    allowed = frozenset({"777", "UANNA"})
    async with opens(
        access=Access.ALLOWLIST,
        telegram=telegram_settings(outside, allowed=allowed),
        slack=slack_settings(outside, allowed=allowed),
    ) as house:
        for person in (
            house.person("telegram", 777),
            house.person("slack", "UANNA"),
        ):
            await person.writes(
                "write homepage copy for Acme, a payroll tool for clinics"
            )
            await person.sees("You asked for", buttons=("5",))
            assert await role_of(house, person) == "member"
        other = house.stranger("telegram")
        await other.writes("hello")
        await other.sees("only work with people my team knows")


async def test_in_open_mode_everybody_is_a_member(opens: Opens) -> None:
    async with opens(access=Access.OPEN) as house:
        zoe = house.stranger("slack")
        await zoe.writes("write homepage copy for Acme, a payroll tool for clinics")
        await zoe.sees("You asked for", buttons=("5",))
        assert await role_of(house, zoe) == "member"


async def test_a_code_shown_in_a_group_pairs_nobody(opens: Opens) -> None:
    """Everybody in the room can read it, and the quickest is not the owner."""
    async with opens() as house:
        eve = house.stranger("telegram", house.group("telegram"))
        await eve.writes(f"@draper_bot {house.made.arrival.ways_in.pairing}")
        await house.rests()
        assert await role_of(house, eve) is None


async def test_in_a_group_only_what_is_meant_for_us_is_answered(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger, house.group(messenger))
    await ana.writes("lunch at one?")
    await house.rests()
    assert ana.chat() == []
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    await ana.writes(f"{mention} write homepage copy for Acme, payroll for clinics")
    await ana.sees("You asked for", buttons=("5",))


async def test_a_stranger_in_a_group_of_members_is_turned_away(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    ana = await house.member(messenger, group)
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    await ana.writes(f"{mention} hello")
    await house.rests()
    runs = await count(house, "runs")
    eve = house.stranger(messenger, group)
    await eve.writes(f"{mention} write homepage copy for Evil, a tool")
    await eve.sees("only work with people my team knows")
    assert await count(house, "runs") == runs


async def test_a_member_of_another_workspace_is_told_so_in_a_group(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    ana = await house.member(messenger, group)
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    await ana.writes(f"{mention} hello")
    await house.rests()
    rival = await house.member(messenger, group)
    await rival.writes(f"{mention} status")
    await rival.sees("belongs to a workspace you are not in")
