"""What may be told where others read along: what they may read, and no more.

What was asked in a private chat is its person's own. Row security lets them read it
wherever they are; who else reads the answer it does not know.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import text

from agent.ctx import Ctx
from agent.errors import AgentError, Forbidden, NotFound
from db import tenancy

T = TypeVar("T")

# Of a thread, the chat it is in counts.
_IS_PRIVATE = text("""
    SELECT whole.kind = 'private' FROM chats c
    JOIN chats whole ON whole.channel = c.channel AND whole.account = c.account
         AND whole.chat_id = c.chat_id AND whole.thread_id = ''
    WHERE c.id = :id
""")


class AskedInPrivate(Forbidden):
    """It is there, but not for all who would read the answer."""

    code = "asked_in_private"
    params: Mapping[str, Any] = MappingProxyType({})
    """Of the call, as JSON values; the gate says them, so that it can be repeated."""

    def __init__(self) -> None:
        """Say why it is not told, and where it is."""
        super().__init__(
            "That was asked in private, and others read along here.",
            hint="Ask me in our own chat.",
        )


async def is_private(ctx: Ctx) -> bool:
    """Whether the chat the call came from is one person's."""
    here = ctx.caller.chat_id
    return bool(here and await ctx.session.scalar(_IS_PRIVATE, {"id": here}))


async def is_overheard(ctx: Ctx) -> bool:
    """Whether others read along where the call's answer is shown."""
    if ctx.is_overheard is not None:
        return ctx.is_overheard
    if ctx.caller.chat_id is None or (ctx.origin and ctx.origin.is_whispered):
        return False
    return not await is_private(ctx)


async def told(ctx: Ctx, look: Callable[[], Awaitable[T]]) -> T:
    """What ``look`` comes to where it sees no more than all who read the answer.

    ``look`` only reads; it may be called twice.

    Raises:
        AskedInPrivate: What it does not find is there, for the caller alone.
    """
    if not await is_overheard(ctx):
        return await look()
    await tenancy.see_as(ctx.session, None)
    try:
        found = await look()
    except AgentError as refused:
        await tenancy.see_as(ctx.session, ctx.caller.user_id)
        if not isinstance(refused, NotFound):
            raise
        await look()
        raise AskedInPrivate from refused
    await tenancy.see_as(ctx.session, ctx.caller.user_id)
    return found


async def worked_on(ctx: Ctx, look: Callable[[], Awaitable[T]]) -> T:
    """The same of what something new is begun from: that stays, so a whisper is none.

    Raises:
        AskedInPrivate: As above.
    """
    return await told(replace(ctx, origin=None), look)
