"""Workspaces: seeing, beginning, switching, naming them, and what chats work where."""

from uuid import UUID

from pydantic import Field

from agent import earshot
from agent.ctx import Ctx, Role
from agent.errors import BadInput, Conflict
from agent.identity import members, names, workspace_queries, workspaces
from agent.identity.account_schemas import (
    Begun,
    Bound,
    ChatOpened,
    ChatState,
    Renamed,
    Switched,
    WorkspaceKind,
    WorkspaceLine,
    Workspaces,
)
from agent.identity.workspaces import Mine
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Frozen, Nothing

GROUP, TEAM = "group", "team"
SLACK = "slack"


class NewWorkspace(Frozen):
    """Parameters of ``identity.new_workspace``."""

    name: str = Field(max_length=200, description="What it is called")
    kind: WorkspaceKind = Field(
        default=WorkspaceKind.TEAM, description="personal or team"
    )


class OneName(Frozen):
    """Parameters that name a workspace."""

    name: str = Field(max_length=200, description="The workspace's name")


class Bind(Frozen):
    """Parameters of ``identity.bind``."""

    target: str = Field(
        default="",
        max_length=200,
        description="A workspace's name; team: the whole Slack team; "
        "empty: this workspace",
    )


class OpenChat(Frozen):
    """Parameters of ``identity.open_chat``."""

    state: ChatState = Field(description="open or close")


@operation(
    "identity.workspaces",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "workspaces", also=("workspace",), says=(r"(?:my |list )?workspaces",)
    ),
    personal=True,
)
async def list_workspaces(ctx: Ctx, p: Nothing) -> Workspaces:  # noqa: ARG001 - none
    """List your workspaces; /workspace use and /workspace new do the rest."""
    known = await workspaces.mine(ctx.session, ctx.caller.user_id)
    lines = [
        WorkspaceLine(
            workspace_id=one.workspace_id,
            name=one.name,
            role=one.role,
            is_here=one.workspace_id == ctx.caller.workspace_id,
        )
        for one in known
    ]
    return Workspaces(lines=lines)


@operation(
    "identity.new_workspace",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.REST},
    command=Command(
        "workspace new",
        takes=("name",),
        says=(r"new (?:(?P<kind>personal|team) )?workspace (?:called )?(?P<name>.+)",),
    ),
    example={"name": "Yaz Agency"},
)
async def new_workspace(ctx: Ctx, p: NewWorkspace) -> Begun:
    """Begin a workspace of your own, and work in it here.

    Raises:
        BadInput: The name is empty.
        Conflict: You are in one of that name, or own enough.
    """
    made = await workspaces.begin(ctx, names.named(p.name), p.kind)
    after = {"name": made.name, "kind": p.kind.value}
    ctx.changed(
        Change("workspace", str(made.workspace_id), None, after, label=made.name)
    )
    is_private = await earshot.is_private(ctx)
    chat_id = await workspaces.move_chat(ctx, made) if is_private else None
    return Begun.model_validate(_moved(ctx, made, chat_id))


@operation(
    "identity.switch",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command(
        "workspace use",
        takes=("name",),
        says=(r"(?:switch to|use|work in) (?:the )?workspace (?P<name>.+)",),
    ),
)
async def switch(ctx: Ctx, p: OneName) -> Switched:
    """Work in another workspace in this chat from now on.

    Raises:
        NoSuchWorkspace, NearWorkspaces: The name fits none of yours, or several.
        Conflict: This chat works in it already.
        NotForGroups: It is a group, and you are no admin of both.
    """
    there = await _elsewhere(ctx, p.name)
    chat_id = await workspaces.move_chat(ctx, there)
    _chat_changed(ctx, there)
    return Switched.model_validate(_moved(ctx, there, chat_id))


@operation(
    "identity.rename_workspace",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.REST},
    command=Command("workspace rename", takes=("name",)),
    example={"name": "Yaz Agency"},
)
async def rename_workspace(ctx: Ctx, p: OneName) -> Renamed:
    """Give this workspace another name.

    Raises:
        BadInput: The name is empty.
    """
    name = names.named(p.name)
    before = await workspaces.rename(ctx, name)
    here = str(ctx.caller.workspace_id)
    ctx.changed(Change("workspace", here, {"name": before}, {"name": name}, label=name))
    return Renamed(name=name, before=before)


@operation(
    "identity.bind",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.CHAT},
    command=Command("bind", takes=("target",)),
)
async def bind(ctx: Ctx, p: Bind) -> Bound:
    """Let this group work in a workspace, or with "team" a whole Slack team.

    Raises:
        BadInput: It is a private chat, or "team" was written outside Slack.
        NotForGroups: You are no admin of both workspaces.
        Conflict: The team is another workspace's.
    """
    if p.target.casefold().strip() == TEAM:
        return await _bind_team(ctx)
    if await earshot.is_private(ctx):
        raise BadInput(
            "This is a private chat.",
            hint="Write /bind in a group; here /workspace use <name> switches.",
        )
    here = await _here(ctx)
    target = (
        await workspaces.pick(ctx.session, ctx.caller.user_id, p.target)
        if p.target.strip()
        else here
    )
    if target.workspace_id == here.workspace_id:
        return Bound.model_validate(_moved(ctx, here, None) | {"what": GROUP})
    chat_id = await workspaces.move_chat(ctx, target)
    _chat_changed(ctx, target)
    return Bound.model_validate(_moved(ctx, target, chat_id) | {"what": GROUP})


async def _bind_team(ctx: Ctx) -> Bound:
    """Let a Slack team's new chats begin in this workspace.

    Until somebody binds it a team is the installation's first workspace's, so that it
    takes an admin of that one, too, to take it away.
    """
    origin = ctx.origin
    if origin is None or origin.channel != SLACK:
        raise BadInput("There is no team here.", hint="Write /bind team in Slack.")
    here = await _here(ctx)
    row = {
        "workspace_id": here.workspace_id,
        "user_id": ctx.caller.user_id,
        "provider": SLACK,
        "account": origin.account,
    }
    async with ctx.at_home.as_role("door") as session:
        before = await workspaces.team_of(session, SLACK, origin.account)
        role = await members.role_in(session, ctx.caller.user_id, before)
        if role is None or role.rank < Role.ADMIN:
            raise Conflict(
                "This Slack team belongs to another workspace.",
                hint="An owner or admin of both can bind it here.",
            )
        if not await workspace_queries.bind_team(session, row | {"before": before}):
            raise Conflict("Somebody bound this team just now.", hint="Look again.")
    was = {"workspace_id": str(before)}
    now = {"workspace_id": str(here.workspace_id)}
    ctx.changed(Change("slack team", origin.account, was, now))
    return Bound.model_validate(_moved(ctx, here, None) | {"what": TEAM})


@operation(
    "identity.open_chat",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command(
        "chat", takes=("state",), says=("(?P<state>open|close) this (?:chat|group)",)
    ),
)
async def open_chat(ctx: Ctx, p: OpenChat) -> ChatOpened:
    """Let every member read this group's conversation, or only those in it.

    Raises:
        BadInput: It is a private chat.
    """
    if ctx.caller.chat_id is None or await earshot.is_private(ctx):
        raise BadInput(
            "This chat is yours alone, and stays so.", hint="Write it in a group."
        )
    is_open = p.state is ChatState.OPEN
    row = {
        "workspace": ctx.caller.workspace_id,
        "person": ctx.caller.user_id,
        "wanted": "members" if is_open else "private",
    }
    for chat in await workspace_queries.rows_of_room(ctx.session, ctx.caller.chat_id):
        await workspace_queries.show(ctx.session, row | {"chat": chat})
    after = {"visibility": row["wanted"]}
    ctx.changed(Change("chat", str(ctx.caller.chat_id), None, after))
    return ChatOpened(is_open=is_open)


async def _here(ctx: Ctx) -> Mine:
    here = str(ctx.caller.workspace_id)
    return await workspaces.pick(ctx.session, ctx.caller.user_id, here)


async def _elsewhere(ctx: Ctx, name: str) -> Mine:
    there = await workspaces.pick(ctx.session, ctx.caller.user_id, name)
    if there.workspace_id == ctx.caller.workspace_id:
        raise Conflict(
            f"This chat works in {there.name} already.",
            hint="/workspaces lists the others.",
        )
    return there


def _chat_changed(ctx: Ctx, there: Mine) -> None:
    before = {"workspace_id": str(ctx.caller.workspace_id)}
    after = {"workspace_id": str(there.workspace_id)}
    ctx.changed(Change("chat", str(ctx.caller.chat_id), before, after))


def _moved(ctx: Ctx, there: Mine, chat_id: UUID | None) -> dict[str, object]:
    """The fields of a ``Moved``; ``chat_id`` None: the chat stays."""
    return {
        "workspace_id": there.workspace_id,
        "chat_id": chat_id or ctx.caller.chat_id or ctx.caller.workspace_id,
        "name": there.name,
        "role": there.role,
        "moved": chat_id is not None,
    }


OPERATIONS = (
    *(list_workspaces, new_workspace, switch, rename_workspace),
    *(bind, open_chat),
)
