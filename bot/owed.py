"""What is owed after a message went: its next pages, or that it may not have come."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.mailroom import deliveries, flood_queries, post_queries
from agent.mailroom.schemas import Delivery, Message
from bot import render
from bot.letters import Letter

log = structlog.get_logger()


async def own_up(session: AsyncSession, channels: Sequence[str]) -> None:
    """Tell people of messages that may not have reached them, once each."""
    for lost in await post_queries.unsure(session, channels):
        owner = deliveries.owner_of(lost)
        key = f"{lost['dedupe_key']}:unsure"
        # At the door nobody is known yet who could press.
        message = render.unsure(lost["id"] if owner.workspace_id else None)
        place = deliveries.place_of(lost)
        await deliveries.plan(session, place, message, owner=owner, key=key)
        log.warning("post.unsure", delivery_id=str(lost["id"]))


async def go_on(session: AsyncSession, delivery: Delivery, made: Letter) -> None:
    """Plan what did not fit, each page once: messages of their own, after this one."""
    if not made.rest:
        return
    row = await flood_queries.whole(session, delivery)
    owner = deliveries.owner_of(row)
    place = deliveries.place_of(row)
    seen: Counter[str] = Counter()
    for page in made.rest:
        seen[page] += 1  # pages that say the same are still two
        print_of_it = sha256(page.encode() + b"\0" * (seen[page] - 1)).hexdigest()[:16]
        key = f"{row['dedupe_key']}:page:{print_of_it}"
        await deliveries.plan(session, place, Message(page), owner=owner, key=key)
