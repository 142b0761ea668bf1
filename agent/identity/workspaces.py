"""The workspaces a person is in, and which one a chat works in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Ctx, Role
from agent.earshot import is_private
from agent.errors import BadInput, Conflict, Forbidden, NotFound
from agent.identity import caller_queries, workspace_queries
from agent.identity.account_schemas import RoleName, WorkspaceKind

MOST_OWNED = 10
"""Each has a budget of its own, so that nobody begins as many as they like."""


class NoSuchWorkspace(NotFound):
    """The caller is in no workspace of that name."""

    code = "no_such_workspace"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name theirs."""
        super().__init__(
            f'You are in no workspace called "{name}".',
            hint=f"Yours: {', '.join(known)}.",
        )


class NearWorkspaces(BadInput):
    """Several fit."""

    code = "near_workspaces"

    def __init__(self, name: str, near: Sequence[str]) -> None:
        """Name them."""
        super().__init__(
            f'Several workspaces could be "{name}": {", ".join(near)}.',
            hint="Write the whole name, or use the buttons of /workspaces.",
        )


class ManyWorkspaces(Conflict):
    """The caller owns enough."""

    code = "many_workspaces"

    def __init__(self) -> None:
        """Say how many one may own."""
        super().__init__(
            f"You own {MOST_OWNED} workspaces, and that is the most.",
            hint="/workspaces lists them; /leave takes you out of one.",
        )


class NotForGroups(Forbidden):
    """Moving a group takes an admin of both workspaces."""

    code = "not_for_groups"

    def __init__(self) -> None:
        """Say who may."""
        super().__init__(
            "A group works in another workspace only if you are an owner or admin of "
            "both.",
            hint="In a private chat with me you may always switch.",
        )


@dataclass(frozen=True, slots=True)
class Mine:
    """A workspace of the caller's."""

    workspace_id: UUID
    name: str
    role: RoleName


async def mine(session: AsyncSession, user_id: UUID) -> list[Mine]:
    """The caller's workspaces, by name."""
    rows = await workspace_queries.mine(session, user_id)
    return [Mine(row.id, row.name, RoleName(row.role)) for row in rows]


async def pick(session: AsyncSession, user_id: UUID, typed: str) -> Mine:
    """The one workspace of the caller's that ``typed`` means: an id or a name.

    Raises:
        NoSuchWorkspace, NearWorkspaces: It fits none, or several.
    """
    known = await mine(session, user_id)
    wanted = " ".join(typed.split()).casefold()
    near = (
        [one for one in known if str(one.workspace_id) == wanted]
        or [one for one in known if one.name.casefold() == wanted]
        or [one for one in known if wanted and one.name.casefold().startswith(wanted)]
        or [one for one in known if wanted and wanted in one.name.casefold()]
    )
    if not near:
        raise NoSuchWorkspace(typed.strip(), [one.name for one in known])
    if len(near) > 1:
        raise NearWorkspaces(typed.strip(), [one.name for one in near])
    return near[0]


async def name_here(session: AsyncSession) -> str:
    """What the tenant is called."""
    return await workspace_queries.name_here(session)


async def begin(ctx: Ctx, name: str, kind: WorkspaceKind) -> Mine:
    """A new workspace, whose owner the caller is.

    Raises:
        ManyWorkspaces: They own enough.
        Conflict: They are in one of that name.
    """
    known = await mine(ctx.session, ctx.caller.user_id)
    if sum(one.role is RoleName.OWNER for one in known) >= MOST_OWNED:
        raise ManyWorkspaces
    if any(one.name.casefold() == name.casefold() for one in known):
        raise Conflict(
            f"You are in a workspace called {name} already.",
            hint=f"/workspace use {name} works in it.",
        )
    made = Mine(ctx.ids.new(), name, RoleName.OWNER)
    row = {"person": ctx.caller.user_id, "workspace": made.workspace_id, "kind": kind}
    await workspace_queries.begin(ctx.session, row | {"name": name})
    return made


async def move_chat(ctx: Ctx, there: Mine) -> UUID:
    """Let the chat the call came from work in another workspace; its row from now on.

    What was said stays in the workspace it was said in.

    Raises:
        BadInput: The call came from no chat.
        NotForGroups: It is a group, and the caller is no admin of both.
    """
    if ctx.caller.chat_id is None:
        raise BadInput("There is no chat to switch.", hint="Write it in the chat.")
    both = min(ctx.caller.role, there.role.rank)
    if both < Role.ADMIN and not await is_private(ctx):
        raise NotForGroups
    try:
        return await workspace_queries.rebind(
            ctx.session, ctx.caller.user_id, ctx.caller.chat_id, there.workspace_id
        )
    except DBAPIError as error:  # a role that changed meanwhile
        if getattr(error.orig, "sqlstate", "") != "42501":
            raise
        raise NotForGroups from error


async def another(ctx: Ctx) -> Mine | None:
    """Where a private chat of somebody who leaves goes on; moved there at once."""
    known = await mine(ctx.session, ctx.caller.user_id)
    others = [one for one in known if one.workspace_id != ctx.caller.workspace_id]
    if not others or not await is_private(ctx):
        return None
    await move_chat(ctx, others[0])
    return others[0]


async def bound(session: AsyncSession, provider: str, account: str) -> UUID | None:
    """The workspace that somebody bound a messenger's team to. As the door."""
    return await workspace_queries.install(session, provider, account)


async def team_of(session: AsyncSession, provider: str, account: str) -> UUID:
    """The workspace a messenger's team begins its chats in. As the door.

    One that nobody bound begins them in the installation's first.
    """
    found = await bound(session, provider, account)
    if found is not None:
        return found
    first = await caller_queries.home(session)
    if first is None:
        raise NotFound("There is no workspace yet.", hint="Pair with me first.")
    return first[0]


async def rename(ctx: Ctx, name: str) -> str:
    """Give the tenant another name; the one before."""
    before = await name_here(ctx.session)
    await workspace_queries.rename(ctx.session, ctx.caller.workspace_id, name)
    return before
