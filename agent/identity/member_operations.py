"""Who is in the workspace: seeing it, changing roles, leaving."""

import re
from typing import Any

from pydantic import Field, model_validator

from agent.ctx import Ctx, Role
from agent.errors import BadInput, Forbidden
from agent.identity import members, workspaces
from agent.identity.account_schemas import (
    LeftWorkspace,
    MemberLine,
    Members,
    Removed,
    RoleName,
    RoleSet,
)
from agent.identity.members import Member
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Frozen, Nothing

READ_SURFACES = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
ROLES = "|".join(RoleName)
_LAST_ROLE = re.compile(
    rf"(?P<name>.+?)\s+(?:(?:to|as|is)\s+)?(?:an?\s+)?(?P<standing>{ROLES})\s*",
    re.IGNORECASE | re.DOTALL,
)


class SetRole(Frozen):
    """Parameters of ``identity.set_role``."""

    name: str = Field(max_length=200, description="Who: a name, or how it begins")
    standing: RoleName = Field(description="owner, admin, member or viewer")

    @model_validator(mode="before")
    @classmethod
    def _as_typed(cls, given: Any) -> Any:
        # In a chat a name may be of several words: the role is the last one.
        if not isinstance(given, dict) or given.get("standing") in tuple(RoleName):
            return given
        told = f"{given.get('name', '')} {given.get('standing', '')}"
        found = _LAST_ROLE.fullmatch(told)
        return {**given, **_lower(found)} if found else given


class OneMember(Frozen):
    """Parameters that name a member."""

    name: str = Field(max_length=200, description="Who: a name, or how it begins")


def _lower(found: re.Match[str]) -> dict[str, str]:
    return {"name": found["name"], "standing": found["standing"].lower()}


@operation(
    "identity.members",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=READ_SURFACES,
    command=Command("members", says=(r"who is (?:in )?here|(?:show |list )?members",)),
    example={},
)
async def list_members(ctx: Ctx, p: Nothing) -> Members:  # noqa: ARG001 - takes none
    """List who is in this workspace, and in which role."""
    here = await members.everybody(ctx.session)
    return Members(
        workspace=await workspaces.name_here(ctx.session),
        lines=[
            MemberLine(
                member_id=one.id,
                name=one.name,
                role=one.role,
                is_me=one.user_id == ctx.caller.user_id,
            )
            for one in here
        ],
        may_change=ctx.caller.role >= Role.ADMIN,
    )


@operation(
    "identity.set_role",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command(
        "role",
        takes=("name", "standing"),
        says=(rf"make (?P<name>\S+(?: \S+)?) an? (?P<standing>{ROLES})",),
    ),
    example={"name": "Ana", "standing": "viewer"},
)
async def set_role(ctx: Ctx, p: SetRole) -> RoleSet:
    """Change what a member may do: /role Ana viewer.

    Raises:
        NoSuchMember, NearMembers: The name fits nobody, or several.
        Forbidden: Only owners make and change owners.
        LastOwner: The workspace would be without an owner.
    """
    member = await members.pick(ctx.session, p.name)
    await _ensure_may_govern(ctx, member, p.standing)
    if member.role is not p.standing:
        await members.set_role(ctx.session, member, p.standing)
    ctx.changed(
        Change(
            "member",
            str(member.id),
            {"role": member.role.value},
            {"role": p.standing.value},
            label=member.name,
        )
    )
    return RoleSet(
        member_id=member.id, name=member.name, role=p.standing, before=member.role
    )


@operation(
    "identity.remove_member",
    effect=Effect.DESTROY,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST},
    command=Command("remove", takes=("name",)),
    example={"name": "Ana"},
)
async def remove_member(ctx: Ctx, p: OneMember) -> Removed:
    """Take somebody out of this workspace; their sessions and keys for it end.

    Raises:
        NoSuchMember, NearMembers: The name fits nobody, or several.
        BadInput: It is the caller: /leave is for that.
        Forbidden: Only owners remove owners.
        LastOwner: The workspace would be without an owner.
    """
    member = await members.pick(ctx.session, p.name)
    if member.user_id == ctx.caller.user_id:
        raise BadInput("That is you.", hint="/leave takes you out of this workspace.")
    await _ensure_may_govern(ctx, member)
    await _take_out(ctx, member)
    return Removed(name=member.name, workspace=await workspaces.name_here(ctx.session))


@operation(
    "identity.leave",
    effect=Effect.DESTROY,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command("leave", says=("leave (?:this|the) (?:workspace|team)",)),
)
async def leave(ctx: Ctx, p: Nothing) -> LeftWorkspace:  # noqa: ARG001 - takes none
    """Leave this workspace; what you made here stays with it.

    Raises:
        LastOwner: Nobody would own it any more.
    """
    left = await workspaces.name_here(ctx.session)
    here = await members.everybody(ctx.session)
    me = next(one for one in here if one.user_id == ctx.caller.user_id)
    there = await workspaces.another(ctx)
    await _take_out(ctx, me, goes_on=there is not None)
    return LeftWorkspace(
        left=left,
        moved=there is not None,
        workspace_id=there.workspace_id if there else ctx.caller.workspace_id,
        chat_id=ctx.caller.chat_id or ctx.caller.workspace_id,
        name=there.name if there else "",
        role=there.role if there else RoleName.VIEWER,
    )


async def _take_out(ctx: Ctx, member: Member, *, goes_on: bool = False) -> None:
    # The tokens first: should the rest fail, signing in again is all it costs.
    async with ctx.at_home.as_role("door") as session:
        await members.end_access(
            session,
            member.user_id,
            ctx.caller.workspace_id,
            stays_signed_in=goes_on,
        )
    await members.remove(ctx.session, member)
    before = {"name": member.name, "role": member.role.value}
    ctx.changed(Change("member", str(member.id), before, None, label=member.name))


async def _ensure_may_govern(
    ctx: Ctx, member: Member, wanted: RoleName | None = None
) -> None:
    try:
        members.ensure_may_govern(
            ctx.caller.role, member.role.rank, wanted.rank if wanted else None
        )
    except Forbidden:
        # In a transaction of its own: the call's is about to be undone.
        tried = {"refused": wanted.value if wanted else "removed"}
        change = Change("member", str(member.id), {"role": member.role.value}, tried)
        async with ctx.at_home.as_role("door") as session:
            await ctx.audit.record(
                session, ctx.caller, action="identity.refused", changes=[change]
            )
        raise


OPERATIONS = (list_members, set_role, remove_member, leave)
