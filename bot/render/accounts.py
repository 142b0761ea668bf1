"""Accounts, members and invitations in words."""

from collections.abc import Callable
from typing import Any

from agent.identity.account_schemas import (
    CodeMailed,
    Confirmed,
    Invited,
    InviteLine,
    Invites,
    LinkCode,
    Me,
    MemberLine,
    Members,
    Removed,
    Revoked,
    RoleSet,
)
from agent.mailroom.schemas import Choice, Message
from bot.render import workspaces
from bot.render.words import name

LISTED = 50
MANAGED = 4
"""Members of a list that have buttons."""
NO_NAME = "(no name yet)"


def _called(text: str) -> str:
    return name(text) or NO_NAME


def _bold(text: str) -> str:
    return f"**{name(text)}**"


def _me(value: Me) -> Message:
    doors = ", ".join(
        f"{door.channel.capitalize()} ({name(door.name)})"
        if door.name
        else door.channel.capitalize()
        for door in value.doors
    )
    lines = [
        f"You are **{_called(value.name)}**, {value.role} in {_bold(value.workspace)}.",
        f"- Known at: {doors or 'this chat alone'}",
        f"- E-mail: {name(value.email) or 'none confirmed; `/email <address>`'}",
    ]
    choices = [
        Choice("Who is here", "identity.members"),
        Choice("Link another messenger", "identity.link", row=1),
    ]
    if value.workspaces > 1:
        lines.append(f"- You are in {value.workspaces} workspaces")
        choices.append(Choice("My workspaces", "identity.workspaces"))
    return Message("\n".join(lines), choices=choices)


def _link_code(value: LinkCode) -> Message:
    return Message(
        "To be the same person in another messenger, write this to me there, in a "
        f"private chat:\n\n`/link {value.code}`\n\n"
        f"It works once, for {value.minutes} minutes. Show it to nobody: whoever "
        "brings it speaks as you.",
        once="A code to link another messenger was shown here, once. "
        "`/link` makes another.",
    )


def _member(line: MemberLine) -> str:
    me = " (you)" if line.is_me else ""
    return f"- {_called(line.name)}{me}: {line.role}"


def _members(value: Members) -> Message:
    listed = "\n".join(map(_member, value.lines[:LISTED]))
    if len(value.lines) > LISTED:
        listed += f"\n\nAnd {len(value.lines) - LISTED} more."
    text = f"In **{name(value.workspace)}**:\n\n{listed}"
    if not value.may_change:
        return Message(text)
    text += (
        "\n\n`/invite ana@acme.com as viewer`, `/role <name> <role>` and "
        "`/remove <name>` change who may do what."
    )
    others = [line for line in value.lines if not line.is_me][:MANAGED]
    choices = [
        Choice(
            f"Make {line.name or NO_NAME} {role}",
            "identity.set_role",
            {"name": str(line.member_id), "standing": role},
            row=row,
        )
        for row, line in enumerate(others)
        for role in ("viewer", "member", "admin")
        if line.role not in {role, "owner"}
    ]
    return Message(text, choices=choices)


def _role_set(value: RoleSet) -> Message:
    if value.role == value.before:
        return Message(f"{_called(value.name)} is {value.role} already.")
    back = Choice(
        f"Back to {value.before}",
        "identity.set_role",
        {"name": str(value.member_id), "standing": value.before.value},
    )
    said = f"{_called(value.name)} is now **{value.role}** (was {value.before})."
    return Message(said, choices=(back,))


def _removed(value: Removed) -> Message:
    return Message(
        f"{_called(value.name)} is out of **{name(value.workspace)}**. Their sessions "
        "and keys for it ended at once; what they made stays."
    )


def _invited(value: Invited) -> Message:
    to = name(value.address)
    lines = [f"An invitation to **{name(value.workspace)}** as **{value.role}**."]
    if value.was_mailed:
        lines.append(f"I mailed it to {to}. You can also hand it over:")
    elif value.address:
        lines.append(f"I did not mail it: {value.why_not} Hand it over yourself:")
    else:
        lines.append("Hand it over:")
    ways = [f"- Web: {value.web}"]
    if value.telegram:
        ways.append(f"- Telegram: {value.telegram}")
    ways.append(f"- To me, in a private chat: `/join {value.code}`")
    lines += ["\n".join(ways), f"It works once, for {value.days} days."]
    return Message(
        "\n\n".join(lines),
        choices=(_revoke(value.handle), Choice("Open ones", "identity.invites")),
        once=f"Invitation `{value.handle}` as {value.role}"
        + (f" for {to}" if to else "")
        + " was shown here, once. `/invites` lists those that are open.",
    )


def _revoke(handle: str) -> Choice:
    return Choice(f"Revoke {handle}", "identity.revoke_invite", {"handle": handle})


def _invite_line(line: InviteLine) -> str:
    to = f" for {name(line.address)}" if line.address else ""
    by = f", by {name(line.invited_by)}" if line.invited_by else ""
    return f"- `{line.handle}` as {line.role}{to}{by}, {line.days} d left"


def _invites(value: Invites) -> Message:
    if not value.lines:
        return Message("No invitation is open. `/invite ana@acme.com as viewer`")
    listed = "\n".join(map(_invite_line, value.lines))
    choices = [_revoke(line.handle) for line in value.lines[:MANAGED]]
    return Message(f"Open invitations:\n\n{listed}", choices=choices)


def _revoked(value: Revoked) -> Message:
    return Message(f"Invitation `{value.handle}` is worth nothing any more.")


def _code_mailed(value: CodeMailed) -> Message:
    return Message(
        f"I mailed six digits to {name(value.address)}. Send them to me here within "
        f"{value.minutes} minutes."
    )


def _confirmed(value: Confirmed) -> Message:
    address = name(value.address)
    if value.is_linked:
        said = f"Linked. **{address}** is confirmed as yours."
        return Message(said, choices=(Choice("Who am I", "identity.me"),))
    return Message(
        f"**{address}** is confirmed on another account already. If that is yours, "
        "too, write this to me on Telegram or Slack, in a private chat, and the two "
        "become one:"
        f"\n\n`/link {value.code} yes`\n\n"
        "That account then has all of this one: its conversations, its workspaces.",
        once=f"**{address}** is confirmed on another account. `/link` there shows a "
        "code that joins the two.",
    )


WORDS: dict[type, Callable[[Any], Message]] = {
    CodeMailed: _code_mailed,
    Confirmed: _confirmed,
    Invited: _invited,
    Invites: _invites,
    LinkCode: _link_code,
    Me: _me,
    Members: _members,
    Removed: _removed,
    Revoked: _revoked,
    RoleSet: _role_set,
}
WORDS |= workspaces.WORDS
