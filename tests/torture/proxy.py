"""A way to PostgreSQL that loses the answers to commits.

Source: PostgreSQL's manual, chapter "Frontend/Backend Protocol", message formats.
"""

import asyncio
import contextlib
import random
import re
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL

from db.server_bootstrap import PORT, Urls

PATIENT = b"draper-engine"
"""Whose connections are cut, by their application name."""
WRITE = re.compile(rb"\b(INSERT|UPDATE|DELETE)\b")
IDLE, IN_TRANSACTION = b"I", b"T"


@dataclass
class Session:
    """What one connection is in the midst of."""

    status: bytes = IDLE
    statements: dict[bytes, bytes] = field(default_factory=dict)
    """Prepared SQL by name."""
    asked: bytes = b""
    """The SQL on its way."""
    cut: bool = False
    """The answer is to be lost."""

    def sees(self, kind: bytes, body: bytes) -> bool:
        """Take note of what the client says; True if the server is to answer now."""
        if kind == b"P":
            name, sql, _ = body.split(b"\0", 2)
            self.statements[name] = sql
        elif kind == b"B":
            name = body.split(b"\0", 2)[1]
            self.asked = self.statements.get(name, b"")
        elif kind == b"Q":
            self.asked = body
        return kind in (b"Q", b"S")

    @property
    def commits(self) -> bool:
        """Whether the answer on its way is to a commit."""
        if self.asked.startswith(b"COMMIT"):
            return self.status == IN_TRANSACTION
        return self.status == IDLE and bool(WRITE.search(self.asked))


class Proxy:
    """Stands before a server and cuts some of its connections."""

    def __init__(self, target: Path, chance: random.Random, most: int) -> None:
        """Lead to the socket ``target``; cut ``most`` times, then no more."""
        self._target = target
        self._chance = chance
        self._most = most
        self.lost = 0
        """Commits that were done, but whose answer was lost."""
        self.undone = 0
        """Commits that did not arrive."""

    @property
    def is_done(self) -> bool:
        """Whether it has cut often enough."""
        return self.lost >= self._most

    async def serve(
        self, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> None:
        """Carry one connection, for as long as it lasts."""
        server, questions = await asyncio.open_unix_connection(self._target)
        session = Session()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            start = await _start(client)
            questions.write(start)
            tasks = [
                asyncio.create_task(one)
                for one in (
                    self._ask(client, questions, session, PATIENT in start),
                    self._answer(server, answers, session),
                )
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        answers.transport.abort()
        questions.close()

    async def _ask(
        self,
        client: asyncio.StreamReader,
        questions: asyncio.StreamWriter,
        session: Session,
        patient: bool,  # noqa: FBT001 - a fact about the connection
    ) -> None:
        while True:
            kind, message = await _message(client)
            answered = session.sees(kind, message[5:])
            if patient and answered and session.commits and self._strikes(0.08):
                if self._strikes(0.2):
                    self.undone += 1
                    return
                session.cut = True
            questions.write(message)
            await questions.drain()
            if answered:
                session.asked = session.asked if session.cut else b""

    async def _answer(
        self,
        server: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
        session: Session,
    ) -> None:
        while True:
            kind, message = await _message(server)
            ready = kind == b"Z"
            if ready:
                session.status = message[5:6]
            if session.cut and ready:
                self.lost += 1
                return
            if not session.cut:
                answers.write(message)

    def _strikes(self, often: float) -> bool:
        return not self.is_done and self._chance.random() < often


@contextlib.asynccontextmanager
async def between(
    urls: Urls, folder: Path, chance: random.Random, cuts: int
) -> AsyncIterator[tuple[Proxy, Urls]]:
    """A proxy, and the URLs that lead through it."""
    folder.mkdir(mode=0o700)  # noqa: ASYNC240 - one small folder
    socket = f".s.PGSQL.{PORT}"
    proxy = Proxy(Path(str(urls.system.query["host"])) / socket, chance, cuts)
    server = await asyncio.start_unix_server(proxy.serve, folder / socket)

    def led(url: URL) -> URL:
        return url.set(query={"host": str(folder)})

    try:
        yield proxy, Urls(*map(led, (urls.owner, urls.app, urls.system, urls.admin)))
    finally:
        server.close()


async def _start(client: asyncio.StreamReader) -> bytes:
    length = await client.readexactly(4)
    return length + await client.readexactly(struct.unpack("!i", length)[0] - 4)


async def _message(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the next message's kind, and the whole of it."""
    head = await stream.readexactly(5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], head + await stream.readexactly(length - 4)
