"""Our conversation or our page was opened: what is there before a word is said."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain, islice

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller, Origin
from agent.mailroom.schemas import Claimed
from agent.memory import conversations
from agent.runs import desk_queries
from agent.runs.desk_queries import Work
from bot import doorman, home
from bot.router import Router
from bot.services import Services
from channels.abilities import Entitles, Prompt, Suggests
from channels.contract import ChatKind, Inbound, Kind

PROMPTS, CLIENTS, LATEST = 4, 3, 10
TITLE = 80
BESIDE = "beside"
"""Where a door tells which channel is open next to our conversation."""

WHAT = Prompt("What can you do?", "What can you do for me?")
BRAND = Prompt("Tell me about a brand", "I want to tell you about a new client")
FIRST = (
    Prompt("Write homepage copy", "Write homepage copy for our product"),
    Prompt("Find out about a rival", "Research our competitors"),
)
STRANGERS = (
    Prompt("How do I get in?", "How do I get in?"),
    Prompt("I have a code", "I have a pairing code. Where do I send it?"),
)


async def opened(
    services: Services, item: Claimed, inbound: Inbound, origin: Origin
) -> None:
    """Show the person what is theirs there; to a stranger, how to get in."""
    caller = await doorman.known(services, item, inbound)
    if inbound.pressed == "home":
        if caller is None:
            await home.show_stranger(services, origin, inbound.sender)
        else:
            await home.show(services, caller, origin, inbound.sender)
        return
    door: object = services.channels.get(origin.channel)
    if isinstance(door, Suggests):
        offered = await _offered(services, caller, origin)
        where = (origin.account, origin.chat, origin.thread)
        await door.suggest(*where, offered)


@asynccontextmanager
async def entitling(
    services: Services, origin: Origin, inbound: Inbound, *, is_new: bool
) -> AsyncIterator[None]:
    """Meanwhile call a thread what its first message asks, where doors list them."""
    door: object = services.channels.get(origin.channel)
    is_first = is_new and inbound.kind is Kind.MESSAGE and bool(inbound.thread)
    title = title_of(conversations.redact(inbound.text)) if is_first else ""
    if not (title and isinstance(door, Entitles) and _is_private(inbound)):
        yield
        return
    where = (origin.account, origin.chat, origin.thread)
    entitled = asyncio.create_task(door.entitle(*where, title))
    try:
        yield
    finally:
        await entitled


def _is_private(inbound: Inbound) -> bool:
    return inbound.chat_kind is ChatKind.PRIVATE


def title_of(said: str) -> str:
    """What a conversation is called by its first request: its beginning, in a line."""
    line = next((line for line in said.splitlines() if line.strip()), "")
    line = " ".join(line.split())
    if len(line) <= TITLE:
        return line
    return f"{line[: TITLE - 1].rsplit(' ', 1)[0].rstrip(' ,;:')}…"


async def _offered(
    services: Services, caller: Caller | None, origin: Origin
) -> Sequence[Prompt]:
    if caller is None:
        return STRANGERS
    async with services.ctx(caller, origin) as ctx:
        beside = await _beside(ctx.session, origin)
        latest = await desk_queries.latest(ctx.session, caller.user_id, LATEST)
        found = await desk_queries.clients(ctx.session, caller.user_id, CLIENTS)
    clients = list(dict.fromkeys(filter(None, (beside, *found))))
    return suggestions(services, latest, clients)


async def _beside(session: AsyncSession, origin: Origin) -> str:
    """The client of the channel that is open beside us: it says whom, never what."""
    chat = origin.extra.get(BESIDE, "")
    if not chat:
        return ""
    where = {"channel": origin.channel, "account": origin.account, "chat": chat}
    return await desk_queries.client_of(session, **where)


def suggestions(
    services: Services, latest: Sequence[Work], clients: Sequence[str]
) -> list[Prompt]:
    """Up to four things to begin with, of what the person has and did last."""
    if not clients:
        return [*FIRST, BRAND, WHAT]
    work = next((one for one in latest if one.skill), None)
    again = _again(services, work, clients[0]) if work else iter(())
    about = (
        Prompt(f"Homepage copy for {name}", f"Write homepage copy for {name}")
        for name in clients
    )
    knows = (Prompt(f"What do you know of {clients[0]}?", f"Show client {clients[0]}"),)
    distinct = {one.said: one for one in chain(again, islice(about, 2), knows, (WHAT,))}
    return list(distinct.values())[:PROMPTS]


def _again(services: Services, work: Work, first: str) -> Iterator[Prompt]:
    """The last skill once more, in words that lead to it."""
    file = services.shelf.file(work.skill)
    whom = first or work.client
    said = [
        f"{words[:1].upper()}{words[1:]} for {whom}"
        for words in (file.triggers if file else ())
    ]
    if leads := _leading(services.router, work.skill, said):
        yield Prompt(f"{work.title} for {whom}", leads)


def _leading(router: Router, skill: str, said: Sequence[str]) -> str:
    return next((one for one in said if router.route(one).skill == skill), "")
