import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from channels.contract import Keep, Received
from channels.telegram.parse import ALLOWED_UPDATES, Me
from channels.telegram.poll import Pace, Poller, PollReport, PollState, Revoked
from tests.channels.telegram.inbox import Inbox
from tests.standins.telegram import Fault, Telegram

ME = Me(str(Telegram.bot_id), "draper_bot")
QUICK = Pace(
    long_poll_s=1, first_pause_s=0.02, longest_pause_s=0.08, conflict_pause_s=0.05
)


@asynccontextmanager
async def polling(
    tg: Telegram, keep: Keep, told: list[PollReport] | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    heard: Callable[[PollReport], None] = (
        told.append if told is not None else (lambda _: None)
    )
    poller = Poller(tg.token, ME, keep, base_url=tg.base_url, tell=heard, pace=QUICK)
    task = asyncio.create_task(poller.run())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, Revoked):
        await task


def states(told: list[PollReport]) -> list[PollState]:
    return [report.state for report in told]


async def test_updates_arrive_in_order_and_are_confirmed_once_kept(
    tg: Telegram,
) -> None:
    inbox = Inbox()
    for text in ("one", "two", "three"):
        tg.say(text)

    async with polling(tg, inbox.keep):
        await tg.until(lambda: not tg.updates)

    assert inbox.texts == ["one", "two", "three"]
    assert inbox.repeats == 0


async def test_a_message_during_the_long_poll_comes_at_once(tg: Telegram) -> None:
    inbox = Inbox()

    async with polling(tg, inbox.keep):
        await tg.until(lambda: tg.poll)
        tg.say("now")
        await tg.until(lambda: inbox.texts, timeout_s=0.5)


async def test_what_waited_while_we_were_away_is_not_dropped(tg: Telegram) -> None:
    tg.say("sent while down")
    inbox = Inbox()

    async with polling(tg, inbox.keep):
        await tg.until(lambda: inbox.texts)

    calls = [call.method for call in tg.calls]
    assert inbox.texts == ["sent while down"]
    assert set(calls) == {"getUpdates"}


async def test_only_kinds_we_serve_are_asked_for(tg: Telegram) -> None:
    async with polling(tg, Inbox().keep):
        await tg.until(lambda: tg.allowed)

    assert tuple(tg.allowed) == ALLOWED_UPDATES


async def test_a_body_says_what_telegram_said(tg: Telegram) -> None:
    inbox = Inbox()
    update = {"update_id": 5, "message_from_2031": {"text": "\ud83d \0 é", "n": 1.5}}
    tg.push(update)

    async with polling(tg, inbox.keep):
        await tg.until(lambda: inbox.kept)

    assert json.loads(inbox.kept[0].body) == update


async def test_unknown_and_malformed_updates_are_kept_and_do_not_stop_the_rest(
    tg: Telegram,
) -> None:
    inbox = Inbox()
    tg.push({"message_from_2031": {}})
    tg.push({"message": {"chat": None}})
    tg.say("after")

    async with polling(tg, inbox.keep):
        await tg.until(lambda: inbox.texts)

    assert [one.kind for one in inbox.kept] == ["unknown", "unknown", "message"]


async def test_what_could_not_be_kept_stays_at_telegram_until_it_can(
    tg: Telegram,
) -> None:
    inbox, told = Inbox(broken=3), list[PollReport]()
    tg.say("patience")

    async with polling(tg, inbox.keep, told):
        await tg.until(lambda: PollState.NOT_KEPT in states(told))
        assert len(tg.updates) == 1
        await tg.until(lambda: inbox.texts and not tg.updates)

    assert inbox.tried == 4
    assert states(told) == [PollState.NOT_KEPT, PollState.POLLING]


async def test_a_kill_between_keeping_and_confirming_repeats_without_harm(
    tg: Telegram,
) -> None:
    inbox, died = Inbox(), asyncio.Event()

    async def keep_and_die(events: Sequence[Received]) -> None:
        await inbox.keep(events)
        died.set()
        await asyncio.Event().wait()

    tg.say("once")
    async with polling(tg, keep_and_die):
        await died.wait()
    assert len(tg.updates) == 1

    async with polling(tg, inbox.keep):
        await tg.until(lambda: not tg.updates)

    assert (inbox.texts, inbox.repeats) == (["once"], 1)


async def test_a_kill_before_keeping_loses_nothing(tg: Telegram) -> None:
    inbox, died = Inbox(), asyncio.Event()

    async def die(events: Sequence[Received]) -> None:
        died.set()
        await asyncio.Event().wait()

    tg.say("once")
    async with polling(tg, die):
        await died.wait()
    async with polling(tg, inbox.keep):
        await tg.until(lambda: inbox.texts)

    assert (inbox.texts, inbox.repeats) == (["once"], 0)


async def test_polled_elsewhere_is_said_once_and_tried_again(tg: Telegram) -> None:
    inbox, told = Inbox(), list[PollReport]()
    tg.polled_elsewhere = True
    tg.say("hello")

    async with polling(tg, inbox.keep, told):
        await tg.until(lambda: len(tg.called("getUpdates")) > 2)
        assert states(told) == [PollState.ELSEWHERE]
        assert "@BotFather" in told[0].hint
        tg.polled_elsewhere = False
        await tg.until(lambda: inbox.texts)

    assert states(told)[-1] is PollState.POLLING


async def test_two_pollers_at_once_lose_nothing(tg: Telegram) -> None:
    inbox = Inbox()

    async with polling(tg, inbox.keep), polling(tg, inbox.keep):
        for n in range(20):
            tg.say(str(n))
            await asyncio.sleep(0.01)
        await tg.until(lambda: len(inbox.texts) == 20)

    assert inbox.texts == [str(n) for n in range(20)]


async def test_a_webhook_in_the_way_is_removed_and_what_waited_arrives(
    tg: Telegram,
) -> None:
    inbox, told = Inbox(), list[PollReport]()
    tg.webhook = {"url": "http://127.0.0.1:9/hook", "secret": ""}
    tg.say("waiting")

    async with polling(tg, inbox.keep, told):
        await tg.until(lambda: inbox.texts)

    assert states(told)[:2] == [PollState.WEBHOOK_REMOVED, PollState.POLLING]
    assert tg.webhook == {}


async def test_a_revoked_token_ends_the_polling_with_what_to_do(tg: Telegram) -> None:
    told = list[PollReport]()
    tg.revoked = True

    async with polling(tg, Inbox().keep, told) as task:
        with pytest.raises(Revoked):
            await task

    assert states(told) == [PollState.REVOKED]
    assert "TELEGRAM_TOKEN" in told[0].hint


@pytest.mark.parametrize(
    "fault",
    [
        Fault("getUpdates", times=3, drop="before"),
        Fault("getUpdates", times=3, drop="after"),
        Fault("getUpdates", times=3, status=502, description="Bad Gateway"),
        Fault("getUpdates", times=3, status=429, retry_after=0),
        Fault("getUpdates", times=3, status=400, description="Bad Request: odd"),
    ],
    ids=["cut before", "cut after", "bad gateway", "flood", "bad request"],
)
async def test_a_failing_network_is_outlasted(tg: Telegram, fault: Fault) -> None:
    inbox, told = Inbox(), list[PollReport]()
    tg.faults.append(fault)
    tg.say("through")

    async with polling(tg, inbox.keep, told):
        await tg.until(lambda: not tg.updates)

    assert inbox.texts == ["through"]
    assert states(told) == [PollState.OFFLINE, PollState.POLLING]
    assert tg.token not in told[0].detail


async def test_pauses_double_up_to_the_longest_and_obey_telegram(tg: Telegram) -> None:
    slept = list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    gone = Fault("getUpdates", times=5, status=500)
    asked = Fault("getUpdates", status=429, retry_after=7)
    tg.faults += [gone, asked]
    tg.say("at last")
    inbox = Inbox()
    poller = Poller(
        tg.token, ME, inbox.keep, base_url=tg.base_url, pace=QUICK, sleep=sleep
    )
    task = asyncio.create_task(poller.run())
    await tg.until(lambda: inbox.texts)
    task.cancel()

    assert slept == [0.02, 0.04, 0.08, 0.08, 0.08, 7.0]


async def test_an_update_numbered_below_the_last_is_not_confirmed_unseen(
    tg: Telegram,
) -> None:
    inbox = Inbox()

    async with polling(tg, inbox.keep):
        tg.say("before the quiet week")
        await tg.until(lambda: inbox.texts and not tg.updates)
        polls = tg.poll
        await tg.until(lambda: tg.poll > polls + 1)
        tg.push({"update_id": 17, "message_from_2031": {}})
        await tg.until(lambda: len(inbox.kept) == 2)

    assert inbox.kept[1].event_id == "17"


async def test_polling_stops_at_once(tg: Telegram) -> None:
    async with polling(tg, Inbox().keep) as task:
        await tg.until(lambda: tg.poll)
        task.cancel()
        async with asyncio.timeout(0.3):
            with pytest.raises(asyncio.CancelledError):
                await task
