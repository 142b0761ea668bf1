"""Noticing when a call reaches beyond its own transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import House, Letter, Mail, SystemRole

Reach = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _NotedMail:
    """A way out for mail that is noted before it is gone."""

    mail: Mail
    reach: Reach

    async def send(self, letter: Letter) -> None:
        """Note it, then hand the letter over."""
        await self.reach()
        await self.mail.send(letter)


def watched(house: House, reach: Reach) -> House:
    """The same house; ``reach`` is awaited before anything that no rollback undoes."""

    @asynccontextmanager
    async def as_role(role: SystemRole) -> AsyncIterator[AsyncSession]:
        await reach()
        async with house.as_role(role) as session:
            yield session

    mail = _NotedMail(house.mail, reach) if house.mail is not None else None
    return replace(house, as_role=as_role, mail=mail)
