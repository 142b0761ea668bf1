"""Our conversation or our page was opened: what is shown there before a word is said."""

from agent.ctx import Origin
from agent.mailroom.schemas import Claimed
from bot.services import Services
from channels.contract import Inbound


async def opened(
    services: Services, item: Claimed, inbound: Inbound, origin: Origin
) -> None:
    """Show what there is; nothing where the door cannot."""
    del services, item, inbound, origin
