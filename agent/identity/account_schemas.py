"""What the account operations take and give."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from agent.ctx import Role
from agent.shapes import Frozen


class RoleName(StrEnum):
    """A member's standing, as people write it."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def rank(self) -> Role:
        """The same, as the gate compares it."""
        return Role[self.name]


class WorkspaceKind(StrEnum):
    """Whose work it holds."""

    PERSONAL = "personal"
    TEAM = "team"


class Door(Frozen):
    """One messenger that a person is known at."""

    channel: str = Field(description="telegram, slack, web or terminal")
    name: str = Field(description="What they are called there")


class Me(Frozen):
    """Who the caller is here."""

    name: str = Field(description="What colleagues see")
    role: RoleName = Field(description="Standing in this workspace")
    workspace: str = Field(description="The workspace's name")
    workspaces: int = Field(description="How many workspaces the caller is in")
    doors: list[Door] = Field(description="The messengers that know the caller")
    email: str = Field(description="The confirmed address; empty: none yet")


class TakeCode(Frozen):
    """Parameters of operations that may be given a one-time code."""

    code: str = Field(
        default="", max_length=100, description="The one-time code, such as K7QMX-..."
    )


class LinkCode(Frozen):
    """A code that joins another messenger to this account."""

    code: str = Field(
        description="Shown once; whoever brings it speaks as the caller", repr=False
    )
    minutes: int = Field(description="How long it is good")


class MemberLine(Frozen):
    """One member in the list."""

    member_id: UUID
    name: str = Field(description="What colleagues see; empty: nobody said")
    role: RoleName = Field(description="Their standing")
    is_me: bool = Field(description="Whether it is the caller")


class Members(Frozen):
    """Everybody in the workspace."""

    workspace: str = Field(description="The workspace's name")
    lines: list[MemberLine] = Field(description="The members, highest role first")
    may_change: bool = Field(description="Whether the caller may change roles")


class RoleSet(Frozen):
    """A member's role was set."""

    member_id: UUID
    name: str = Field(description="Who")
    role: RoleName = Field(description="The role now")
    before: RoleName = Field(description="The role before")


class Removed(Frozen):
    """A member is out."""

    name: str = Field(description="Who")
    workspace: str = Field(description="Out of which workspace")


class WorkspaceLine(Frozen):
    """One workspace of the caller's."""

    workspace_id: UUID
    name: str = Field(description="The workspace's name")
    role: RoleName = Field(description="The caller's standing there")
    is_here: bool = Field(description="Whether this chat works in it")


class Workspaces(Frozen):
    """The caller's workspaces."""

    lines: list[WorkspaceLine] = Field(description="By name")


class Moved(Frozen):
    """A chat works in another workspace from now on."""

    workspace_id: UUID
    chat_id: UUID = Field(description="Our row of the chat from now on")
    name: str = Field(description="The workspace it works in now")
    role: RoleName = Field(description="The caller's standing there")
    moved: bool = Field(description="Whether the chat did not work there before")


class Switched(Moved):
    """The chat was switched."""


class Begun(Moved):
    """A workspace was begun, and the chat switched to it where it is private."""


class Joined(Moved):
    """An invitation was taken up."""


class LeftWorkspace(Moved):
    """The caller left; the chat works in another workspace, if there is one."""

    left: str = Field(description="The workspace that was left")


class Bound(Moved):
    """A group, or a Slack team's new chats, work in this workspace."""

    what: str = Field(description="group or team")


class Renamed(Frozen):
    """A workspace has another name."""

    name: str = Field(description="The name now")
    before: str = Field(description="The name before")


class ChatState(StrEnum):
    """Who may read a group chat's conversation."""

    OPEN = "open"
    CLOSE = "close"


class ChatOpened(Frozen):
    """A group chat was opened to the workspace's members, or closed."""

    is_open: bool = Field(description="Whether every member may read it now")


class Invited(Frozen):
    """An invitation, to be handed over."""

    code: str = Field(description="Shown once; whoever brings it joins", repr=False)
    handle: str = Field(description="Its first letters, to revoke it by")
    role: RoleName = Field(description="The role it gives")
    workspace: str = Field(description="The workspace it is to")
    address: str = Field(description="Who it was mailed to; empty: nobody")
    was_mailed: bool = Field(description="Whether the mail server took the mail")
    why_not: str = Field(description="Why it was not mailed, where it should have been")
    telegram: str = Field(
        description="A link that opens Telegram; empty: none", repr=False
    )
    web: str = Field(description="The page where it is taken up", repr=False)
    days: int = Field(description="How long it is good")


class InviteLine(Frozen):
    """One open invitation."""

    handle: str = Field(description="Its first letters, to revoke it by")
    role: RoleName = Field(description="The role it gives")
    address: str = Field(description="Who it was mailed to; empty: nobody")
    invited_by: str = Field(description="Who made it")
    days: int = Field(description="Days until it is worth nothing")


class Invites(Frozen):
    """The open invitations."""

    lines: list[InviteLine] = Field(description="The newest first")


class Revoked(Frozen):
    """An invitation is worth nothing any more."""

    handle: str = Field(description="Its first letters")


class CodeMailed(Frozen):
    """A code is on its way by mail."""

    address: str = Field(description="Where it was mailed to")
    minutes: int = Field(description="How long it is good")


class Confirmed(Frozen):
    """An address was shown to be the caller's."""

    address: str = Field(description="The address")
    is_linked: bool = Field(description="Whether it is this account's now")
    code: str = Field(
        description="Where another account has it: a code that joins the two",
        repr=False,
    )
