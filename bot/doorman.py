"""Who may come in: members pass, codes pair, strangers get a kind no."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Origin, Role
from agent.identity import callers, codes, throttles
from agent.identity.callers import Identity, Membership, Spot
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Claimed, Message, Place, Sender
from bot.services import Services
from channels.contract import ChannelName, ChatKind, Inbound

REFUSALS, REFUSED_FOR = 5, timedelta(hours=1)
"""So often is one person turned away in words; what follows is kept in silence."""

STRANGER = Message(
    "Hi! I only work with people my team knows.\n\n"
    "If that is you: whoever runs me can see a pairing code where I was started. "
    "Send it to me in a private message, and we are set."
)

NOT_A_MEMBER = Message(
    "This chat belongs to a workspace you are not in. "
    "Ask one of its owners to invite you, or write to me in private."
)

PAIRED = Message(
    "We are paired. From now on I know you here.\n\n"
    "Tell me what you need, for example:\n\n"
    "> write homepage copy for Acme, a payroll tool for clinics"
)


def team_of(inbound: Inbound) -> str:
    """The team a sender's id is unique in; empty where it is unique by itself."""
    return inbound.account if inbound.channel is ChannelName.SLACK else ""


async def admit(
    services: Services, item: Claimed, inbound: Inbound, origin: Origin
) -> Caller | None:
    """The caller, or None when they were answered at the door."""
    if await _paired(services, inbound, origin):
        return None
    sender = item.sender
    if sender.user_id is None:
        joined = await _newcomer(services, inbound, origin)
        if joined is None:
            return None
        sender = replace(
            sender,
            user_id=joined.user_id,
            workspace_id=sender.workspace_id or joined.workspace_id,
            role=_role_of(joined, sender.workspace_id),
        )
    if sender.user_id is None or sender.workspace_id is None or sender.role is None:
        await _turn_away(services, inbound, origin, NOT_A_MEMBER)
        return None
    return await _caller(services, sender, inbound)


async def say_at_door(services: Services, origin: Origin, message: Message) -> None:
    """Answer somebody whose workspace is not known; once per inbox row."""
    async with services.as_role("door") as session:
        await _say(session, origin, message)


async def _say(session: AsyncSession, origin: Origin, message: Message) -> None:
    place = Place(origin.channel, origin.account, origin.recipient, origin.extra)
    await deliveries.plan(
        session, place, message, owner=Owner(), key=f"{origin.key}:reply"
    )


async def _turn_away(
    services: Services, inbound: Inbound, origin: Origin, message: Message
) -> None:
    who = f"refused:{inbound.channel}:{team_of(inbound)}:{inbound.sender}"
    async with services.as_role("door") as session:
        if await throttles.allow(session, who, limit=REFUSALS, window=REFUSED_FOR):
            await _say(session, origin, message)


async def _paired(services: Services, inbound: Inbound, origin: Origin) -> bool:
    """Whether this was a good pairing code, from somebody known already or not."""
    code = inbound.text.strip().removeprefix("/pair").removeprefix("/start").strip()
    # Where others read along, the quickest of them would be paired.
    if inbound.chat_kind is not ChatKind.PRIVATE or not codes.is_code(code):
        return False
    if inbound.channel is ChannelName.WEB:  # one is signed in there as somebody
        return False
    async with services.as_role("door") as session:
        identity = _identity(inbound)
        member = await callers.pair(session, identity, code, services.pepper)
        if member is None:
            return False
        await callers.hand_over(session, _spot(inbound), member)
        await _say(session, origin, PAIRED)
    return True


async def _newcomer(
    services: Services, inbound: Inbound, origin: Origin
) -> Membership | None:
    identity = _identity(inbound)
    if services.admits(identity):
        async with services.as_role("door") as session:
            return await callers.join(session, identity, services.ids)
    await _turn_away(services, inbound, origin, STRANGER)
    return None


def _identity(inbound: Inbound) -> Identity:
    return Identity(
        inbound.channel, team_of(inbound), inbound.sender, inbound.sender_name
    )


def _spot(inbound: Inbound) -> Spot:
    return Spot(
        channel=inbound.channel,
        account=inbound.account,
        chat=inbound.chat,
        thread=inbound.thread,
        kind=inbound.chat_kind,
    )


def _role_of(joined: Membership, workspace_id: UUID | None) -> str | None:
    # Who joins becomes a member of the home workspace, and of no other.
    return "member" if workspace_id in {None, joined.workspace_id} else None


async def _caller(services: Services, sender: Sender, inbound: Inbound) -> Caller:
    assert sender.user_id and sender.workspace_id and sender.role  # noqa: S101, PT018
    chat_id = sender.chat_row_id
    if chat_id is None:
        async with services.as_role("door") as session:
            chat_id = await callers.bind_chat(
                session, _spot(inbound), sender.workspace_id
            )
    return Caller(
        workspace_id=sender.workspace_id,
        user_id=sender.user_id,
        role=Role[sender.role.upper()],
        chat_id=chat_id,
        channel=inbound.channel,
        conversation_id=sender.conversation_id,
        client_id=sender.client_id,
        timezone=sender.timezone,
    )
