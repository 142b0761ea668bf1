"""Effects, written down twice: in the database, and in a file that outlives it."""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uuid_utils.compat as uuids
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.durable.database import LOST

CREATE = (
    "CREATE SCHEMA torture",
    "CREATE TABLE torture.effects (id uuid PRIMARY KEY, key text NOT NULL)",
    "GRANT USAGE ON SCHEMA torture TO agent_system, agent_worker",
    "GRANT SELECT, INSERT ON torture.effects TO agent_system, agent_worker",
)
INSERT = "INSERT INTO torture.effects (id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Effect:
    """One time that a step did something."""

    id: str
    key: str
    """Run and step."""
    lane: str
    pid: int
    began: float
    """Seconds since 1970."""
    ended: float | None
    """None: its process did not get that far."""
    kept: bool
    """The database said that it has it."""
    done: float
    """When its step came to its end; 0 when it was cut off."""


class Ledger:
    """What one process writes."""

    def __init__(self, system: AsyncEngine, path: Path) -> None:
        """Write to ``torture.effects`` and to a file."""
        self._options = _options(system)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def effect(self, key: str, lane: str) -> AsyncIterator[None]:
        """Note that an effect begins, that it is done, and when its step was left."""
        effect_id, kept, done = uuids.uuid7(), False, 0.0
        self._line(id=str(effect_id), key=key, lane=lane, pid=os.getpid())
        try:
            await self._insist(effect_id, key)
            kept = True
            yield
            done = time.time()
        finally:
            self._line(id=str(effect_id), kept=kept, done=done)

    async def _insist(self, effect_id: UUID, key: str) -> None:
        while True:
            try:
                async with self._turn:
                    await (await self._connected()).execute(INSERT, effect_id, key)
            except LOST:
                await asyncio.sleep(0.05)
            else:
                return

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(**self._options, timeout=5)
        return self._connection

    def _line(self, **facts: Any) -> None:
        os.write(self._file, json.dumps(facts | {"at": time.time()}).encode() + b"\n")


def read(path: Path) -> list[Effect]:
    """Return all effects in the order of their beginnings."""
    begun: dict[str, dict[str, Any]] = {}
    ended: dict[str, dict[str, Any]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        facts = json.loads(line)
        if "key" in facts:
            begun[facts["id"]] = facts
        else:
            ended[facts["id"]] = facts
    made = [
        Effect(
            id=effect_id,
            key=facts["key"],
            lane=facts["lane"],
            pid=facts["pid"],
            began=facts["at"],
            ended=ended.get(effect_id, {}).get("at"),
            kept=ended.get(effect_id, {}).get("kept", False),
            done=ended.get(effect_id, {}).get("done", 0.0),
        )
        for effect_id, facts in begun.items()
    ]
    return sorted(made, key=lambda effect: effect.began)


async def create(admin: URL) -> None:
    """Make the table."""
    engine = create_async_engine(admin)
    async with engine.begin() as connection:
        for statement in CREATE:
            await connection.exec_driver_sql(statement)
    await engine.dispose()


def _options(engine: AsyncEngine) -> dict[str, Any]:
    _, options = engine.dialect.create_connect_args(engine.url)
    return dict(options)
