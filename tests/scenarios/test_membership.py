"""Let in, put out, blocked, moved: we know how we stand, and nothing is lost by it."""

from typing import Any

from tests.scenarios.house import House
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.test_stopping import SLOWLY
from tests.standins.anthropic import Reply
from tests.standins.telegram import Fault

ASK = "write homepage copy for Acme, a payroll tool for clinics"
STATE = "SELECT chat_id, state FROM chats WHERE channel = :door AND chat_id = :chat"


def changes(house: House, chat: int, was: str, now: str, user: int = 42) -> None:
    """Telegram tells that our standing in a chat changed."""
    world = house.telegram
    place = world.chats[world.join(user, chat)]
    me = {"user": world.me()}
    world.push(
        {
            "my_chat_member": {
                "chat": place,
                "from": world.person(user),
                "date": 1,
                "old_chat_member": {"status": was, **me},
                "new_chat_member": {"status": now, **me},
            }
        }
    )


async def state(house: House, door: str, chat: Any) -> list[str]:
    rows = await house.rows(STATE, door=door, chat=str(chat))
    return [row.state for row in rows]


async def test_let_into_a_group_it_says_how_to_address_it(house: House) -> None:
    group, other = house.group("telegram"), house.group("telegram")
    ana = OnTelegram(house.telegram, 77, group)
    changes(house, group, "left", "member", 77)
    seen = await ana.sees("Mention @draper_bot or reply to me")
    assert seen.has("I only see what is meant for me")
    assert "\n" not in seen.text
    bob = OnTelegram(house.telegram, 78, other)
    changes(house, other, "left", "administrator", 78)
    assert (await bob.sees("Hello")).has("I can read everything here")
    changes(house, group, "member", "administrator", 77)
    await house.rests()
    assert len(ana.chat()) == 1


async def test_who_blocks_us_ends_what_was_due_and_can_come_back(house: House) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    await ana.sees("slow0")
    house.telegram.blocked.add(ana.user)
    changes(house, ana.user, "member", "kicked", ana.user)
    await house.rests()
    assert await state(house, "telegram", ana.user) == ["blocked"]
    run = await house.run()
    [row] = await house.rows(
        "SELECT status, last_error FROM deliveries WHERE run_id = :id", id=run.id
    )
    assert row.status == "failed"
    assert row.last_error.startswith("blocked: ")
    house.telegram.blocked.clear()
    changes(house, ana.user, "kicked", "member", ana.user)
    await house.rests()
    assert await state(house, "telegram", ana.user) == ["active"]
    await ana.commands("run")
    await ana.sees("blocked there")


async def test_who_writes_again_has_let_us_in_whether_or_not_that_was_told(
    house: House,
) -> None:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    await ana.commands("status")
    await ana.sees("Nothing is being written")
    changes(house, ana.user, "member", "kicked", ana.user)
    await house.rests()
    assert await state(house, "telegram", ana.user) == ["blocked"]
    await ana.commands("status")
    await house.rests()
    assert await state(house, "telegram", ana.user) == ["active"]


async def test_a_group_that_moves_takes_everything_along(house: House) -> None:
    old, new = house.group("telegram"), house.group("telegram")
    ana = await house.member("telegram", old)
    assert isinstance(ana, OnTelegram)
    world = house.telegram
    world.join(ana.user, new)
    house.claude.script(Reply("Payday."))
    await ana.writes(f"@draper_bot {ASK}")
    await ana.sees("Payday", buttons=("5",))
    await house.rests()
    here = "SELECT conversation_id FROM chats WHERE chat_id = :chat"
    begun = await house.asks(here, chat=str(old))
    # A send meets the new address before its news arrives.
    gone = Fault("sendMessage", status=400, description="Bad Request", migrate_to=new)
    world.faults.append(gone)
    await ana.commands("status@draper_bot")
    there = OnTelegram(world, ana.user, new)
    await there.sees("Nothing is being written")
    moved = {"message_id": 9001, "date": 1, "from": world.person(ana.user)}
    world.push(
        {"message": moved | {"chat": world.chats[old], "migrate_to_chat_id": new}}
    )
    world.push(
        {"message": moved | {"chat": world.chats[new], "migrate_from_chat_id": old}}
    )
    await house.rests()
    assert await state(house, "telegram", old) == []
    assert await house.asks(here, chat=str(new)) == begun
    house.claude.script(Reply("Payday, painless."))
    await there.writes("@draper_bot shorter")
    await there.sees("Payday, painless", "Version 2")
    await house.rests()


async def test_slack_lets_us_in_and_archives_the_channel(house: House) -> None:
    channel = house.group("slack")
    ana = await house.member("slack", channel)
    bot = house.slack.bot
    await house.slack.hear(
        {"type": "member_joined_channel", "user": bot, "channel": channel}
    )
    await ana.sees("Mention me, and I answer in the thread")
    house.claude.script(Reply("Payday."))
    await ana.writes(f"@draper {ASK}")
    await ana.sees("Payday", buttons=("5",))
    await house.rests()
    await house.slack.hear({"type": "channel_archive", "channel": channel})
    await house.rests()
    assert set(await state(house, "slack", channel)) == {"left"}
    await house.slack.hear({"type": "channel_unarchive", "channel": channel})
    await house.rests()
    assert set(await state(house, "slack", channel)) == {"active"}


async def test_who_writes_as_the_group_is_told_that_nobody_can_tell_who(
    house: House,
) -> None:
    group = house.group("telegram")
    eve = OnTelegram(house.telegram, 1087968824, group)
    as_group = {"id": group, "type": "supergroup", "title": "Us"}
    await eve.writes("@draper_bot hello", sender_chat=as_group)
    await eve.sees("I cannot tell who you are")
    assert not await house.rows(
        "SELECT FROM user_channels WHERE channel_user_id = :id", id=str(group)
    )
