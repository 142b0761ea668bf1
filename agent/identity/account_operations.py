"""Who am I here, and joining another messenger to the same account."""

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.identity import account_queries, codes, linking, members, workspaces
from agent.identity.account_schemas import Door, LinkCode, Me, RoleName, TakeCode
from agent.identity.invite_operations import ensure_unseen
from agent.identity.schemas import Grant
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Nothing


@operation(
    "identity.me",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command("me", in_menu=True, says=("who am i", "whoami")),
    personal=True,
)
async def me(ctx: Ctx, p: Nothing) -> Me:  # noqa: ARG001 - takes none
    """Show who you are here: role, workspace, messengers, e-mail."""
    here = await members.everybody(ctx.session)
    mine = next((one for one in here if one.user_id == ctx.caller.user_id), None)
    account = await account_queries.account(ctx.session)
    doors = await account_queries.doors(ctx.session)
    known = await workspaces.mine(ctx.session, ctx.caller.user_id)
    return Me(
        name=(mine.name if mine else "") or account.full_name or "",
        role=mine.role if mine else RoleName(ctx.caller.role.name.lower()),
        workspace=await workspaces.name_here(ctx.session),
        workspaces=len(known),
        doors=[
            Door(channel=door.channel, name=door.channel_username or "")
            for door in doors
        ],
        email=account.email or "",
    )


@operation(
    "identity.link",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command(
        "link",
        takes=("code",),
        says=(r"link (?:my |this |another )?(?:account|messenger|chat)",),
    ),
    personal=True,
)
async def link(ctx: Ctx, p: TakeCode) -> LinkCode:
    """Use one account in all your messengers: get a code for the other one.

    A code that is brought to a private chat of a messenger is taken at the door,
    before anybody is known; here it can only be refused.

    Raises:
        BadInput: Others read along, or the code was brought to the wrong place.
    """
    await ensure_unseen(ctx)
    if p.code.strip():
        raise _not_here(ctx)
    home = ctx.at_home
    async with home.as_role("door") as session:
        code = await codes.issue(
            session,
            purpose=linking.LINK,
            ttl=linking.TTL,
            grant=Grant(ctx.caller.user_id, ctx.caller.workspace_id),
            pepper=home.pepper,
        )
    return LinkCode(code=code, minutes=int(linking.TTL.total_seconds()) // 60)


def _not_here(ctx: Ctx) -> BadInput:
    if ctx.caller.channel == "web":
        return BadInput(
            "On the web you are signed in as yourself, so a code joins nothing here.",
            hint="Bring it to me on Telegram or Slack; or sign out, and sign in "
            "with it.",
        )
    return BadInput(
        "That code is no good: it was used, is too old, or was mistyped.",
        hint="Write /link where you want to be known as, and bring me its code.",
    )


OPERATIONS = (me, link)
