"""Inviting people, and taking an invitation up."""

import re
from typing import Any
from urllib.parse import quote

from pydantic import Field, model_validator

from agent import earshot
from agent.ctx import Ctx, Role
from agent.errors import AgentError, BadInput
from agent.identity import codes, invites, members, names, workspaces
from agent.identity.account_schemas import (
    Invited,
    Invites,
    Joined,
    Revoked,
    RoleName,
    TakeCode,
)
from agent.identity.invites import BadCode, New, Offer
from agent.identity.members import ensure_may_govern
from agent.identity.workspaces import Mine
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change, House, Letter
from agent.shapes import Frozen, Nothing

ROLES = "|".join(RoleName)
CODE = "-".join(["[2-9A-HJ-NP-Z]{5}"] * 3)
"""A code alone, as it is shown; ``codes.is_code`` takes more spellings."""
_TYPED_ROLE = re.compile(rf"(?:as\s+)?(?:an?\s+)?({ROLES})", re.IGNORECASE)


class Invite(Frozen):
    """Parameters of ``identity.invite``."""

    address: str = Field(
        default="",
        max_length=320,
        description="Who is invited, by mail; empty: you hand the link over yourself",
    )
    standing: RoleName = Field(
        default=RoleName.MEMBER, description="owner, admin, member or viewer"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_typed(cls, given: Any) -> Any:
        # "ana@acme.com as viewer", and "viewer" alone.
        if not isinstance(given, dict):
            return given
        told = dict(given)
        if "standing" not in told and _TYPED_ROLE.fullmatch(
            str(told.get("address", ""))
        ):
            told["standing"] = told.pop("address")
        if isinstance(told.get("standing"), str):
            found = _TYPED_ROLE.fullmatch(told["standing"].strip())
            told["standing"] = found[1].lower() if found else told["standing"]
        return told


class OneInvite(Frozen):
    """Parameters of ``identity.revoke_invite``."""

    handle: str = Field(max_length=100, description="The first letters of its code")


@operation(
    "identity.invite",
    effect=Effect.SEND,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.REST},
    command=Command(
        "invite",
        takes=("address", "standing"),
        says=(
            rf"invite (?P<address>\S+@\S+)(?: as (?:an? )?(?P<standing>{ROLES}))?",
            rf"invite (?:someone|somebody)(?: as (?:an? )?(?P<standing>{ROLES}))?",
        ),
    ),
    example={"address": "ana@acme.com", "standing": "viewer"},
    personal=True,
)
async def invite(ctx: Ctx, p: Invite) -> Invited:
    """Invite somebody with a role: /invite ana@acme.com as viewer.

    Raises:
        BadInput: It is no address, or others read along here.
        Forbidden: The role is higher than your own.
        TooManyInvitations: Enough were mailed today.
    """
    home = ctx.at_home
    address = names.address(p.address) if p.address.strip() else ""
    ensure_may_govern(ctx.caller.role, Role.VIEWER, p.standing.rank)
    await ensure_unseen(ctx)
    here = await members.everybody(ctx.session)
    my_name = next((m.name for m in here if m.user_id == ctx.caller.user_id), "")
    new = New(
        ctx.caller.workspace_id,
        ctx.caller.user_id,
        my_name,
        p.standing,
        address=address,
    )
    async with home.as_role("door") as session:
        code = await invites.issue(session, new, home.pepper)
    ctx.changed(_invite_change(code, p.standing, address))
    made = Invited(
        code=code,
        handle=code[: codes.HANDLE],
        role=p.standing,
        workspace=await workspaces.name_here(ctx.session),
        address=address,
        was_mailed=False,
        why_not="",
        telegram=_telegram_link(home, code),
        web=f"{(home.public_url or home.local_url).rstrip('/')}/join?code={code}",
        days=invites.TTL.days,
    )
    return await _mailed(home, made, my_name) if address else made


@operation(
    "identity.invites",
    effect=Effect.READ,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command("invites"),
    personal=True,
)
async def list_invites(ctx: Ctx, p: Nothing) -> Invites:  # noqa: ARG001 - takes none
    """List the open invitations; /invite revoke <code> ends one."""
    async with ctx.at_home.as_role("door") as session:
        found = await invites.open_ones(session, ctx.caller.workspace_id)
    return Invites(lines=found)


@operation(
    "identity.revoke_invite",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command("invite revoke", takes=("handle",), also=("invites revoke",)),
    example={"handle": "K7QMX"},
)
async def revoke_invite(ctx: Ctx, p: OneInvite) -> Revoked:
    """End an open invitation: its code is worth nothing any more.

    Raises:
        NoSuchInvite: None that is open begins so.
    """
    async with ctx.at_home.as_role("door") as session:
        handle = await invites.revoke(session, ctx.caller.workspace_id, p.handle)
    ctx.changed(Change("invitation", handle, {"open": True}, {"open": False}))
    return Revoked(handle=handle)


@operation(
    "identity.join",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT},
    command=Command("join", takes=("code",), says=(rf"(?P<code>{CODE})",)),
)
async def join(ctx: Ctx, p: TakeCode) -> Joined:
    """Take up an invitation to another workspace: /join K7QMX-...

    Raises:
        BadInput: Others read along here.
        BadCode: It is used up, revoked, too old or mistyped.
    """
    home = ctx.at_home
    if not p.code.strip():
        raise BadInput("Which code?", hint="/join K7QMX-4WPT9-HC3RD")
    await ensure_unseen(ctx)
    by = ctx.origin.key if ctx.origin else ""
    here = await members.everybody(ctx.session)
    my_name = next((m.name for m in here if m.user_id == ctx.caller.user_id), "")
    async with home.as_role("door") as session:
        offer = await invites.look(session, p.code, home.pepper, by=by)
        role = (
            await invites.accept(session, offer, ctx.caller.user_id, my_name, by=by)
            if offer
            else None
        )
    if offer is None or role is None:
        raise BadCode
    return await _moved(ctx, offer, role)


async def _moved(ctx: Ctx, offer: Offer, role: RoleName) -> Joined:
    there = Mine(offer.workspace_id, offer.workspace, role)
    chat_id = ctx.caller.chat_id
    is_elsewhere = offer.workspace_id != ctx.caller.workspace_id
    if is_elsewhere:
        chat_id = await workspaces.move_chat(ctx, there)
    return Joined(
        workspace_id=there.workspace_id,
        chat_id=chat_id or there.workspace_id,
        name=there.name,
        role=role,
        moved=is_elsewhere,
    )


async def ensure_unseen(ctx: Ctx) -> None:
    """Return where nobody else reads a code that is shown or brought.

    Raises:
        BadInput: It is a group.
    """
    if ctx.caller.chat_id is None or await earshot.is_private(ctx):
        return
    raise BadInput(
        "Others read along here, and a code is for one person.",
        hint="Write it to me in a private chat.",
    )


def _invite_change(code: str, role: RoleName, address: str) -> Change:
    after = {"role": role.value, "address": address, "open": True}
    return Change("invitation", code[: codes.HANDLE], None, after)


def _telegram_link(home: House, code: str) -> str:
    # As core.telegram.org/bots/features#deep-linking says: letters, digits, _ and -.
    bot = home.names.get("telegram", "")
    return f"https://t.me/{quote(bot)}?start={code}" if bot else ""


async def _mailed(home: House, made: Invited, my_name: str) -> Invited:
    if home.mail is None:
        why = "No mail server is set up here (SMTP_HOST, SMTP_FROM)."
        return made.model_copy(update={"why_not": why})
    try:
        await home.mail.send(_letter(made, my_name))
    except AgentError as refused:  # the invitation stands, and can be handed over
        return made.model_copy(update={"why_not": refused.message})
    return made.model_copy(update={"was_mailed": True})


def _letter(made: Invited, my_name: str) -> Letter:
    ways = [f"- on the web: {made.web}"]
    if made.telegram:
        ways.append(f"- on Telegram: {made.telegram}")
    ways.append(f"- on Slack, to Draper in a private message: /draper join {made.code}")
    who = names.clean(my_name) or "Somebody"
    return Letter(
        to=made.address,
        subject=f"{who} invites you to {names.clean(made.workspace)}",
        text=(
            f"{who} invites you to the workspace {made.workspace}, as {made.role}.\n\n"
            "Take it up in one of these ways:\n\n" + "\n".join(ways) + "\n\n"
            f"The code {made.code} works once, for {made.days} days.\n"
        ),
    )


OPERATIONS = (invite, list_invites, revoke_invite, join)
