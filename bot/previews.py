"""What was only shown while it grew, and is whole: it is sent, in its place."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import flood_queries, post_queries
from agent.mailroom.schemas import Delivery
from bot.letters import is_due_whole

_WHY = "shown until now, and to be sent"


async def become(
    session: AsyncSession, claimed: Sequence[Delivery]
) -> Sequence[Delivery]:
    """Make first sendings of those that are whole; what may be sent at once.

    What follows them in their chats, a next page or a file, is given back with them:
    the next claim takes them in order.
    """
    whole = [one for one in claimed if is_due_whole(one)]
    if not whole:
        return claimed
    for one in whole:
        await post_queries.lost_its_message(session, one, error=_WHY)
    places = {_place(one) for one in whole}
    behind = [one for one in claimed if not one.is_edit and _place(one) in places]
    await flood_queries.put_off(session, [(one, 0.0) for one in behind])
    given_back = {one.id for one in (*whole, *behind)}
    return [one for one in claimed if one.id not in given_back]


def _place(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.channel, delivery.account, delivery.recipient
