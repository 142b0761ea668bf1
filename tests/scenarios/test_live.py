"""An answer that grows where it stands: its line, its drafts, its limits."""

import asyncio
import time
from typing import Any

from tests.scenarios.house import House, Opens, Outside, telegram_settings
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.standins.anthropic import Reply
from tests.standins.telegram import Fault

ASK = "write homepage copy for Acme, a payroll tool for clinics"
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(60)), pace_s=0.03)
ENDLESS = Reply(" ".join(f"slow{n}" for n in range(600)), pace_s=0.03)


async def on_telegram(house: House, group: Any = None) -> OnTelegram:
    ana = await house.member("telegram", group)
    assert isinstance(ana, OnTelegram)
    return ana


def drafting(outside: Outside) -> dict[str, Any]:
    return {"telegram": telegram_settings(outside, drafts=True)}


async def reply(house: House) -> Any:
    """The newest run's answer, as the database has it."""
    [row] = await house.rows(
        """SELECT *, extract(epoch FROM not_before - now()) AS wait FROM deliveries
           WHERE run_id IS NOT NULL ORDER BY id DESC LIMIT 1"""
    )
    return row


async def test_a_line_says_what_is_being_done_until_it_is_done(house: House) -> None:
    ana = await on_telegram(house)
    for _ in range(3):
        await ana.writes(ASK)
        await house.rests()
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0", "Working on it", "Usually about")
    assert growing.text.endswith(" s.")
    done = await ana.sees_change(growing, "slow59")
    assert "Usually about" not in done.text


async def test_the_page_shows_the_line_beside_the_text(house: House) -> None:
    ana = await house.member("web")
    assert isinstance(ana, OnWeb)
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0", "Working on it", buttons=("Stop",))
    assert "slow0" not in ana.shown(growing.ref)["note"]
    done = await ana.sees("slow59", buttons=("5",))
    assert done.ref == growing.ref
    assert not done.has("Working on it")


async def test_a_draft_grows_and_one_message_is_sent_in_the_end(
    opens: Opens, outside: Outside
) -> None:
    async with opens(**drafting(outside)) as house:
        ana = await on_telegram(house)
        house.claude.script(SLOWLY)
        await ana.writes(ASK)
        drafts = house.telegram.drafts
        await house.telegram.until(
            lambda: ana.user in drafts and "slow0" in drafts[ana.user].text
        )
        assert not ana.chat()
        await ana.sees("slow0", "slow59", buttons=("5",))
        await house.rests()
        assert not drafts
        assert len(house.telegram.called("sendMessage")) == 1


async def test_a_draft_that_has_no_news_is_shown_again_before_it_fades(
    opens: Opens, outside: Outside
) -> None:
    async with opens(**drafting(outside)) as house:
        ana = await on_telegram(house)
        house.claude.script(Reply("At last.", pace_s=0.8))
        await ana.writes(ASK)
        await house.telegram.until(lambda: ana.user in house.telegram.drafts)
        while (row := await reply(house)).external_id is None:
            await house.telegram.change(0.05)
        assert row.external_id.startswith("preview:")
        assert row.sent_revision < row.revision
        assert 15 < row.wait <= 20
        await ana.sees("At last", buttons=("5",))


async def test_a_drafts_own_stop_leaves_what_was_written(
    opens: Opens, outside: Outside
) -> None:
    async with opens(**drafting(outside)) as house:
        ana = await on_telegram(house)
        house.claude.script(ENDLESS)
        await ana.writes(ASK)
        drafts = house.telegram.drafts
        await house.telegram.until(
            lambda: ana.user in drafts and "slow3" in drafts[ana.user].text
        )
        house.telegram.stop_draft(ana.user)
        stopped = await ana.sees("slow0", "Stopped", buttons=("Again",))
        await house.rests()
        assert (await house.run()).status == "cancelled"
        await ana.presses("Again", stopped)
        await ana.sees("You asked for", buttons=("5",))


async def test_a_crash_in_a_drafts_last_sending_is_told_and_never_repeated(
    opens: Opens, outside: Outside
) -> None:
    async with opens(**drafting(outside)) as house:
        ana = await on_telegram(house)
        house.telegram.faults.append(Fault("sendMessage", drop="after"))
        await ana.writes(ASK)
        await ana.sees("You asked for")
        await ana.sees("may not have", buttons=())
        await house.rests()
        assert len([one for one in ana.chat() if one.has("You asked for")]) == 1
        assert (await reply(house)).status == "ambiguous"
        await ana.writes("/status")
        await ana.sees("may not have arrived")


async def test_groups_have_no_drafts(opens: Opens, outside: Outside) -> None:
    async with opens(**drafting(outside)) as house:
        ana = await on_telegram(house, house.group("telegram"))
        house.claude.script(SLOWLY)
        await ana.writes(f"@draper_bot {ASK}")
        await ana.sees("slow0", buttons=("Stop",))
        await ana.sees("slow59", buttons=("5",))
        assert not house.telegram.called("sendMessageDraft")


async def test_a_flood_wait_outlives_the_process(
    opens: Opens, outside: Outside
) -> None:
    flood = outside.telegram.flood
    async with opens() as house:
        ana = await on_telegram(house)
        flood.waits[ana.user] = time.monotonic() + 30
        await ana.writes("/help")
        await house.telegram.until(lambda: flood.early == 1)
        told = "SELECT count(*) FROM deliveries WHERE response_code = 429"
        while not await house.asks(told):
            await house.telegram.change(0.05)
    async with opens() as house:
        bob = await on_telegram(house)
        ana.world.say("/status", user=ana.user)
        await bob.writes(ASK)
        await bob.sees("You asked for", buttons=("5",))
        waiting = "SELECT count(*) FROM deliveries WHERE status = 'planned'"
        assert await house.asks(waiting) == 2
        assert flood.early == 1
        assert not ana.chat()


async def test_a_busy_chat_holds_no_place_that_others_need(house: House) -> None:
    group = house.group("telegram")
    await on_telegram(house, group)
    bob = await on_telegram(house)
    house.telegram.topics[group].update(range(1, 41))
    house.telegram.flood.waits[group] = time.monotonic() + 3
    await house.rows(
        """INSERT INTO deliveries (channel, account, recipient, purpose, dedupe_key,
                                   payload)
           SELECT 'telegram', :bot, :chat || n, 'notice', 'busy:' || :chat || n,
                  jsonb_build_object('text', 'No ' || n)
           FROM generate_series(1, 40) n""",
        bot=str(house.telegram.bot_id),
        chat=f"{group}/",
    )
    early = house.telegram.flood.early
    await house.telegram.until(lambda: house.telegram.flood.early > early)
    began = time.monotonic()
    await bob.writes("/help")
    await bob.sees("use a command")
    assert time.monotonic() - began < 1.5
    held = "SELECT count(*) FROM deliveries WHERE status = 'sending'"
    async with asyncio.timeout(1):  # one may just be looked at, and given back
        while await house.asks(held):
            await house.telegram.change(0.02)
    await house.rests()
    assert len(house.telegram.replies(chat=group)) == 40  # nothing is dropped
    assert house.telegram.flood.early == early + 1
