"""One-time codes that people bring to a private chat, and what they do."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import callers, codes, invites, linking
from agent.identity.callers import Identity, Spot
from agent.identity.invites import Comer
from agent.identity.linking import Linked
from agent.mailroom.schemas import Message
from agent.ports import Ids
from bot.render import words
from bot.surfaces import chat

VERBS = frozenset({"pair", "start", "link", "join"})
SURE = "yes"

PAIRED = Message(
    "We are paired. From now on I know you here.\n\n"
    "Tell me what you need, for example:\n\n"
    "> write homepage copy for Acme, a payroll tool for clinics"
)

LINKED = {
    Linked.JOINED: Message(
        "Linked. You are the same person here and there: same account, same history. "
        "`/me` shows it."
    ),
    Linked.SAME: Message("I know you here as that same person already."),
    Linked.MERGED: Message(
        "Linked. The two accounts are one now: what you asked for under either is "
        "yours here and there. `/me` shows it."
    ),
}


@dataclass(frozen=True, slots=True)
class Brought:
    """A code as it was typed."""

    code: str
    is_sure: bool
    """Whether ``yes`` stood behind it."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A code, and who brings it where."""

    brought: Brought
    identity: Identity
    spot: Spot
    by: str
    """The message it came in."""
    user_id: UUID | None
    is_member: bool
    """Whether they have a role where this chat works: the gate serves them then."""


def read(text: str) -> Brought | None:
    """The code that a message consists of, alone or behind its command."""
    said = chat.words(text)
    verb, _, typed = said.partition(" ") if said is not None else ("", "", text)
    if verb and verb not in VERBS:
        return None
    typed = typed.strip()
    code = typed.casefold().removesuffix(f" {SURE}")
    if not codes.is_code(code):
        return None
    return Brought(code, is_sure=code != typed.casefold())


async def take(
    session: AsyncSession, knock: Knock, pepper: bytes, ids: Ids
) -> Message | None:
    """Do what the code is for, and say so; None where it does nothing at the door."""
    return (
        await _paired(session, knock, pepper)
        or await _linked(session, knock, pepper)
        or await _invited(session, knock, pepper, ids)
    )


async def _paired(session: AsyncSession, knock: Knock, pepper: bytes) -> Message | None:
    code = knock.brought.code
    member = await callers.pair(session, knock.identity, code, pepper, by=knock.by)
    if member is None:
        return None
    await callers.hand_over(session, knock.spot, member)
    return PAIRED


async def _linked(session: AsyncSession, knock: Knock, pepper: bytes) -> Message | None:
    brought = linking.Brought(
        code=knock.brought.code,
        identity=knock.identity,
        spot=knock.spot,
        by=knock.by,
        is_sure=knock.brought.is_sure,
    )
    found = await linking.take(session, brought, pepper)
    if found is Linked.ASKS:
        return _asks(knock.brought.code.upper())
    return LINKED[found] if found else None


def _asks(code: str) -> Message:
    return Message(
        "I know you here already, as another account than the one that showed this "
        "code. If both are yours, I can make them one: the account of the code then "
        "has all of this one, its private conversations and its workspaces, too.\n\n"
        "Only if you made that code yourself, write:\n\n"
        f"`/link {code} {SURE}`",
        once="A code was brought that would make two accounts one; nothing was done.",
    )


async def _invited(
    session: AsyncSession, knock: Knock, pepper: bytes, ids: Ids
) -> Message | None:
    if knock.is_member:
        return None  # they take it up as themselves: identity.join
    offer = await invites.look(session, knock.brought.code, pepper, by=knock.by)
    if offer is None:
        return None
    comer = Comer(knock.identity, knock.spot, knock.user_id)
    await invites.welcome(session, offer, comer, ids, by=knock.by)
    can = "You can read all there is; writing takes the member role."
    if offer.role != "viewer":
        can = "Tell me what you need."
    return Message(
        f"Welcome to **{words.name(offer.workspace)}**: you are {offer.role} here. "
        f"{can} `/help` shows what I do."
    )
