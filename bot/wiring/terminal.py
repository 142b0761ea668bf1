"""``draper chat``: one person at a terminal, beside a running Draper or all alone."""

import asyncio
import contextlib
import sys
from pathlib import Path

from agent.identity import callers
from agent.identity.callers import Identity
from agent.mailroom import outstanding
from bot.services import Services
from bot.settings import Settings
from bot.wiring.database import open_database
from bot.wiring.processes import (
    Process,
    keep_skills,
    open_process,
    post,
    work_inbox,
)
from bot.wiring.services import running
from channels.contract import ChannelName, OutFile
from channels.terminal.door import Save, TerminalDoor
from channels.terminal.parse import Seat
from channels.terminal.screen import Pipe, Screen, Tty
from channels.terminal.talk import Talk, gathered, lines_from

SEAT = Seat(chat="local")
"""Whoever can read the data folder is its owner: there is one seat."""

HELLO = "Draper here. Tell me what you need; /help shows commands, exit leaves."
SETTLE_S = 0.3
LONGEST_S = 120.0
"""How long a piped talk waits for answers after its input has ended."""


async def talk(settings: Settings) -> None:
    """Talk until the person leaves or the input ends."""
    async with (
        open_database(settings, may_join=True) as pools,
        open_process(settings, pools) as made,
        contextlib.AsyncExitStack() as stack,
    ):
        await _know(made.core.services)
        screen: Screen = Tty(sys.stdout) if sys.stdout.isatty() else Pipe(sys.stdout)
        door = TerminalDoor(screen, _saver(settings.home / "received"))
        made.doors.channels["terminal"] = door
        if not pools.is_shared:
            await stack.enter_async_context(running(made.core))
        if made.arrival.is_rehearsal:
            screen.add(["No ANTHROPIC_API_KEY is set: a rehearsal model answers."])
        screen.add([HELLO])
        await _converse(made, door, screen, alone=not pools.is_shared)


async def _converse(
    made: Process, door: TerminalDoor, screen: Screen, *, alone: bool
) -> None:
    services = made.core.services
    loops = [post(made, {"terminal": door})]
    if alone:
        loops += [work_inbox(made), *keep_skills(made)]
    tasks = [asyncio.create_task(loop) for loop in loops]
    conversation = Talk(
        door=door,
        screen=screen,
        keep=made.keep,
        seat=SEAT,
        now=services.clock.now,
        new_id=lambda: str(services.ids.new()),
    )
    try:
        lines = lines_from(sys.stdin)
        # A person pastes several lines as one text; a pipe sends a message a line.
        await conversation.run(gathered(lines) if sys.stdin.isatty() else lines)
        if not sys.stdin.isatty():
            await _quiet(services)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _quiet(services: Services) -> None:
    """Return when everything typed is answered, so that a pipe sees the answers."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_S):
            while await _open_ends(services):  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(SETTLE_S)


async def _open_ends(services: Services) -> bool:
    async with services.as_role("worker") as session:
        return await outstanding.any_left(session, ChannelName.TERMINAL)


async def _know(services: Services) -> None:
    async with services.as_role("door") as session:
        owner = await callers.ensure_owner(session, services.ids)
        await callers.know(session, owner, Identity("terminal", "", SEAT.chat))


def _saver(folder: Path) -> Save:
    def save(file: OutFile) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / Path(file.name).name
        target.write_bytes(file.body)
        return str(target)

    return save
