"""A desk in memory: the page's doings are on record, its news is up to the test."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot.web.desk import (
    Batch,
    Shown,
    ShownButton,
    ShownFile,
    Speaker,
    TooManyTries,
    Visitor,
    WebCaller,
)
from channels.contract import Kind, NotKept, OutFile, Received
from channels.web.render import to_html

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = WebCaller(
    user_id=UUID(int=11), workspace_id=UUID(int=1), session_id=UUID(int=21), name="Ana"
)
CODE = "K7QMX-4WPT9-HC3RD"
TOKEN = "a-session-token"
BEAT_S = 0.1


class Still:
    """A clock that a test holds."""

    def now(self) -> datetime:
        return NOON


class FakeDesk:
    """Satisfies `Desk`; every change has a number, which is the stream's cursor."""

    def __init__(self) -> None:
        self.sessions: dict[str, WebCaller] = {TOKEN: ANA}
        self.codes = {CODE}
        self.kept: list[Received] = []
        self.files: dict[str, OutFile] = {}
        self.visitors: list[Visitor] = []
        self.refuse_to_keep = False
        self.too_many = False
        self.echo = True
        self.failure: Exception | None = None
        self.at = NOON
        self._shown: dict[str, tuple[int, Shown]] = {}
        self._changes = 0
        self._changed = asyncio.Event()

    async def redeem(self, code: str, visitor: Visitor) -> str | None:
        self.visitors.append(visitor)
        if self.too_many:
            raise TooManyTries
        if code not in self.codes:
            return None
        self.codes.remove(code)
        fresh = TOKEN if TOKEN not in self.sessions else f"{TOKEN}-{len(self.sessions)}"
        self.sessions[fresh] = ANA
        return fresh

    async def who(self, token: str) -> WebCaller | None:
        if self.failure:
            raise self.failure
        return self.sessions.get(token)

    async def rotate(self, token: str, visitor: Visitor) -> str | None:
        if token not in self.sessions:
            return None
        fresh = f"{token}+"
        self.sessions[fresh] = replace(self.sessions.pop(token), is_moved=False)
        return fresh

    async def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)
        self._wake()

    async def history(
        self, caller: WebCaller, *, limit: int, before: str = ""
    ) -> list[Shown]:
        older = [s for s in self._ordered() if not before or s.order < before]
        return older[-limit:]

    async def changes(self, caller: WebCaller, after: str) -> AsyncIterator[Batch]:
        cursor = int(after) if after.isdigit() else 0
        if not cursor:
            shown = await self.history(caller, limit=50)
            cursor = self._changes
            yield Batch(str(cursor), tuple(shown), whole=True)
        while True:
            changed = self._changed
            news = [one for number, one in self._shown.values() if number > cursor]
            cursor = self._changes
            yield Batch(str(cursor), tuple(news))
            await _wait(changed)

    async def keep(self, received: Sequence[Received]) -> None:
        if self.refuse_to_keep:
            raise NotKept
        known = {one.event_id for one in self.kept}
        for one in received:
            if one.event_id not in known:
                self.kept.append(one)
                self._echo(one)

    async def file(self, caller: WebCaller, key: str) -> OutFile | None:
        return self.files.get(key)

    def say(
        self,
        key: str,
        markdown: str,
        *,
        working: bool = False,
        buttons: Sequence[ShownButton] = (),
        files: Sequence[ShownFile] = (),
    ) -> None:
        """Show or change the message ``key`` of Draper's."""
        self.put(
            self._message(key, "draper", markdown if not working else ""),
            html=to_html(markdown),
            working=working,
            buttons=tuple(buttons),
            files=tuple(files),
        )

    def put(self, shown: Shown, **facts: object) -> None:
        """Show a message as it is, but for ``facts``."""
        self._changes += 1
        known = self._shown.get(shown.id)
        order = known[1].order if known else shown.order
        whole = replace(shown, order=order, **facts)  # type: ignore[arg-type]
        self._shown[shown.id] = (self._changes, whole)
        self._wake()

    def _echo(self, received: Received) -> None:
        seen = received.inbound
        if not self.echo or seen is None or seen.kind is Kind.PRESS:
            return
        said = self._message(f"m{len(self.kept)}", "you", seen.text)
        self.put(said, client_id=seen.message_id)

    def _message(self, key: str, role: Speaker, markdown: str) -> Shown:
        self.at += timedelta(seconds=1)
        order = f"{len(self._shown):09}"
        return Shown(id=key, order=order, role=role, at=self.at, markdown=markdown)

    def _ordered(self) -> list[Shown]:
        return sorted((s for _, s in self._shown.values()), key=lambda s: s.order)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def _wait(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(BEAT_S):
            await changed.wait()
    except TimeoutError:
        return
