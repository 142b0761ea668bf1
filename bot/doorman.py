"""Who may come in: members pass, codes let in, strangers get a kind no."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Origin, Role
from agent.identity import callers, members, throttles, workspaces
from agent.identity.callers import Identity, Membership, Spot
from agent.mailroom import deliveries
from agent.mailroom.deliveries import Owner
from agent.mailroom.schemas import Claimed, Message, Place, Sender
from bot import codes_brought, privately
from bot.codes_brought import Knock
from bot.render import words
from bot.services import Services
from channels.contract import ChannelName, ChatKind, Inbound

REFUSALS, REFUSED_FOR = 5, timedelta(hours=1)
"""So often is one person turned away in words; what follows is kept in silence."""

STRANGER = Message(
    "Hi! I only work with people my team knows.\n\n"
    "If that is you: whoever runs me can see a pairing code where I was started. "
    "Send it to me in a private message, and we are set. An invitation's code does it, "
    "too, and so does the code that `/link` shows where I know you already."
)

BAD_CODE = Message(
    "That code is no good: it was used, revoked, is too old, or was mistyped.\n\n"
    + STRANGER.text
)

ANONYMOUS = Message(
    "You write here in the name of a group or channel, so I cannot tell who you are. "
    "Write as yourself, or to me in private."
)

NOT_A_MEMBER = Message(
    "This chat belongs to a workspace you are not in. "
    "Ask one of its owners to invite you, or write to me in private."
)


def team_of(inbound: Inbound) -> str:
    """The team a sender's id is unique in; empty where it is unique by itself."""
    return inbound.account if inbound.channel is ChannelName.SLACK else ""


async def admit(
    services: Services, item: Claimed, inbound: Inbound, origin: Origin
) -> Caller | None:
    """The caller, or None when they were answered at the door."""
    if await _let_in_by_code(services, item.sender, inbound, origin):
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
        await _shut_out(services, sender, inbound, origin)
        return None
    return await _caller(services, sender, inbound)


async def known(services: Services, item: Claimed, inbound: Inbound) -> Caller | None:
    """The caller, or None for whoever is answered at the door; nothing is said."""
    who = item.sender
    if who.user_id is None or who.workspace_id is None or who.role is None:
        return None
    return await _caller(services, who, inbound)


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
            await _say(session, _aside(inbound, origin), message)


def _aside(inbound: Inbound, origin: Origin) -> Origin:
    """Where a stranger is answered: a channel need not read along."""
    is_seen = inbound.chat_kind is not ChatKind.PRIVATE
    is_slack = inbound.channel is ChannelName.SLACK
    return privately.whispered(origin) if is_seen and is_slack else origin


async def _let_in_by_code(
    services: Services, sender: Sender, inbound: Inbound, origin: Origin
) -> bool:
    """Whether this was a good code for somebody at the door, and they were told so."""
    brought = codes_brought.read(inbound.text)
    # Where others read along, the quickest of them would be let in; and on the web one
    # is signed in as somebody.
    is_seen = inbound.chat_kind is not ChatKind.PRIVATE
    if brought is None or is_seen or inbound.channel is ChannelName.WEB:
        return False
    knock = Knock(
        brought=brought,
        identity=_identity(inbound),
        spot=_spot(inbound),
        by=origin.key,
        user_id=sender.user_id,
        is_member=sender.role is not None,
    )
    async with services.as_role("door") as session:
        said = await codes_brought.take(session, knock, services.pepper, services.ids)
        if said is not None:
            await _say(session, origin, said)
    return said is not None


async def _newcomer(
    services: Services, inbound: Inbound, origin: Origin
) -> Membership | None:
    if _is_a_chat(inbound):
        await _turn_away(services, inbound, origin, ANONYMOUS)
        return None
    identity = _identity(inbound)
    if services.admits(identity):
        async with services.as_role("door") as session:
            first = await _team_s(session, inbound)
            return await callers.join(session, identity, services.ids, first)
    is_code = codes_brought.read(inbound.text) is not None
    await _turn_away(services, inbound, origin, BAD_CODE if is_code else STRANGER)
    return None


def _is_a_chat(inbound: Inbound) -> bool:
    """Whether a chat speaks: Telegram gives those negative ids, and people none."""
    return inbound.channel is ChannelName.TELEGRAM and inbound.sender.startswith("-")


async def _team_s(session: AsyncSession, inbound: Inbound) -> UUID | None:
    """The workspace that a messenger's team was bound to."""
    if inbound.channel is not ChannelName.SLACK:
        return None
    return await workspaces.bound(session, inbound.channel, inbound.account)


async def _shut_out(
    services: Services, sender: Sender, inbound: Inbound, origin: Origin
) -> None:
    """Tell somebody that they are not in this chat's workspace (any more)."""
    if sender.user_id is not None and inbound.chat_kind is ChatKind.PRIVATE:
        async with services.as_role("door") as session:
            name = await callers.rehome(session, _spot(inbound), sender.user_id)
            if name:
                await _say(session, origin, _elsewhere(name))
                return
    await _turn_away(services, inbound, origin, NOT_A_MEMBER)


def _elsewhere(workspace: str) -> Message:
    return Message(
        "You are no longer in the workspace this chat worked in. From now on it works "
        f"in **{words.name(workspace)}**. Please write that again."
    )


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
    # Who joins becomes a member of one workspace, and of no other.
    return "member" if workspace_id in {None, joined.workspace_id} else None


async def _caller(services: Services, sender: Sender, inbound: Inbound) -> Caller:
    if sender.chat_row_id is None:
        async with services.as_role("door") as session:
            sender = await _in_new_chat(session, sender, inbound)
    assert sender.user_id and sender.workspace_id and sender.role  # noqa: S101, PT018
    return Caller(
        workspace_id=sender.workspace_id,
        user_id=sender.user_id,
        role=Role[sender.role.upper()],
        chat_id=sender.chat_row_id,
        channel=inbound.channel,
        conversation_id=sender.conversation_id,
        client_id=sender.client_id,
        timezone=sender.timezone,
    )


async def _in_new_chat(
    session: AsyncSession, sender: Sender, inbound: Inbound
) -> Sender:
    """The sender in a chat of its own row: where its team is bound, if they are there.

    A thread begins where its chat is.
    """
    assert sender.user_id and sender.workspace_id  # noqa: S101, PT018
    spot = _spot(inbound)
    team_s = await _team_s(session, inbound)
    if team_s is not None and not await callers.is_known_chat(session, spot):
        role = await members.role_in(session, sender.user_id, team_s)
        if role is not None:
            sender = replace(sender, workspace_id=team_s, role=role.value)
    assert sender.workspace_id  # noqa: S101 - as before
    chat_id = await callers.bind_chat(session, spot, sender.workspace_id)
    return replace(sender, chat_row_id=chat_id)
