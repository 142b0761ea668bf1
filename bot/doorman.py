"""Who may come in: members pass, codes pair, strangers get a kind no."""

from dataclasses import replace
from uuid import UUID

from agent.ctx import Caller, Origin, Role
from agent.identity import callers
from agent.identity.callers import Identity, Membership, Spot
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Claimed, Message, Place, Sender
from bot.services import Services
from channels.contract import ChannelName, ChatKind, Inbound

STRANGER = Message(
    "Hi! I only work with people my team knows.\n\n"
    "If that is you: whoever runs me can see a pairing code where I was started. "
    "Send me that code here, and we are set."
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
        await say_at_door(services, origin, NOT_A_MEMBER)
        return None
    return await _caller(services, sender, inbound)


async def say_at_door(services: Services, origin: Origin, message: Message) -> None:
    """Answer somebody whose workspace is not known; once per inbox row."""
    place = Place(origin.channel, origin.account, origin.recipient, origin.extra)
    async with services.as_role("door") as session:
        await deliveries.plan(
            session, place, message, owner=Owner(), key=f"{origin.key}:reply"
        )


async def _newcomer(
    services: Services, inbound: Inbound, origin: Origin
) -> Membership | None:
    identity = Identity(
        inbound.channel, team_of(inbound), inbound.sender, inbound.sender_name
    )
    code = inbound.text.strip().removeprefix("/pair").removeprefix("/start").strip()
    async with services.as_role("door") as session:
        paired = (
            await callers.pair(session, identity, code, services.pepper)
            if _may_be_code(inbound, code)
            else None
        )
    if paired is not None:
        await say_at_door(services, origin, PAIRED)
        return None
    if services.admits(identity):
        async with services.as_role("door") as session:
            return await callers.join(session, identity, services.ids)
    await say_at_door(services, origin, STRANGER)
    return None


MAX_CODE = 40


def _may_be_code(inbound: Inbound, code: str) -> bool:
    # Where others read along, the quickest of them would be paired.
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    return is_private and 0 < len(code) <= MAX_CODE


def _role_of(joined: Membership, workspace_id: UUID | None) -> str | None:
    # Who joins becomes a member of the home workspace, and of no other.
    return "member" if workspace_id in {None, joined.workspace_id} else None


async def _caller(services: Services, sender: Sender, inbound: Inbound) -> Caller:
    assert sender.user_id and sender.workspace_id and sender.role  # noqa: S101, PT018
    chat_id = sender.chat_row_id
    if chat_id is None:
        spot = Spot(
            channel=inbound.channel,
            account=inbound.account,
            chat=inbound.chat,
            thread=inbound.thread,
            kind=inbound.chat_kind,
        )
        async with services.as_role("door") as session:
            chat_id = await callers.bind_chat(session, spot, sender.workspace_id)
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
