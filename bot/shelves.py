"""Which skills answer in which workspace: the house's and its own, less those off.

What stands here is what the database says is in force; whoever changes that announces
it, and every process looks again. Runs are pinned to a version and notice nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import stock_queries
from agent.catalog.problem import BrokenSkill, Problem
from agent.catalog.shelf import Shelf
from agent.catalog.stock_queries import InForce
from agent.catalog.versions import Versions
from agent.errors import NotFound
from bot.router import Router, rule

MOST_KEPT = 1000
"""Workspaces whose shelves are kept at hand; beyond that all are looked up again."""

Open = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction that sees the house's skills."""
OpenTenant = Callable[[UUID], AbstractAsyncContextManager[AsyncSession]]
"""Opens one that sees a workspace's own, too."""

log = structlog.get_logger()


class Shelves:
    """The house's shelf and router, and those of workspaces that differ."""

    def __init__(self, versions: Versions, house: Open, tenant: OpenTenant) -> None:
        """Read through ``house`` and ``tenant``, files through ``versions``."""
        self._versions = versions
        self._house = house
        self._tenant = tenant
        self.shelf = Shelf()
        self.router = Router([])
        self._known: dict[UUID, tuple[Shelf, Router] | None] = {}
        self._age = 0

    async def refresh(self, problems: Sequence[Problem] | None = None) -> None:
        """Look again at what is in force; ``problems`` are the folders', if known."""
        async with self._house() as session:
            found = await stock_queries.in_force(session)
        shelf = await self._filled(Shelf(), found)
        shelf.problems = self.shelf.problems if problems is None else tuple(problems)
        is_same = shelf.by_version.keys() == self.shelf.by_version.keys()
        self.router = self.router if is_same else _router(shelf)
        self.shelf = shelf
        self._known.clear()
        self._age += 1

    async def of(self, workspace_id: UUID) -> tuple[Shelf, Router]:
        """What answers in that workspace."""
        if workspace_id not in self._known:
            age = self._age
            found = await self._read(workspace_id)
            if age != self._age:  # changed while it was read
                return await self.of(workspace_id)
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[workspace_id] = found
        return self._known[workspace_id] or (self.shelf, self.router)

    async def _read(self, workspace_id: UUID) -> tuple[Shelf, Router] | None:
        """The workspace's shelf; None when it is the house's."""
        async with self._tenant(workspace_id) as session:
            own = await stock_queries.own(session)
            off = await stock_queries.switched_off(session)
        if not own and not off:
            return None
        shelf = await self._filled(self.shelf.copy(), own)
        for name in off:
            shelf.drop(name)
        return shelf, _router(shelf)

    async def _filled(self, shelf: Shelf, found: Sequence[InForce]) -> Shelf:
        for version in found:
            try:
                file = await self._versions.file(
                    version.version_id, version.storage_key
                )
            except (NotFound, BrokenSkill) as lost:
                # Its files are gone or from another age: the others still serve.
                log.warning("skill.lost", name=version.name, reason=lost.code)
            else:
                shelf.put(version, file)
        return shelf


def _router(shelf: Shelf) -> Router:
    return Router([rule(file) for file in shelf.files.values()])
