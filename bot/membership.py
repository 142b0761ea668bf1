"""Our place in a chat: let in, put out, blocked, moved; and what follows from it."""

import structlog

from agent.ctx import Origin
from agent.mailroom import whereabouts
from agent.mailroom.ends import ENDS
from agent.mailroom.schemas import Delivery, Message
from agent.mailroom.whereabouts import Spot
from bot import doorman
from bot.letters import chat_of
from bot.services import Services
from bot.surfaces import chat
from channels.abilities import Moved
from channels.contract import ChannelName, ChatKind, Inbound, Refused

log = structlog.get_logger()


async def changed(services: Services, inbound: Inbound, origin: Origin) -> None:
    """Keep how we stand now; in a group we were let into, say how to address us."""
    spot = Spot(inbound.channel, inbound.account, inbound.chat)
    match inbound.pressed:
        case "joined":
            await _joined(services, inbound, origin, spot)
        case "left":
            await _left(services, inbound, spot)
        case "moved":
            await moved(services, spot, inbound.extra["to"])


async def heard_from(services: Services, inbound: Inbound) -> None:
    """Keep that we are there after all: somebody wrote, and no news of it came."""
    async with services.as_role("door") as session:
        spot = Spot(inbound.channel, inbound.account, inbound.chat)
        await whereabouts.stand(session, spot, "active")


async def moved(services: Services, spot: Spot, new: str) -> None:
    """Go on under the chat's new id, with all that is still to be sent there."""
    async with services.as_role("door") as session:
        await whereabouts.move(session, spot, new)
    async with services.as_role("worker") as session:
        await whereabouts.follow(session, spot, new)
    log.info("chat.moved", channel=spot.channel)


async def followed(services: Services, delivery: Delivery, error: Refused) -> bool:
    """Whether a refusal was news of a move, and the message now goes to the new id."""
    if not isinstance(error, Moved):
        return False
    await moved(
        services, Spot(delivery.channel, delivery.account, chat_of(delivery)), error.to
    )
    return True


async def _joined(
    services: Services, inbound: Inbound, origin: Origin, spot: Spot
) -> None:
    async with services.as_role("door") as session:
        await whereabouts.stand(session, spot, "active")
    if inbound.chat_kind is ChatKind.PRIVATE or "quiet" in inbound.extra:
        return
    if inbound.channel is ChannelName.TELEGRAM:
        # Only we can post in a channel of Telegram's: nobody would answer.
        if inbound.chat_kind is ChatKind.CHANNEL:
            return
        say = _hello(services, reads_all=inbound.extra.get("reads") == "all")
    else:
        say = IN_SLACK
    await doorman.say_at_door(
        services, origin, Message(chat.as_typed(say, spot.channel))
    )


async def _left(services: Services, inbound: Inbound, spot: Spot) -> None:
    is_private = inbound.chat_kind is ChatKind.PRIVATE
    end = inbound.extra.get("end") or ("blocked" if is_private else "removed")
    async with services.as_role("door") as session:
        await whereabouts.stand(session, spot, "blocked" if is_private else "left")
    async with services.as_role("worker") as session:
        ended = await whereabouts.fail(session, spot, f"{end}: {ENDS[end].said}")
    log.info("chat.left", channel=spot.channel, count=len(ended))


IN_SLACK = (
    "Hello! Mention me, and I answer in the thread; in a thread where we talk already "
    "you need not mention me again. /help shows what I can do."
)


def _hello(services: Services, *, reads_all: bool) -> str:
    name = services.names.get("telegram", "")
    mention = f"Mention @{name.lstrip('@')}" if name else "Mention me"
    reads = (
        "I can read everything here, and answer only what is meant for me."
        if reads_all
        else "I only see what is meant for me."
    )
    return f"Hello! {mention} or reply to me, and I am on it. {reads}"
