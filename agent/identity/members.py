"""Who is in a workspace, and who may change that."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Role
from agent.errors import BadInput, Conflict, Forbidden, NotFound
from agent.identity import member_queries
from agent.identity.account_schemas import RoleName

NAMED = 10
"""Names that a refusal lists."""


class NoSuchMember(NotFound):
    """Nobody here is called that."""

    code = "no_such_member"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name those who are here."""
        here = ", ".join(filter(None, known[:NAMED]))
        super().__init__(
            f'Nobody here is called "{name}".',
            hint=f"Here are: {here}." if here else "/members lists everybody.",
        )


class NearMembers(BadInput):
    """Several are called that."""

    code = "near_members"

    def __init__(self, name: str, near: Sequence[str]) -> None:
        """Name them."""
        super().__init__(
            f'Several people could be "{name}": {", ".join(near[:NAMED])}.',
            hint="Write the whole name, or use the buttons of /members.",
        )


class LastOwner(Conflict):
    """A workspace cannot be without an owner."""

    code = "last_owner"

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__(
            "A workspace needs an owner, and this would leave it without one.",
            hint="Make somebody else an owner first: /role <name> owner.",
        )


@dataclass(frozen=True, slots=True)
class Member:
    """One person in a workspace."""

    id: UUID
    user_id: UUID
    name: str
    role: RoleName


async def everybody(session: AsyncSession) -> list[Member]:
    """The members of the tenant, highest role first."""
    rows = await member_queries.everybody(session)
    found = [
        Member(row.id, row.user_id, row.display_name or "", RoleName(row.role))
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.role.rank, one.name.casefold()))


async def pick(session: AsyncSession, typed: str) -> Member:
    """The one member that ``typed`` means: an id, a name, or how one begins.

    Raises:
        NoSuchMember, NearMembers: It fits nobody, or several.
    """
    here = await everybody(session)
    wanted = typed.strip().removeprefix("@").casefold()
    near = (
        [one for one in here if wanted == str(one.id)]
        or [one for one in here if wanted and one.name.casefold() == wanted]
        or [one for one in here if wanted and one.name.casefold().startswith(wanted)]
    )
    if not near:
        raise NoSuchMember(typed.strip(), [one.name for one in here])
    if len(near) > 1:
        raise NearMembers(typed.strip(), [one.name for one in near])
    return near[0]


def ensure_may_govern(mine: Role, theirs: Role, wanted: Role | None = None) -> None:
    """Return when somebody of role ``mine`` may give ``theirs`` the role ``wanted``.

    ``wanted`` None: may remove them. Only owners make, change and remove owners.

    Raises:
        Forbidden: They may not.
    """
    if mine >= Role.OWNER:
        return
    if theirs >= Role.OWNER:
        raise Forbidden(
            "Only an owner changes what another owner may do.",
            hint="Ask an owner of this workspace.",
        )
    if wanted is not None and wanted > mine:
        raise Forbidden(
            f"Nobody can give a higher role than their own; you are "
            f"{mine.name.lower()} here.",
            hint="Ask an owner of this workspace.",
        )


async def set_role(session: AsyncSession, member: Member, role: RoleName) -> None:
    """Give a member another role.

    Raises:
        LastOwner: The workspace would be without an owner.
        NoSuchMember: They were removed meanwhile.
    """
    if not await member_queries.set_role(session, member.id, role):
        raise NoSuchMember(member.name, ())
    await _ensure_an_owner(session)


async def remove(session: AsyncSession, member: Member) -> None:
    """Take a member out.

    Raises:
        LastOwner, NoSuchMember: As ``set_role``.
    """
    if not await member_queries.remove(session, member.id):
        raise NoSuchMember(member.name, ())
    await _ensure_an_owner(session)


async def end_access(
    session: AsyncSession,
    user_id: UUID,
    workspace_id: UUID,
    *,
    stays_signed_in: bool = False,
) -> None:
    """End somebody's keys and sessions of one workspace. As the door.

    ``stays_signed_in``: their pages go on in another workspace, and only keys end.
    """
    kinds = ["api_key"] if stays_signed_in else ["api_key", "session", "refresh"]
    await member_queries.end_access(session, user_id, workspace_id, kinds)


async def role_in(
    session: AsyncSession, user_id: UUID, workspace_id: UUID
) -> RoleName | None:
    """Somebody's role in a workspace; None: they are not in it. As the door."""
    found = await member_queries.role_in(session, user_id, workspace_id)
    return RoleName(found) if found else None


async def _ensure_an_owner(session: AsyncSession) -> None:
    try:
        await member_queries.check_owners_now(session)
    except IntegrityError as error:
        raise LastOwner from error
