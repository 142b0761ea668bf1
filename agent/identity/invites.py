"""Invitations: a one-time code that makes whoever brings it a member, in a role.

All of it runs on ``system("door")``: who brings a code may be known to nobody, and
codes are nobody's to read. An invitation is worth what its maker is worth when it is
taken up.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Role
from agent.errors import BadInput, Conflict, NotFound
from agent.identity import callers, codes, invite_queries, members, throttles
from agent.identity.account_schemas import InviteLine, RoleName
from agent.identity.callers import Identity, Membership, Spot
from agent.identity.codes import Good
from agent.identity.schemas import Grant
from agent.ports import Ids

INVITE = "invite"
TTL = timedelta(days=7)
MOST_OPEN = 50
DAY = timedelta(days=1)
MAILED_TO_ONE, MAILED_BY_ONE = 4, 40
"""Mails a day to one address, and for one person: workspaces are free to begin, so that
anybody could else have us write to the whole world, under a name of their choosing."""


class BadCode(BadInput):
    """A code that is worth nothing here."""

    code = "bad_code"

    def __init__(self) -> None:
        """Say what may have become of it."""
        super().__init__(
            "That code is no good: it was used, revoked, is too old, or was mistyped.",
            hint="Ask for a new one.",
        )


class TooManyInvitations(Conflict):
    """Enough invitations were mailed for now."""

    code, status = "too_many_invitations", 429

    def __init__(self) -> None:
        """Say what works all the same."""
        super().__init__(
            "I have mailed enough invitations for today.",
            hint="Make one without an address, and hand the link over yourself.",
        )


class NoSuchInvite(NotFound):
    """No open invitation begins so."""

    code = "no_such_invite"

    def __init__(self, handle: str) -> None:
        """Say where they are listed."""
        super().__init__(
            f'No open invitation begins with "{handle}".',
            hint="/invites lists those that are open.",
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation offers."""

    good: Good
    workspace_id: UUID
    workspace: str
    role: RoleName


@dataclass(frozen=True, slots=True)
class New:
    """An invitation about to be made."""

    workspace_id: UUID
    by: UUID
    by_name: str
    role: RoleName
    address: str = ""


async def issue(session: AsyncSession, new: New, pepper: bytes) -> str:
    """A code for a new invitation.

    Raises:
        TooManyInvitations: It is to be mailed, and enough were.
    """
    if new.address:
        await _ensure_few(session, new, pepper)
    payload = {"by_name": new.by_name, "address": new.address}
    grant = Grant(new.by, new.workspace_id, new.role.value, payload)
    return await codes.issue(
        session, purpose=INVITE, ttl=TTL, grant=grant, pepper=pepper
    )


async def open_ones(session: AsyncSession, workspace_id: UUID) -> list[InviteLine]:
    """The invitations of a workspace that may still be taken up, the newest first."""
    rows = await invite_queries.open_ones(session, workspace_id, MOST_OPEN)
    return [
        InviteLine(
            handle=row.subject,
            role=RoleName(row.role),
            address=row.payload.get("address", ""),
            invited_by=row.payload.get("by_name", ""),
            days=row.days,
        )
        for row in rows
    ]


async def revoke(session: AsyncSession, workspace_id: UUID, typed: str) -> str:
    """Let an invitation be worth nothing; its handle.

    Raises:
        NoSuchInvite: None of this workspace is open under that name.
    """
    handle = typed.strip().upper()[: codes.HANDLE]
    if not await invite_queries.revoke(session, workspace_id, handle):
        raise NoSuchInvite(handle)
    return handle


async def look(
    session: AsyncSession, code: str, pepper: bytes, *, by: str = ""
) -> Offer | None:
    """What an invitation offers; None when it is no good (any more).

    A wrong secret counts, so let the transaction commit after None as well.
    """
    good = await codes.look(session, purpose=INVITE, code=code, pepper=pepper, by=by)
    if good is None:
        return None
    grant = good.grant
    if grant.workspace_id is None or grant.user_id is None or grant.role is None:
        return None
    role = RoleName(grant.role)
    makers = await members.role_in(session, grant.user_id, grant.workspace_id)
    name = await invite_queries.name_of(session, grant.workspace_id)
    if makers is None or makers.rank < max(Role.ADMIN, role.rank) or name is None:
        return None
    return Offer(good, grant.workspace_id, name, role)


async def accept(
    session: AsyncSession, offer: Offer, user_id: UUID, name: str, *, by: str = ""
) -> RoleName:
    """Use the invitation up: the person is in, in the role returned.

    Who is in it already keeps their role, and the invitation stays good.
    """
    known = await members.role_in(session, user_id, offer.workspace_id)
    if known is not None:
        return known
    await codes.use(session, offer.good, by=by)
    row = {
        "workspace_id": offer.workspace_id,
        "user_id": user_id,
        "role": offer.role.value,
        "display_name": name or None,
    }
    await invite_queries.add_member(session, row)
    await invite_queries.record_joined(session, row | {"code_id": offer.good.id})
    return offer.role


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody who brings a code from a messenger that does not know them here."""

    identity: Identity
    spot: Spot
    user_id: UUID | None
    """Their account, if they have one that is in no workspace of this chat."""


async def welcome(
    session: AsyncSession, offer: Offer, comer: Comer, ids: Ids, *, by: str
) -> Membership:
    """Let somebody in who has no standing yet: an account, a role, and their chat."""
    name = comer.identity.name
    user_id = comer.user_id
    if user_id is None:
        user_id = await new_account(session, name, ids)
    member = Membership(user_id, offer.workspace_id)
    await accept(session, offer, user_id, name, by=by)
    await callers.know(session, member, comer.identity)
    await callers.hand_over(session, comer.spot, member)
    return member


async def new_account(session: AsyncSession, name: str, ids: Ids) -> UUID:
    """An account that nobody is known at yet."""
    user_id = ids.new()
    await invite_queries.add_user(session, user_id, name)
    return user_id


async def _ensure_few(session: AsyncSession, new: New, pepper: bytes) -> None:
    place = digest(pepper, f"{INVITE}:{new.address}".encode(), sha256).hex()
    for key, limit in (
        (f"invite-to:{place}", MAILED_TO_ONE),
        (f"invite-by:{new.by}", MAILED_BY_ONE),
    ):
        if not await throttles.allow(session, key, limit=limit, window=DAY):
            raise TooManyInvitations
