"""A Slack workspace that put us out: what ends with it, and who is told elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import founding
from agent.mailroom import departures, notices
from agent.mailroom.notices import Notice
from agent.mailroom.schemas import Message
from agent.ports import Clock
from agent.vault import installations
from bot.render import words
from channels.contract import ChannelName, Keep, NotKept, Received
from channels.ends import End
from channels.slack.wire import Json, part, payload_of, string
from db.tenancy import SystemRole

SLACK = ChannelName.SLACK
UNINSTALLED = "the app was removed from the Slack workspace"
LATEST = 2**33
"""Seconds since 1970; a later moment is none."""
REVOKED = "the app's token was revoked in Slack"
REASONS = {
    "app_uninstalled": UNINSTALLED,
    "account_inactive": UNINSTALLED,
    "tokens_revoked": REVOKED,
    "token_revoked": REVOKED,
    "token_expired": "the app's token has expired, and could not be renewed",
    "invalid_refresh_token": "the app's token could not be renewed",
    "invalid_auth": "Slack no longer takes the app's token",
}

log = structlog.get_logger()


class Backing(Protocol):
    """What this works with; ``bot.services.Services`` has it all."""

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class Endings:
    """Ends installations, in steps that may each be done twice."""

    def __init__(self, backing: Backing) -> None:
        """Work with ``backing``."""
        self._backing = backing

    async def end(
        self, account: str, code: str, at: datetime | None = None, *, status: str = ""
    ) -> bool:
        """End the installation in ``account``; False: there was none, or a newer one.

        ``code``: what Slack calls it, a key of ``REASONS``; ``at``: when it happened.
        """
        when = at or self._backing.clock.now()
        why = REASONS.get(code, code)
        async with self._backing.as_role("vault") as session:
            found = await installations.ending(session, SLACK, account, when)
        if found is None:
            return False
        async with self._backing.as_role("door") as session:
            await departures.leave(session, SLACK, account)
            owners = await founding.admins(session, found.workspace_id)
        async with self._backing.as_role("worker") as session:
            ended = await departures.fail(
                session, SLACK, account, End.REVOKED.because(why)
            )
            # The same for every event that tells of this one end.
            key = f"uninstalled:{found.id}:{found.since}"
            await _tell(session, found.workspace_id, owners, _news(found.name, key))
        # Last: whatever broke off before is done again from the beginning.
        async with self._backing.as_role("vault") as session:
            await installations.end(
                session, SLACK, account, why, when, status=status or "revoked"
            )
        log.warning("slack.ended", reason=why, count=len(ended))
        return True


async def _tell(
    session: AsyncSession, workspace_id: UUID, owners: Sequence[UUID], notice: Notice
) -> None:
    for person in owners:
        await notices.notify(session, workspace_id, person, notice)


def _news(name: str, key: str) -> Notice:
    where = f"**{words.name(name)}**" if name else "your Slack workspace"
    said = Message(
        f"I was removed from {where} on Slack, so I can't read or write there any "
        "more. What I was about to post there stays in the console.\n\n"
        "To have me back, install me again; your chats there go on where they were."
    )
    return Notice(key=key, topic="security", message=said)


def heeding(
    keep: Keep, endings: Endings, forget: Callable[[str], None] = lambda _: None
) -> Keep:
    """The same ``keep``, which first acts on news of our being put out.

    Before it is acknowledged: should it fail, Slack tells us once more.
    """

    async def heed(received: Sequence[Received]) -> None:
        for one in received:
            if one.inbound is None and (news := _end_of(one)):
                await _heed(endings.end(one.account, *news))
                forget(one.account)
        await keep(received)

    return heed


async def _heed(ending: Awaitable[bool]) -> None:
    try:
        await ending
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise NotKept(type(error).__name__) from error


def _end_of(received: Received) -> tuple[str, datetime | None] | None:
    """What ended our stay and when, where this is such news."""
    payload = payload_of(received.body)
    if payload.get("type") != "event_callback":
        return None
    event = part(payload, "event")
    match string(event, "type"):
        case "app_uninstalled" as kind:
            return kind, _moment(payload)
        case "tokens_revoked" as kind if _bots(event):
            return kind, _moment(payload)
    return None


def _bots(event: Json) -> Any:
    # People's own tokens, of which we have none, are revoked under the same name.
    return part(event, "tokens").get("bot")


def _moment(payload: Json) -> datetime | None:
    match payload.get("event_time"):
        case int() as at if 0 < at < LATEST:
            return datetime.fromtimestamp(at, UTC)
    return None
