"""What is printed when Draper is ready: where to go, and how to get in."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from agent.identity import callers, codes
from agent.identity.schemas import Grant
from agent.ports import Ids
from bot.ports import TimeOrderedIds
from bot.services import Services
from bot.settings import Settings
from bot.wiring.database import open_database
from bot.wiring.services import pepper
from db.tenancy import system

LINK_TTL = timedelta(minutes=30)
PAIR_TTL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WaysIn:
    """A sign-in link for the web chat, and a pairing code for messengers."""

    link: str
    pairing: str

    def lines(self, doors: Sequence[str]) -> list[str]:
        """The ways in, for people to read."""
        shown = [
            f"  Open the web chat:   {self.link}",
            "                       (works once, for 30 minutes)",
        ]
        messengers = [door.capitalize() for door in doors if door != "web"]
        if messengers:
            shown += [
                f"  Pair on {' or '.join(messengers)}: send the bot  {self.pairing}",
                "                       (works once, for an hour)",
            ]
        return [*shown, f"                       `{sys.argv[0]} link` prints new ones."]


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that is said once, when everything is up."""

    ways_in: WaysIn
    doors: tuple[str, ...]
    is_rehearsal: bool

    def show(self) -> None:
        """Print it for the person who started us."""
        lines = ["", "Draper is ready.", "", *self.ways_in.lines(self.doors)]
        if self.is_rehearsal:
            lines += [
                "",
                "  No ANTHROPIC_API_KEY is set: a rehearsal model answers.",
            ]
        _print([*lines, "", "  Stop with Ctrl-C.", ""])


async def greet(services: Services, address: str) -> Arrival:
    """Make sure there is an owner, and give them a way in."""
    async with services.as_role("door") as session:
        ways_in = await _ways_in(session, services.ids, services.pepper, address)
    return Arrival(
        ways_in=ways_in,
        doors=tuple(services.channels),
        is_rehearsal=services.model.is_rehearsal,
    )


async def print_another(settings: Settings) -> None:
    """Print new ways in, beside a running Draper or for the next start."""
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    async with (
        open_database(settings, may_join=True) as pools,
        system(pools.system, "door") as session,
    ):
        made = await _ways_in(session, TimeOrderedIds(), pepper(settings), address)
    _print(made.lines(["telegram", "slack"])[:-1])


async def _ways_in(
    session: AsyncSession, ids: Ids, secret: bytes, address: str
) -> WaysIn:
    owner = await callers.ensure_owner(session, ids)
    grant = Grant(owner.user_id, owner.workspace_id, "owner")
    link = await codes.issue(
        session, purpose="login", ttl=LINK_TTL, grant=grant, pepper=secret
    )
    pairing = await codes.issue(
        session, purpose=callers.PAIR, ttl=PAIR_TTL, grant=grant, pepper=secret
    )
    return WaysIn(f"{address.rstrip('/')}/signin?code={link}", pairing)


def _print(lines: Sequence[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
