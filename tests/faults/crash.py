"""Somebody does something, the app is killed at a point, and goes on in a next life."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from db import faultpoints
from tests.faults.world import ASK, Shown, Site
from tests.standins.anthropic import Fault

BOTH = "write page copy and an email sequence for Acme"
"""Fits two skills alike, so that a question comes back."""

REMOTE = {p for p in faultpoints.POINTS if p.startswith("relay.")}
"""Points on the way to an Inngest server; tests/bot/durable/remote visits them."""

WAITS = {"ask.shown", "approve.shown", "wait.over", "engine.wait_matched"}
"""Points on the way of a request that waits for a person; test_kill_waits."""

ASSISTS = {
    p for p in faultpoints.POINTS if p.startswith(("think.", "tool.", "consent."))
}
"""Points on the way of an answer with tools; test_kill_tools."""

CHECKS = {"check.ruled", "check.repaired"}
"""Points on the way of a piece with standing instructions; test_kill_checks."""

STAGES = {"write.read"}
"""Points on the way of a piece that is worked out in stages; test_kill_stages."""

FILES = {"file.fetched", "file.kept", "file.ready"}
"""Points on the way of a file that came along; test_kill_files."""

ENGINE_ONLY = {"engine.timer_due", "engine.failure_handler", "engine.cron_tick"}
"""Points that no request passes; tests/bot/durable and tests/torture visit them."""

REQUESTS = sorted(
    faultpoints.POINTS
    - (REMOTE | WAITS | CHECKS | ASSISTS | STAGES | FILES | ENGINE_ONLY)
)
"""Points on the way of a request; none of its steps sleeps, and it does not fail."""
MESSAGES = [p for p in REQUESTS if p.startswith(("keep.", "inbox.", "post."))]
"""Points on the way of what is answered at once: commands, scores."""


@dataclass(frozen=True)
class Deed:
    """Something a person does, with what has to be there before."""

    do: Callable[[Site], Awaitable[object]]
    prepare: Callable[[Site], Awaitable[object]] | None = None
    again: Callable[[Site], Awaitable[object]] | None = None
    """What the person does when the messenger says that it did not get through."""


@dataclass(frozen=True)
class Outcome:
    """How a crash ended, for the person and for the books."""

    shown: Shown
    calls: int
    """Model calls paid for by what was done, not by what was prepared."""
    recovery_s: float
    """From the next life's beginning until nothing was left to do."""
    start_s: float
    """How much of it was starting."""
    repeated: bool
    """Whether the person did it once more, told by the messenger that it failed."""


async def crash(site: Site, deed: Deed, fault: str) -> Outcome:
    """Kill the app at ``fault`` while somebody does the deed; how it ended.

    Raises:
        AssertionError: The point was not reached, or something never came to rest.
    """
    if deed.prepare:
        await site.starts()
        await deed.prepare(site)
        await site.quiet()
        await site.app.stops()
    before = site.calls()
    await site.starts(fault)
    doing = asyncio.ensure_future(deed.do(site))
    try:
        await site.app.dies()
        began = time.monotonic()
        await site.starts()
        up = time.monotonic()
        await doing
    finally:
        doing.cancel()
    repeated = await _again(site, deed)
    ended = await site.quiet()
    shown = Shown.at(site.ana)
    calls = site.calls() - before
    return Outcome(shown, calls, ended - began, up - began, repeated)


async def _again(site: Site, deed: Deed) -> bool:
    # Slack repeats events only; of a press or a command it says that it failed.
    await site.settles()
    asked = [d for d in site.outside.slack.deliveries if d.kind != "events_api"]
    if deed.again is None or not asked or asked[-1].taken:
        return False
    await deed.again(site)
    return True


async def asks(site: Site) -> None:
    """Ask for a piece."""
    await site.ana.writes(ASK)


async def has_piece(site: Site) -> None:
    """Have a finished piece."""
    await site.ana.writes(ASK)
    await site.quiet()
    await site.ana.sees("How good is it", buttons=("1", "5"))


async def rates(site: Site) -> None:
    """Press a score under the piece."""
    await site.ana.presses("4")


async def helps(site: Site) -> None:
    """Ask for help."""
    await site.ana.commands("help")


async def is_asked(site: Site) -> None:
    """Be asked which skill is meant."""
    await site.ana.writes(BOTH)
    await site.quiet()
    await site.ana.sees("Which of these do you mean")


async def chooses(site: Site) -> None:
    """Choose one."""
    await site.ana.presses("Copywriting")


PIECE = Deed(asks)
RATING = Deed(rates, prepare=has_piece, again=rates)
HELP = Deed(helps, again=helps)
CHOICE = Deed(chooses, prepare=is_asked, again=chooses)


async def has_failed(site: Site) -> None:
    """Have asked for a piece that could not be written."""
    site.outside.claude.script(Fault.own_limit())
    await site.ana.writes(ASK)
    await site.quiet()
    site.script(times=4)


async def tries_again(site: Site) -> None:
    """Have it tried again."""
    await site.ana.presses("Try again")


RETRY = Deed(tries_again, prepare=has_failed, again=tries_again)
