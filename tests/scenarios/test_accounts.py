"""One person at several doors: links, addresses, and how fast one may write."""

import re
from uuid import UUID

from bot.settings import Access
from tests.scenarios.house import House, Opens, Outside, smtp_settings
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person, Seen, until

CODE = re.compile(r"[2-9A-Z]{5}-[2-9A-Z]{5}-[2-9A-Z]{5}")
PIECE = "write homepage copy for Acme, a payroll tool for clinics"


def code_in(seen: Seen) -> str:
    found = CODE.search(seen.text)
    assert found, seen
    return found[0]


async def account(house: House, person: Person) -> UUID | None:
    team, sender = person.identity
    rows = await house.rows(
        """SELECT user_id FROM user_channels
           WHERE channel = :door AND team_id = :team AND channel_user_id = :sender""",
        door=person.door,
        team=team,
        sender=sender,
    )
    return rows[0][0] if rows else None


async def linked_code(person: Person) -> str:
    """A code that was not shown before."""

    def shown() -> set[str]:
        return {found[0] for seen in person.chat() if (found := CODE.search(seen.text))}

    before = shown()
    await person.commands("link")
    await until(lambda: shown() - before, f"no code was shown: {person.chat()}")
    return (shown() - before).pop()


async def test_a_code_from_the_web_makes_telegram_and_slack_the_same_person(
    house: House,
) -> None:
    member = await house.enrol()
    web = house.stranger("web")
    await house.introduce(web, member)
    await web.writes(PIECE)
    await web.sees("You asked for", buttons=("5",))
    for door in ("telegram", "slack"):
        person = house.stranger(door)
        await person.commands(f"link {await linked_code(web)}")
        await person.sees("Linked", "same account, same history")
        assert await account(house, person) == member.user_id
        await person.commands("runs")
        await person.sees("Acme")  # what was asked for in private, on the web
        await person.commands("me")
        await person.sees("You are", "owner", "Telegram", "Web")


async def test_a_link_code_works_once_and_stands_nowhere_afterwards(
    house: House,
) -> None:
    ana = await house.member("telegram")
    code = await linked_code(ana)
    first, second = house.stranger("slack"), house.stranger("slack")
    await first.commands(f"link {code}")
    await first.sees("Linked")
    await second.commands(f"link {code}")
    await second.sees("That code is no good")
    assert await account(house, second) is None
    await house.rests()
    for table, column in (
        ("deliveries", "payload::text"),
        ("link_codes", "payload::text"),
        ("events", "coalesce(after::text, '')"),
    ):
        query = f"SELECT count(*) FROM {table} WHERE {column} LIKE :code"  # noqa: S608
        assert await house.asks(query, code=f"%{code[6:]}%") == 0, table


async def test_a_code_brought_to_a_group_is_refused_and_still_good(
    house: House, messenger: str
) -> None:
    ana = await house.member("telegram")
    code = await linked_code(ana)
    group = house.group(messenger)
    bob = await house.member(messenger, group)
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    if messenger == "telegram":
        await bob.writes(f"/link@draper_bot {code}")
    else:
        await bob.writes(f"{mention} /link {code}")
    await bob.sees("Others read along")
    newcomer = house.stranger("slack")
    await newcomer.commands(f"link {code}")
    await newcomer.sees("Linked")


async def test_two_accounts_become_one_only_after_a_second_word(house: House) -> None:
    owner = await house.enrol()
    ana = await house.member("telegram", workspace=owner.workspace_id, role="viewer")
    also = await house.member("slack", workspace=owner.workspace_id, role="admin")
    await also.writes(PIECE)
    await also.sees("You asked for", buttons=("5",))
    before = await account(house, also)
    code = await linked_code(ana)
    await also.commands(f"link {code}")
    await also.sees("as another account", f"/link {code} yes")
    assert await account(house, also) == before
    await also.commands(f"link {code} yes")
    await also.sees("The two accounts are one now")
    ana_s = await account(house, ana)
    assert await account(house, also) == ana_s
    await ana.commands("runs")
    await ana.sees("Acme")  # hers now, though it was asked for in private there
    await ana.commands("me")
    await ana.sees("admin", "Telegram", "Slack")
    members = "SELECT count(*) FROM workspace_members WHERE user_id = :id"
    assert await house.asks(members, id=before) == 0
    await also.writes(PIECE.replace("Acme", "Bolt"))
    await also.sees("You asked for", "Bolt", buttons=("5",))


async def test_a_code_guessed_at_is_worth_nothing_and_that_is_on_record(
    house: House,
) -> None:
    ana = await house.member("telegram")
    code = await linked_code(ana)
    eve = house.stranger("slack")
    for _ in range(5):
        await eve.commands(f"link {code[:5]}-22222-33333")
    await house.rests()
    await eve.commands(f"link {code}")
    await house.rests()
    assert await account(house, eve) is None
    worn = """SELECT count(*) FROM events WHERE stream_id = :handle
              AND type = 'identity.code_worn_out'"""
    assert await house.asks(worn, handle=code[:5]) == 1


async def test_an_address_is_confirmed_by_the_digits_that_were_mailed_once(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    address = f"Ana.{door}@Acme.com"
    await ana.writes(f"/email {address}" if door == "web" else address)
    await ana.sees("I mailed six digits", address.lower())
    letter = await house.mail.letter_to(address.lower())
    await ana.writes("000000" if letter.digits != "000000" else "000001")
    await ana.sees("not the code I mailed", "4 more tries")
    await ana.writes(letter.digits)
    await ana.sees("Linked", "is confirmed as yours")
    await ana.writes(letter.digits)
    await ana.sees("I am not waiting for a code")
    query = "SELECT email_verified_at IS NOT NULL FROM users WHERE email = :address"
    assert await house.asks(query, address=address.lower())
    kept = "SELECT count(*) FROM link_codes WHERE code_hash::text LIKE :digits"
    assert await house.asks(kept, digits=f"%{letter.digits}%") == 0


async def test_the_fifth_wrong_try_ends_a_mailed_code(house: House) -> None:
    ana = await house.member("telegram")
    await ana.commands("email five@acme.com")
    letter = await house.mail.letter_to("five@acme.com")
    wrong = "111111" if letter.digits != "111111" else "222222"
    for _ in range(5):
        await ana.writes(wrong)
    await ana.sees("it was the last try")
    await ana.writes(letter.digits)
    await ana.sees("not waiting for a code")


async def test_a_new_code_ends_the_one_before(house: House) -> None:
    ana = await house.member("slack")
    await ana.commands("email twice@acme.com")
    first = await house.mail.letter_to("twice@acme.com")
    await ana.commands("email twice@acme.com")
    second = await house.mail.letter_to("twice@acme.com", nth=2)
    if first.digits != second.digits:
        await ana.writes(first.digits)
        await ana.sees("not the code")
    await ana.writes(second.digits)
    await ana.sees("Linked")


async def test_somebody_else_s_digits_confirm_nothing(house: House) -> None:
    ana, eve = await house.member("telegram"), await house.member("slack")
    await ana.commands("email mine@acme.com")
    letter = await house.mail.letter_to("mine@acme.com")
    await eve.writes(letter.digits)
    await eve.sees("not waiting for a code")


async def test_an_address_of_another_account_leads_to_joining_the_two(
    house: House,
) -> None:
    ana, also = await house.member("telegram"), await house.member("slack")
    for person in (ana, also):
        await person.commands("email both@acme.com")
        nth = 1 if person is ana else 2
        letter = await house.mail.letter_to("both@acme.com", nth=nth)
        await person.writes(letter.digits)
    seen = await also.sees("confirmed on another account already")
    assert await account(house, also) != await account(house, ana)
    await also.commands(f"link {code_in(seen)} yes")
    await also.sees("The two accounts are one now")
    assert await account(house, also) == await account(house, ana)


async def test_a_mail_server_that_fails_is_told_and_the_person_can_go_on(
    house: House,
) -> None:
    ana = await house.member("telegram")
    house.mail.busy = 10
    await ana.commands("email busy@acme.com")
    await ana.sees("could not be handed to the mail server", "Try again in a minute")
    house.mail.busy = 0
    house.mail.refused.add("nobody@acme.com")
    await ana.commands("email nobody@acme.com")
    await ana.sees("refuses that address")
    await ana.commands("email ana@acme.com%0d%0abcc:eve@evil.test")
    await ana.sees("no e-mail address I can write to")
    assert not [got for got in house.mail.letters if "evil" in got.to]


async def test_without_a_mail_server_the_link_is_what_works(
    opens: Opens, outside: Outside
) -> None:
    async with opens(smtp=smtp_settings(outside, host="")) as house:
        ana = house.stranger("telegram")
        await ana.writes(house.pairing)
        await ana.sees("We are paired")
        await ana.commands("email ana@acme.com")
        await ana.sees("No mail server", "SMTP_HOST", "/link")
        code = await linked_code(ana)
        also = house.stranger("slack")
        await also.commands(f"link {code}")
        await also.sees("Linked")


async def test_who_comes_in_where_access_is_open_is_asked_for_their_address(
    opens: Opens,
) -> None:
    async with opens(access=Access.OPEN) as house:
        ana = house.stranger("telegram")
        await ana.commands("start")
        await ana.sees("Tell me your e-mail address")
        await ana.writes("ana@acme.com")
        letter = await house.mail.letter_to("ana@acme.com")
        await ana.writes(letter.digits)
        await ana.sees("Linked", "ana@acme.com")
        await ana.commands("start")
        await house.rests()
        assert "e-mail address" not in ana.chat()[-1].text


async def test_a_person_signs_in_on_the_web_with_a_link_code(house: House) -> None:
    ana = await house.member("telegram")
    web = house.stranger("web")
    assert isinstance(web, OnWeb)
    await web.opens(await linked_code(ana))
    await web.commands("me")
    await web.sees("You are", "Telegram", "Web")


async def test_on_the_web_a_link_code_is_not_used_up_by_mistake(house: House) -> None:
    ana, web = await house.member("telegram"), await house.member("web")
    code = await linked_code(ana)
    await web.commands(f"link {code}")
    await web.sees("you are signed in as yourself")
    slack = house.stranger("slack")
    await slack.commands(f"link {code}")
    await slack.sees("Linked")


async def test_more_than_the_minute_s_share_waits_and_none_of_it_is_lost(
    opens: Opens,
) -> None:
    async with opens(messages_per_minute=3) as house:
        ana = await house.member("telegram")
        for number in range(1, 6):
            await ana.commands(f"nonsense{number}")
        await ana.sees("Slow down")
        assert sum(seen.has("Slow down") for seen in ana.chat()) == 1
        assert not any(seen.has("nonsense5") for seen in ana.chat())
        await house.rows("UPDATE throttles SET expires_at = now()")
        await house.rows(
            "UPDATE inbox SET claimed_until = now() WHERE status = 'received'"
        )
        await ana.sees("don't know /nonsense4")
        await ana.sees("don't know /nonsense5")
        await house.rests()
        tries = "SELECT max(attempts) FROM inbox WHERE status = 'processed'"
        assert await house.asks(tries) == 1
        said = [seen for seen in ana.chat() if seen.has("nonsense")]
        assert len(said) == 5
