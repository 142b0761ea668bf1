"""Messages of ours: planned where they are caused, sent by the postman."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Origin
from agent.mailroom import queries
from agent.mailroom.schemas import Message, Place


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose message it is: row security shows it to them alone."""

    workspace_id: UUID | None = None
    conversation_id: UUID | None = None
    run_id: UUID | None = None
    user_id: UUID | None = None
    """Of what no conversation has: theirs alone."""


async def plan(
    session: AsyncSession,
    place: Place,
    message: Message,
    *,
    owner: Owner,
    key: str,
) -> UUID | None:
    """Plan a message; None when one with this ``key`` was planned before."""
    return await queries.plan(
        session,
        place,
        message.payload(place.extra),
        workspace_id=owner.workspace_id,
        conversation_id=owner.conversation_id,
        run_id=owner.run_id,
        user_id=owner.user_id,
        purpose=message.purpose,
        dedupe_key=key,
    )


async def show(session: AsyncSession, delivery: RowMapping, message: Message) -> None:
    """Let a message show something else.

    Its buttons keep their numbers for ever: new ones are added at the end and old ones
    are only hidden, so that a late press still means what it said.
    """
    old = await queries.lock(session, delivery["id"])
    fresh = message.payload(old.get("extra", {}))
    fresh["placeholder"] = old.get("placeholder", "")
    fresh["buttons"] = _merged(old.get("buttons", []), fresh["buttons"])
    await queries.revise(session, delivery["id"], fresh)


async def show_for_run(session: AsyncSession, run_id: UUID, message: Message) -> None:
    """Let the message that answers a run show something else, if there is one."""
    found = await queries.reply_of(session, run_id)
    if found is not None:
        await show(session, found, message)


async def reply_of(session: AsyncSession, run_id: UUID) -> RowMapping | None:
    """The message that answers a run: the newest, should it have been sent anew."""
    return await queries.reply_of(session, run_id)


async def run_of(
    session: AsyncSession, origin: Origin, external_id: str
) -> UUID | None:
    """The run that a message of ours answers, by the messenger's id of it.

    It stands in the thread that ``origin`` is from, or in the chat itself: some
    messengers open a thread under whatever is replied to.
    """
    return await queries.run_of(
        session,
        channel=origin.channel,
        account=origin.account,
        chat=origin.chat,
        thread=origin.thread,
        external_id=external_id,
    )


async def being_answered(
    session: AsyncSession, origin: Origin, external_id: str = ""
) -> UUID | None:
    """The run whose answer is on its way where ``origin`` is from; None: nothing is.

    Only the one that ``external_id`` stands for, if that is a message of ours; else the
    one that is being written, else the newest that waits for its turn.
    """
    return await queries.being_answered(
        session,
        channel=origin.channel,
        account=origin.account,
        chat=origin.chat,
        thread=origin.thread,
        external_id=external_id,
    )


async def get(session: AsyncSession, delivery_id: UUID) -> RowMapping | None:
    """One delivery, if the caller may see it."""
    return await queries.get(session, delivery_id)


async def stream(
    session: AsyncSession, run_id: UUID, attempt: int, partial: str
) -> bool:
    """Show a run's text so far; False when this attempt is no longer running."""
    return await queries.stream(session, run_id, attempt, partial)


async def progress(
    session: AsyncSession, run_id: UUID, attempt: int, line: str = ""
) -> None:
    """Say in a line what is being done for a run, beside its text so far.

    Empty: what its placeholder said. Nothing happens once the attempt has ended.
    """
    await queries.progress(session, run_id, attempt, line)


def owner_of(delivery: RowMapping) -> Owner:
    """Whose a delivery is, for another one that says more of the same."""
    return Owner(
        delivery["workspace_id"],
        delivery["conversation_id"],
        user_id=delivery["user_id"],
    )


def place_of(delivery: RowMapping) -> Place:
    """Where a delivery went, for another one to follow it."""
    return Place(
        channel=delivery["channel"],
        account=delivery["account"],
        recipient=delivery["recipient"],
        extra=delivery["payload"].get("extra", {}),
    )


def _merged(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    kept = [dict(button, shown=False) for button in old]
    for button in new:
        twin = next((b for b in kept if _same(b, button)), None)
        if twin is None:
            kept.append(button)
        else:
            twin.update(button)
    return kept


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(
        one["operation"] == other["operation"] and one["params"] == other["params"]
    )
