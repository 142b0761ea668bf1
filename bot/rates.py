"""How many messages of one person are worked on in a minute; the rest waits."""

from dataclasses import replace
from datetime import timedelta
from math import ceil

from agent.ctx import Caller, Origin
from agent.identity import throttles
from agent.mailroom.schemas import Message
from agent.memory import conversations
from bot.answers import reply
from bot.services import Services
from channels.contract import ChatKind, Inbound, Kind

MINUTE = timedelta(minutes=1)
COUNTED = frozenset({Kind.MESSAGE, Kind.COMMAND, Kind.FORM})
"""A press has its own bound: a message's buttons."""


class Later(Exception):
    """The message is not worked on now, but after ``pause_s`` seconds."""

    def __init__(self, pause_s: float) -> None:
        """Keep how long."""
        super().__init__(f"in {pause_s:.0f} s")
        self.pause_s = pause_s


async def pace(
    services: Services, caller: Caller, inbound: Inbound, origin: Origin
) -> None:
    """Return when the message may be worked on now.

    The first one too many is told how long it takes, the others wait in silence.

    Raises:
        Later: It waits for the next minute; nothing of it is lost.
    """
    limit = services.messages_per_minute
    if not limit or inbound.kind not in COUNTED:
        return
    async with services.as_role("door") as session:
        key = f"messages:{caller.user_id}"
        tries = await throttles.count(session, key, window=MINUTE)
    if tries.count <= limit:
        return
    pause_s = max(1.0, tries.left_s)
    if tries.count == limit + 1:
        await _say(services, caller, inbound, origin, pause_s)
    raise Later(pause_s)


async def _say(
    services: Services,
    caller: Caller,
    inbound: Inbound,
    origin: Origin,
    pause_s: float,
) -> None:
    # A key of its own: the answer itself is still to come.
    aside = replace(origin, key=f"{origin.key}:slow")
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    async with services.ctx(caller, aside) as ctx:
        here = await conversations.ensure(ctx.session, caller, is_private=is_private)
        placed = replace(ctx, caller=replace(caller, conversation_id=here))
        await reply(placed, Message(slow_down(pause_s)))


def slow_down(pause_s: float) -> str:
    """The word to somebody who writes faster than we work."""
    return (
        "Slow down a little: that was a lot for one minute. "
        f"Nothing is lost, I go on in {ceil(pause_s)} s."
    )
