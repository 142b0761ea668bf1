"""Messengers that refuse, wait, break off, and people who delete."""

import time
from typing import Any

from tests.scenarios.house import House, Opens, Outside
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person, Seen, plain
from tests.scenarios.test_a_piece import essay
from tests.standins.anthropic import Reply
from tests.standins.telegram import Fault

ASK = "write homepage copy for Acme, a payroll tool for clinics"
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(40)), pace_s=0.02)


async def on_telegram(house: House) -> OnTelegram:
    ana = await house.member("telegram")
    assert isinstance(ana, OnTelegram)
    return ana


async def deliveries(house: House) -> list[Any]:
    """Those of the newest workspace, oldest first."""
    return await house.rows(
        """SELECT * FROM deliveries WHERE workspace_id =
           (SELECT id FROM workspaces ORDER BY id DESC LIMIT 1) ORDER BY id"""
    )


def answers(person: Person) -> list[Seen]:
    return [seen for seen in person.chat() if seen.has("You asked for")]


async def test_a_long_piece_comes_in_pages_with_its_file(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    text = essay(1300)
    house.claude.script(Reply(text, piece_words=400))
    await ana.writes(ASK)
    await ana.sees("word1299", buttons=("1", "5"))
    await house.rests()
    *pages, file = ana.chat()
    assert file.files
    assert len(pages) >= 2
    assert plain(text) in plain(" ".join(page.text for page in pages))
    assert [bool(page.buttons) for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_the_file_of_a_piece_is_the_piece(house: House) -> None:
    ana = await house.member("web")
    assert isinstance(ana, OnWeb)
    text = essay(400)
    house.claude.script(Reply(text, piece_words=100))
    await ana.writes(ASK)
    shown = await ana.sees("The whole piece")
    assert await ana.fetches(shown.files[0]) == text


async def test_a_very_long_piece_shows_how_it_begins(house: House) -> None:
    ana = await on_telegram(house)
    text = essay(5000)
    house.claude.script(Reply(text, piece_words=1000))
    await ana.writes(ASK)
    await ana.sees("word0", "the file has all of it", buttons=("5",))
    await house.rests()
    last = ana.chat()[-1]
    assert last.files
    assert house.telegram.shown[last.ref].file.decode() == text


async def test_a_flood_wait_of_one_chat_leaves_the_others_alone(house: House) -> None:
    ana, bob = await on_telegram(house), await on_telegram(house)
    early = house.telegram.flood.early
    house.telegram.flood.waits[ana.user] = time.monotonic() + 1.5
    began = time.monotonic()
    await ana.writes("/help")
    await house.telegram.until(lambda: house.telegram.flood.early > early)
    await bob.writes(ASK)
    await bob.sees("You asked for", buttons=("5",))
    assert time.monotonic() - began < 1.5
    await ana.sees("use a command")
    assert house.telegram.flood.early == early + 1  # one try told us, then we waited


async def test_formatting_is_given_up_rather_than_the_text(house: House) -> None:
    ana = await on_telegram(house)
    refusal = "Bad Request: can't parse entities: Can't find end of the entity"
    house.claude.script("**Bold** words and `code`, all of them.")
    house.telegram.faults.append(
        Fault("editMessageText", times=1, status=400, description=refusal)
    )
    await ana.writes(ASK)
    await ana.sees("Bold words and code, all of them", buttons=("5",))


async def test_a_placeholder_nobody_knows_of_does_not_double_the_answer(
    house: House,
) -> None:
    ana = await on_telegram(house)
    house.telegram.faults.append(Fault("sendMessage", drop="after"))
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert len(answers(ana)) == 1
    assert len(ana.chat()) == 2  # the first placeholder stays behind


async def test_a_placeholder_that_did_not_go_out_is_sent_again(house: House) -> None:
    ana = await on_telegram(house)
    house.telegram.faults.append(Fault("sendMessage", drop="before"))
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert len(ana.chat()) == 1


async def test_an_answer_lost_on_the_way_back_is_edited_again(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    if isinstance(ana, OnSlack):
        house.slack.fail(method="chat.update", drop=True, acts=True)
    else:
        house.telegram.faults.append(Fault("editMessageText", drop="after"))
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert len(ana.chat()) == 1


async def test_a_plain_reply_of_unknown_fate_is_told_never_repeated(
    house: House,
) -> None:
    ana = await on_telegram(house)
    house.telegram.faults.append(Fault("sendMessage", drop="after"))
    await ana.writes("/help")
    await ana.sees("may not have", buttons=())
    await house.rests()
    helps = [seen for seen in ana.chat() if seen.has("use a command")]
    assert len(helps) == 1
    assert "ambiguous" in {row.status for row in await deliveries(house)}
    await ana.writes("/status")
    await ana.sees("may not have arrived")


async def test_a_placeholder_deleted_before_the_end_still_brings_the_answer(
    house: House, messenger: str
) -> None:
    ana = await house.member(messenger)
    assert isinstance(ana, OnTelegram | OnSlack)
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    placeholder = await ana.sees("slow0")
    ana.deletes(placeholder)
    done = await ana.sees("slow0", "slow39", buttons=("5",))
    assert done.ref != placeholder.ref
    await house.rests()
    assert len(ana.chat()) == 1
    await ana.presses("5", done)
    await ana.sees_change(done, "5 of 5")


async def test_who_blocked_the_bot_is_left_in_peace(house: House) -> None:
    ana = await on_telegram(house)
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    await ana.sees("slow0")
    house.telegram.blocked.add(ana.user)
    await house.rests()
    tries = len(house.telegram.called("editMessageText"))
    assert {row.status for row in await deliveries(house)} == {"failed"}
    assert (await house.run()).status == "completed"
    await house.rests()
    assert len(house.telegram.called("editMessageText")) == tries
    house.telegram.blocked.discard(ana.user)
    await ana.writes("/outputs")
    await ana.sees("The latest pieces", "slow0")  # nothing made is lost


async def test_slack_out_of_breath_is_waited_for(house: House) -> None:
    ana = await house.member("slack")
    house.slack.fail(method="chat.postMessage", retry_after_s=1, status=429)
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    assert len(ana.chat()) == 1


async def test_a_command_where_the_app_is_no_guest_is_answered_to_one_alone(
    house: House,
) -> None:
    ana = await house.member("slack", house.group("slack"))
    assert isinstance(ana, OnSlack)
    house.slack.world.rooms[ana.channel].joined = False
    await ana.commands("help")
    await ana.sees("use a command")


async def test_words_of_the_model_ping_nobody(house: House) -> None:
    ana = await house.member("slack", house.group("slack"))
    house.claude.script("Hello <!channel>, @here and <@U0BELA>, read this.")
    await ana.writes(f"@draper {ASK}")
    await ana.sees("read this", buttons=("5",))
    await house.rests()
    assert house.slack.world.pings == []


async def test_at_telegrams_own_pace_nothing_is_refused_and_all_arrives(
    opens: Opens, outside: Outside
) -> None:
    """Its limits are on, and we write no faster than they let us."""
    flood = outside.telegram.flood
    flood.on = True
    async with opens(write_pause_s=None) as house:
        ana = await on_telegram(house)
        slow = " ".join(f"slow{n}" for n in range(320))
        house.claude.script(Reply(slow, pace_s=0.06))
        await ana.writes(ASK)
        await ana.sees("slow0", "slow319", buttons=("5",))
        await house.rests()
        assert len(flood.taken[ana.user]) > 5  # a burst, and then one a second
        assert (flood.refused, flood.early) == (0, 0)
        assert {row.last_error for row in await deliveries(house)} == {None}
