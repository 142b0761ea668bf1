"""One person, one account: a messenger joins it by a code, two accounts become one.

All of it runs on ``system("door")``, since who brings a code may be known to nobody.

Decided: a messenger nobody is known at joins the account at once. Where somebody is
known already, the two accounts become one only after a second word, for whoever showed
the code gets all that the other account has. The account that showed the code stays; it
gets the other's messengers, private conversations and their runs, and the higher role
in each workspace. Keys and sessions of the other account end.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import callers, codes, linking_queries
from agent.identity.callers import Identity, Membership, Spot

LINK = "link_channel"
TTL = timedelta(minutes=15)


class Linked(StrEnum):
    """What came of a code."""

    JOINED = "joined"
    """The messenger speaks as the account from now on."""
    SAME = "same"
    """It did before."""
    MERGED = "merged"
    """Two accounts are one."""
    ASKS = "asks"
    """Two accounts would become one; nothing was done, and the code is still good."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A code, and who brings it."""

    code: str
    identity: Identity
    spot: Spot
    by: str
    """The message it came in."""
    is_sure: bool = False
    """Whether they said that both accounts are theirs."""


async def take(session: AsyncSession, brought: Brought, pepper: bytes) -> Linked | None:
    """Join the messenger that brought a link code; None when the code is no good."""
    good = await codes.look(
        session, purpose=LINK, code=brought.code, pepper=pepper, by=brought.by
    )
    if good is None or good.grant.user_id is None or good.grant.workspace_id is None:
        return None
    member = Membership(good.grant.user_id, good.grant.workspace_id)
    known = await linking_queries.account_of(session, brought.identity)
    if known not in {None, member.user_id} and not brought.is_sure:
        return Linked.ASKS
    await codes.use(session, good, by=brought.by)
    if known is None:
        await callers.know(session, member, brought.identity)
        await callers.hand_over(session, brought.spot, member)
        return Linked.JOINED
    if known == member.user_id:
        return Linked.SAME
    await merge(session, known, into=member.user_id)
    return Linked.MERGED


async def merge(session: AsyncSession, account: UUID, *, into: UUID) -> None:
    """Let all that ``account`` has be ``into``'s, and close it."""
    await linking_queries.merge(session, account, into)


async def home_of(session: AsyncSession, account: UUID) -> UUID | None:
    """The workspace an account has been in the longest; None: it is in none."""
    return await linking_queries.home_of(session, account)
