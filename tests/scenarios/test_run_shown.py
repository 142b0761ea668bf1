"""/run, at each door: where it stands, why, what it waits for, and what is next."""

import asyncio
from datetime import timedelta

from tests.scenarios.house import House
from tests.standins.anthropic import Fault, Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def test_a_finished_run_tells_of_itself_and_gives_its_piece_again(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    house.claude.script(Reply("# Payday\n\nPay on time."))
    await ana.writes(ASK)
    await ana.sees("Pay on time", buttons=("1", "5"))
    await ana.commands("run")
    shown = await ana.sees("Run", "done", buttons=("Show the piece", "Once more"))
    assert shown.has("Asked", "ago", "Writing done", "It cost", "tokens")
    assert shown.has('Why Copywriting: you wrote "')
    assert ":1" not in shown.text
    await ana.presses("Show the piece", under=shown)
    given = await ana.sees("Payday", "of run")
    assert given.files == ["payday.md"]
    await house.rests()


async def test_a_run_under_way_offers_to_stop_it(house: House, door: str) -> None:
    ana = await house.member(door)
    house.claude.script(Reply("Slow. " * 60, pace_s=0.1))
    await ana.writes(ASK)
    await ana.sees("Slow")
    await ana.commands("run")
    shown = await ana.sees("Run", "being written", buttons=("Stop",))
    assert shown.has("Writing under way")
    await ana.presses("Stop", under=shown)
    await ana.sees("Stopped")
    await house.rests()


async def test_a_run_whose_try_failed_says_when_the_next_one_is(house: House) -> None:
    ana = await house.member("telegram")
    wait_s = int(timedelta(minutes=2).total_seconds())
    house.claude.script(Fault.rate_limited(str(wait_s)))
    await ana.writes(ASK)
    run = "SELECT max(attempt) FROM engine.jobs"
    await ana.sees("Working on it")
    while not await house.asks(run):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await ana.commands("run")
    shown = await ana.sees("That failed once", "I try again in", buttons=("Stop",))
    assert shown.has("1 minute") or shown.has("2 minutes")
    await ana.presses("Stop", under=shown)
    await ana.sees("Stopped")
    await house.rests()


async def test_a_failed_run_says_why_and_offers_to_try_again(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(Fault(400, "invalid_request_error"))
    await ana.writes(ASK)
    await ana.sees(buttons=("Try again",))
    await ana.commands("run")
    await ana.sees("Run", "failed", "What went wrong", buttons=("Try again",))
    await house.rests()
