"""How often the database is asked: a little, and the same however much was said."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import event

from bot.ears import Heard
from bot.inbox_worker import InboxWorker
from bot.postman import Postman
from channels.telegram.parse import Me, parse
from db.server_bootstrap import Urls
from tests.scenarios.house import House, Outside, settings, still
from tests.scenarios.on_telegram import OnTelegram

ASK = "write homepage copy for Acme, a payroll tool for clinics"
FRAMES = ("set_config(", "SET LOCAL ROLE")
ENGINE = ("engine.", "pg_notify")


@dataclass
class Counted:
    """Statements in order, by what they are for."""

    ours: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    """What opens a transaction for somebody: rights and settings."""
    engine: list[str] = field(default_factory=list)

    def take(self, statement: str) -> None:
        line = " ".join(statement.split())
        kinds = {FRAMES: self.frames, ENGINE: self.engine}
        kind = next((k for k in kinds if any(mark in line for mark in k)), None)
        (self.ours if kind is None else kinds[kind]).append(line[:110])

    def __str__(self) -> str:
        counts = f"{len(self.ours)} statements, {len(self.frames)} frames"
        return f"{counts}, {len(self.engine)} of the engine"


@contextmanager
def counting(*engines: Any) -> Iterator[Counted]:
    """Count what goes through these pools (the engine's own pool is not among them)."""
    counted = Counted()

    def heed(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        counted.take(statement)

    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", heed)
    try:
        yield counted
    finally:
        for engine in engines:
            event.remove(engine.sync_engine, "before_cursor_execute", heed)


@dataclass
class Way:
    """The way of one message, step by step and with nothing else going on."""

    house: House
    ana: OnTelegram

    async def arrives(self) -> None:
        await self.ana.writes(ASK)
        update = self.house.telegram.updates.pop()
        me = Me(str(self.house.telegram.bot_id), self.house.telegram.username)
        await self.house.made.keep([parse(json.dumps(update).encode(), me)])

    async def is_worked(self) -> None:
        worker = InboxWorker(self.house.made.core.services, Heard())
        await worker._round()
        await asyncio.gather(*worker._under_way)

    async def is_answered(self) -> None:
        made = self.house.made
        postman = Postman(made.core.services, Heard(), made.doors.channels)
        await postman._round()
        await asyncio.gather(*postman._under_way)

    async def goes(self) -> tuple[Counted, Counted]:
        """Let one message come to its placeholder: what keeping took, and the rest."""
        pools = self.house.pools
        with counting(pools.keeping) as kept:
            await self.arrives()
        with counting(pools.app, pools.system) as worked:
            await self.is_worked()
            await self.is_answered()
        # Nothing is written here: from the second on they are queued.
        shown = self.ana.chat()[-1]
        assert shown.has("Working on it") or shown.has("Queued behind")
        return kept, worked

    async def remembers(self, said: int) -> None:
        await self.house.rows(
            """INSERT INTO messages (workspace_id, conversation_id, role, channel,
                                     content)
               SELECT workspace_id, conversation_id, 'user', channel, 'said before'
               FROM (SELECT * FROM messages ORDER BY id DESC LIMIT 1) m,
                    generate_series(1, :said)""",
            said=said,
        )


@pytest_asyncio.fixture(loop_scope="session")
async def way(urls: Urls, outside: Outside, tmp_path: Path) -> AsyncIterator[Way]:
    chosen = settings(urls, tmp_path / "home", outside)
    async with still(urls, chosen, outside) as house:
        ana = await house.member("telegram")
        assert isinstance(ana, OnTelegram)
        yield Way(house, ana)


async def test_a_message_takes_few_statements_however_long_the_history(
    way: Way,
) -> None:
    first = await way.goes()  # binds the chat and begins the conversation
    await way.remembers(10)
    kept, worked = await way.goes()
    await way.remembers(1000)
    later = await way.goes()
    told = [f"first message of a chat: kept by {first[0]}; placeholder by {first[1]}"]
    told += [f"any other: kept by {kept}; placeholder by {worked}", *worked.ours]
    sys.stdout.write("\n".join(told))
    assert len(kept.ours) <= 2
    # One of them finds out how long it takes and what it waits for: the placeholder
    # says so. Two more: whose piece it is, and by which version it is written.
    assert len(worked.ours) <= 13
    assert (later[0], later[1]) == (kept, worked)
