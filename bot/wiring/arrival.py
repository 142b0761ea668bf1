"""What is printed when Draper is ready: where to go, and how to get in."""

import sys
from dataclasses import dataclass
from datetime import timedelta

from agent.identity import callers, codes
from agent.identity.schemas import Grant
from bot.services import Services

LINK_TTL = timedelta(minutes=30)
PAIR_TTL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A sign-in link for this machine, a pairing code for messengers."""

    link: str
    pairing: str
    doors: tuple[str, ...]
    is_rehearsal: bool

    def show(self) -> None:
        """Print it for the person who started us."""
        lines = [
            "",
            "Draper is ready.",
            "",
            f"  Open the web chat:   {self.link}",
            "                       (works once, for 30 minutes; restart for another)",
        ]
        messengers = [door for door in self.doors if door != "web"]
        if messengers:
            names = " or ".join(name.capitalize() for name in messengers)
            lines += [
                f"  Pair on {names}:   send the bot  {self.pairing}",
                "                       (works once, for an hour)",
            ]
        if self.is_rehearsal:
            lines += [
                "",
                "  No ANTHROPIC_API_KEY is set: a rehearsal model answers.",
            ]
        lines += ["", "  Stop with Ctrl-C.", ""]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


async def greet(services: Services, address: str) -> Arrival:
    """Make sure there is an owner, and give them a way in."""
    async with services.as_role("door") as session:
        owner = await callers.ensure_owner(session, services.ids)
        grant = Grant(owner.user_id, owner.workspace_id, "owner")
        link = await codes.issue(
            session,
            purpose="login",
            ttl=LINK_TTL,
            grant=grant,
            pepper=services.pepper,
        )
        pairing = await codes.issue(
            session,
            purpose=callers.PAIR,
            ttl=PAIR_TTL,
            grant=grant,
            pepper=services.pepper,
        )
    return Arrival(
        link=f"{address.rstrip('/')}/signin?code={link}",
        pairing=pairing,
        doors=tuple(services.channels),
        is_rehearsal=services.model.is_rehearsal,
    )
