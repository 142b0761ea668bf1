"""Which skills answer in which workspace: the house's and its own, less those off.

What stands here is what the database says is in force; whoever changes that announces
it, and every process looks again. Runs are pinned to a version and notice nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from threading import Thread
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import stock_queries
from agent.catalog.problem import BrokenSkill, Problem
from agent.catalog.shelf import Shelf
from agent.catalog.stock_queries import InForce
from agent.catalog.versions import Versions
from agent.errors import NotFound
from agent.llm.embedder import Embedder
from bot.ranking.rules import Rule
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

    def __init__(
        self,
        versions: Versions,
        house: Open,
        tenant: OpenTenant,
        embedder: Embedder | None = None,
    ) -> None:
        """Read through ``house`` and ``tenant``, files through ``versions``.

        ``embedder`` lets the router compare by meaning, too.
        """
        self._embedder = embedder
        self._versions = versions
        self._house = house
        self._tenant = tenant
        self.shelf = Shelf()
        self.router = Router([], embedder=embedder)
        self._known: dict[UUID, tuple[Shelf, Router] | None] = {}
        self._age = 0
        self._turn = asyncio.Lock()
        self._learning = Thread()
        """What the newest router learns in; to be waited for, never twice done."""
        self._learning.start()

    async def refresh(self, problems: Sequence[Problem] | None = None) -> None:
        """Look again at what is in force; ``problems`` are the folders', if known."""
        # One after the other: who began earlier must not end later, with older news.
        async with self._turn:
            async with self._house() as session:
                found = await stock_queries.in_force(session)
            shelf = await self._filled(Shelf(), found)
            shelf.problems = (
                self.shelf.problems if problems is None else tuple(problems)
            )
            is_same = shelf.by_version.keys() == self.shelf.by_version.keys()
            if not is_same:
                self.router = await self._routed(shelf)
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

    async def learnt(self) -> None:
        """Wait until the newest router has learnt."""
        await asyncio.to_thread(self._learning.join)

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
        rules = self._new(shelf, {one.name for one in own})
        if not rules and not off:
            return shelf, self.router
        await self.learnt()
        router = await asyncio.to_thread(self.router.with_skills, rules, list(off))
        return shelf, router

    def _new(self, shelf: Shelf, names: Collection[str]) -> list[Rule]:
        """What calls those skills, where other words do than the house's.

        Another version that the same words call needs nothing learnt anew.
        """
        here, house = (
            [rule(files[name]) for name in sorted(names) if name in files]
            for files in (shelf.files, self.shelf.files)
        )
        return [one for one in here if one not in house]

    async def _routed(self, shelf: Shelf) -> Router:
        """The house's router, which learns beside everything else.

        That takes a second or more. At the start nobody waits for it; later, the router
        there is serves on until the new one has learnt.
        """
        rules = [rule(file) for file in shelf.files.values()]
        make = partial(Router, rules, embedder=self._embedder)
        router = await asyncio.to_thread(make)
        self._learning = Thread(target=router.learn, name="router-learn", daemon=True)
        self._learning.start()
        if self.shelf.files:
            await self.learnt()
        return router

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
