"""The way into the web console: a link asked for in a private chat."""

from datetime import timedelta

from pydantic import Field

from agent import earshot
from agent.ctx import Ctx, Role
from agent.errors import Forbidden
from agent.identity import codes
from agent.identity.schemas import Grant
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen, Nothing

LOGIN = "login"
TTL = timedelta(minutes=15)


class WayIn(Frozen):
    """How to get into the console."""

    url: str = Field(description="Signs in as the person who asked, once", repr=False)
    minutes: int = Field(description="How long the link is good; 0: it holds no code")
    is_local: bool = Field(description="Whether only this machine reaches it")


class NotInPrivate(Forbidden):
    """Others read along, and the quickest of them would be signed in."""

    code = "not_in_private"

    def __init__(self) -> None:
        """Say where to ask."""
        super().__init__(
            "A sign-in link is for you alone, and others read along here.",
            hint="Write `console` to me in a private chat.",
        )


@operation(
    "identity.console",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command(
        "console",
        in_menu=True,
        also=("web",),
        says=(
            r"(please )?(open |show )?(me )?(the |my )?(web )?(console|dashboard)",
            r"web|sign ?in|log ?in",
        ),
    ),
    personal=True,
)
async def open_console(ctx: Ctx, p: Nothing) -> WayIn:  # noqa: ARG001 - takes none
    """Get a link to your web console: runs, outputs, clients, usage and more.

    Raises:
        NotInPrivate: Others read along.
    """
    home = ctx.at_home
    base = (home.public_url or home.local_url).rstrip("/")
    if ctx.caller.channel == "web":  # signed in already
        return WayIn(url=f"{base}/console", minutes=0, is_local=not home.public_url)
    await _ensure_private(ctx)
    grant = Grant(ctx.caller.user_id, ctx.caller.workspace_id)
    async with home.as_role("door") as session:
        code = await codes.issue(
            session, purpose=LOGIN, ttl=TTL, grant=grant, pepper=home.pepper
        )
    return WayIn(
        url=f"{base}/signin?to=console&code={code}",
        minutes=int(TTL.total_seconds()) // 60,
        is_local=not home.public_url,
    )


async def _ensure_private(ctx: Ctx) -> None:
    if not await earshot.is_private(ctx):
        raise NotInPrivate


OPERATIONS = (open_console,)
