"""That we are at work in a thread, as Slack itself shows it: with its own Stop.

Best effort throughout: a status that is not shown never holds an answer up.

Source: docs.slack.dev/ai/agent-sessions, /reference/methods/agents.sessions.setStatus
and assistant.threads.setStatus, which workspaces without sessions still know
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from channels.contract import Refused, SendError
from channels.slack.clients import Clients
from channels.slack.failures import Outside, explained

PATIENCE_S = 2.0
REMEMBERED = 1_000
AGAIN_S = 600.0
"""After which a way that a workspace refused is tried again: it may be let by now."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation with us: in a channel, or in our own view."""

    account: str
    chat: str
    thread: str


Way = Callable[[AsyncWebClient, Thread, str], Awaitable[object]]


class Sessions:
    """What each thread says of us."""

    def __init__(
        self, clients: Clients, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Speak through ``clients``; ``now`` counts seconds from anywhere."""
        self._clients = clients
        self._now = now
        self._refused: dict[tuple[str, Way], float] = {}
        """(account, way) -> until when it is not tried."""
        self._busy: dict[Thread, None] = {}

    async def working(self, where: Thread, said: str, *, anew: bool = False) -> None:
        """Show that we are at work; ``said`` where the workspace shows words. Total.

        Not twice in a row, unless it is ``anew``.
        """
        if not where.thread or (where in self._busy and not anew):
            return
        if len(self._busy) >= REMEMBERED:
            self._busy.pop(next(iter(self._busy)))
        self._busy[where] = None
        await self._show(where, said)

    async def resting(self, where: Thread, *, surely: bool = False) -> None:
        """Take that away, if this process showed it; ``surely``: in any case. Total."""
        if where in self._busy or (surely and where.thread):
            self._busy.pop(where, None)
            await self._show(where, "")

    async def _show(self, where: Thread, said: str) -> None:
        now = self._now()
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        for way in (_session, _line):
            if self._refused.get((where.account, way), now) > now:
                continue
            try:
                async with asyncio.timeout(PATIENCE_S):
                    with explained():
                        await way(await self._clients.of(where.account), where, said)
            except Refused as refusal:
                log.info("slack.no_status", reason=str(refusal))
                if isinstance(refusal, Outside):
                    return
                # The workspace does not know this way, or has not let us use it.
                self._refused[where.account, way] = now + AGAIN_S
                continue
            except (SendError, TimeoutError) as failure:
                log.info("slack.no_status", reason=str(failure))
            return


async def _session(client: AsyncWebClient, where: Thread, said: str) -> object:
    return await client.agents_sessions_setStatus(
        channel_id=where.chat,
        thread_ts=where.thread,
        status="processing" if said else "active",
    )


async def _line(client: AsyncWebClient, where: Thread, said: str) -> object:
    return await client.assistant_threads_setStatus(
        channel_id=where.chat, thread_ts=where.thread, status=said
    )
