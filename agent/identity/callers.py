"""Who is speaking: pairing, joining, and the chats people speak in.

All of it runs before the tenant is known, on a session of ``system("door")``.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.errors import Conflict
from agent.identity import caller_queries, codes
from agent.ports import Ids

PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as one messenger knows them."""

    channel: str
    team: str
    sender: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """An account, and the workspace it speaks in."""

    user_id: UUID
    workspace_id: UUID


@dataclass(frozen=True, slots=True)
class Spot:
    """A chat, or a thread in one, as its messenger names it."""

    channel: str
    account: str
    chat: str
    thread: str
    kind: str
    """private, group or channel; a thread is told by ``thread``."""


async def ensure_owner(session: AsyncSession, ids: Ids) -> Membership:
    """The installation's first owner and workspace; made when there is none."""
    await caller_queries.lock(session, "installation")
    found = await caller_queries.home(session)
    if found is not None:
        workspace_id, user_id = found
        return Membership(user_id, workspace_id)
    made = Membership(user_id=ids.new(), workspace_id=ids.new())
    await caller_queries.add_user(session, made.user_id, None)
    await caller_queries.add_workspace(session, made.workspace_id, "My team")
    await _add_member(session, made, role="owner", name="")
    return made


async def pair(
    session: AsyncSession,
    identity: Identity,
    code: str,
    pepper: bytes,
    *,
    by: str = "",
) -> Membership | None:
    """Link a messenger's id to the account that ``code`` stands for; None if it fails.

    ``by``: the message that brings it, which may be worked on twice.

    Raises:
        Conflict: The code names no account (it was made by other means).
    """
    redeemed = await codes.redeem(
        session, purpose=PAIR, code=code, pepper=pepper, by=by
    )
    if redeemed is None:
        return None
    if redeemed.user_id is None or redeemed.workspace_id is None:
        raise Conflict("That code is not for pairing.", hint="Ask for a new one.")
    member = Membership(redeemed.user_id, redeemed.workspace_id)
    await know(session, member, identity)
    return member


async def join(
    session: AsyncSession,
    identity: Identity,
    ids: Ids,
    workspace_id: UUID | None = None,
) -> Membership:
    """Admit somebody on the allow-list, or anybody in open mode, as a member.

    ``workspace_id``: where their team is bound; None: the installation's first.

    Two first messages of one person, from two chats at once, make one account.
    """
    home = await ensure_owner(session, ids)  # its lock lets newcomers in one by one
    known = await caller_queries.known(session, _row(identity))
    if known is not None:
        user_id, workspace_id = known
        return Membership(user_id, workspace_id)
    made = Membership(ids.new(), workspace_id or home.workspace_id)
    await caller_queries.add_user(session, made.user_id, identity.name or None)
    await _add_member(session, made, role="member", name=identity.name)
    await know(session, made, identity)
    return made


async def know(session: AsyncSession, member: Membership, identity: Identity) -> None:
    """From now on this messenger's id is this account."""
    row = _row(identity) | {
        "user_id": member.user_id,
        "workspace_id": member.workspace_id,
        "username": identity.name or None,
    }
    await caller_queries.add_channel(session, row)
    await caller_queries.move_channel(session, row)


async def hand_over(session: AsyncSession, spot: Spot, member: Membership) -> None:
    """Give a one-to-one chat to the account that is spoken for in it from now on.

    What was said under another account stays that account's.
    """
    row = {
        "channel": spot.channel,
        "account": spot.account,
        "chat_id": spot.chat,
        "workspace_id": member.workspace_id,
        "user_id": member.user_id,
    }
    await caller_queries.hand_over(session, row)


async def rehome(session: AsyncSession, spot: Spot, user_id: UUID) -> str | None:
    """Let a one-to-one chat work in a workspace that its person is still in.

    That workspace's name; None: they are in none.
    """
    left = await caller_queries.first_workspace(session, user_id)
    if left is None:
        return None
    workspace_id, name = left
    await hand_over(session, spot, Membership(user_id, workspace_id))
    return name


async def is_known_chat(session: AsyncSession, spot: Spot) -> bool:
    """Whether the chat, or the one that a thread is in, has a workspace already."""
    row = {"channel": spot.channel, "account": spot.account, "chat_id": spot.chat}
    return await caller_queries.parent_chat(session, row) is not None


async def bind_chat(session: AsyncSession, spot: Spot, workspace_id: UUID) -> UUID:
    """The ``chats`` row of ``spot``; made for ``workspace_id`` when there is none.

    A thread takes its chat's brand and visibility. A group is private to the people
    in it until an owner opens it; a public channel's thread is everybody's.
    """
    row = {
        "channel": spot.channel,
        "account": spot.account,
        "chat_id": spot.chat,
        "thread_id": "",
        "workspace_id": workspace_id,
        "kind": spot.kind,
        "visibility": "members" if spot.kind == "channel" else "private",
        "client_id": None,
    }
    chat = await caller_queries.add_chat(session, row)
    if not spot.thread:
        return chat
    parent = await caller_queries.parent_chat(session, row)
    row |= dict(parent or {}) | {"thread_id": spot.thread, "kind": "thread"}
    return await caller_queries.add_chat(session, row)


def _row(identity: Identity) -> dict[str, Any]:
    return {
        "channel": identity.channel,
        "team_id": identity.team,
        "channel_user_id": identity.sender,
    }


async def _add_member(
    session: AsyncSession, member: Membership, *, role: str, name: str
) -> None:
    await caller_queries.add_member(
        session,
        {
            "workspace_id": member.workspace_id,
            "user_id": member.user_id,
            "role": role,
            "display_name": name or None,
        },
    )
