"""What a week taught, asked for at any time or sent on Mondays."""

from datetime import timedelta

from agent.catalog import week
from agent.catalog.week_schemas import DigestSet, Learnt, SetDigest
from agent.ctx import Ctx, Role
from agent.identity import preferences
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Nothing

EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
DAYS = timedelta(days=7)
TOPIC = "digest"
"""In ``users.notifications``."""


@operation(
    "catalog.learnt",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "week",
        says=(
            r"what (?:did|have) (?:we|you) learn(?:t|ed)? (?:this|last) week\??",
            r"(?:show )?(?:me )?(?:the |my )?weekly digest",
        ),
    ),
)
async def show_week(ctx: Ctx, p: Nothing) -> Learnt:  # noqa: ARG001 - takes none
    """See what the last seven days taught me, what it cost and what waits for you."""
    now = ctx.clock.now()
    return await week.learnt(ctx.session, now - DAYS, now)


@operation(
    "catalog.set_digest",
    effect=Effect.WRITE,
    role=Role.OWNER,
    on=EVERYWHERE,
    command=Command(
        "digest",
        takes=("on",),
        says=(
            r"(?:turn |switch )?(?:the )?(?:weekly )?digest (?P<on>on|off)",
            r"(?:turn|switch) (?P<on>on|off) the (?:weekly )?digest",
            r"(?:please )?(?P<on>no) (?:more )?(?:weekly )?digests?(?: please)?",
        ),
    ),
    example={"on": False},
    personal=True,
)
async def set_digest(ctx: Ctx, p: SetDigest) -> DigestSet:
    """Have the weekly digest sent to you on Mondays, or not: `/digest off`."""
    user_id = ctx.caller.user_id
    before = await preferences.of(ctx.session, user_id)
    await preferences.switch(ctx.session, user_id, TOPIC, is_on=p.on)
    was = before.notifications.get(TOPIC) != "off"
    ctx.changed(Change("settings", str(user_id), {TOPIC: was}, {TOPIC: p.on}))
    return DigestSet(on=p.on)


OPERATIONS = (show_week, set_digest)
