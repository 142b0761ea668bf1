"""The skills folder becomes versions and shelves, now and whenever it changes."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from agent.catalog import stock, stock_queries
from agent.catalog.queries import hashes
from agent.catalog.skillfile import load_all
from agent.catalog.versions import Versions
from agent.llm.embedder import Embedder
from bot.ears import Ears
from bot.services import Services
from bot.shelves import Shelves
from bot.wiring.database import Pools
from db.tenancy import system, tenant

FALLBACK_S = 60.0
"""How long a change elsewhere may stay unseen when its notification was lost."""

MOST_TOLD = 10
"""Skills loaded at once that are told one by one."""

Looked = frozenset[tuple[str, int, int]]
"""Every file of the folder: path, time of change in ns, size."""

log = structlog.get_logger()


class Folder:
    """The folder of skills, watched by looking.

    Looking costs two milliseconds a second, and works where a kernel's notifications do
    not: on network and container mounts. A change is taken when two looks agree, so a
    file that is still being written is waited for.
    """

    def __init__(self, root: Path, pools: Pools, versions: Versions) -> None:
        """Watch ``root`` and keep what is found there."""
        self._root = root
        self._pools = pools
        self._versions = versions
        self._taken: Looked = frozenset()
        self._seen: Looked = frozenset()

    async def take(self, shelves: Shelves) -> None:
        """Bring the database up to the folder, and the shelves up to the database."""
        self._taken = self._seen = await asyncio.to_thread(look, self._root)
        files, problems = await asyncio.to_thread(load_all, self._root)
        for problem in problems:
            log.warning("skill.refused", problem=str(problem))
        if self._root.is_dir():
            async with system(self._pools.system, "worker") as session:
                known = await hashes(session)
            for file in files:
                if file.content_hash not in known:
                    await self._versions.keep(file)
            kept = {problem.file.split("/")[0] for problem in problems}
            async with system(self._pools.system, "worker") as session:
                changed = await stock.stock(session, files, kept)
            _tell(changed)
        await shelves.refresh(problems)

    async def has_changed(self) -> bool:
        """Whether it differs from what was taken, and has come to rest."""
        now = await asyncio.to_thread(look, self._root)
        is_at_rest, self._seen = now == self._seen, now
        return is_at_rest and now != self._taken


def look(root: Path) -> Looked:
    """What lies in ``root``, without reading it."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            try:
                about = path.lstat()
            except OSError:
                continue  # gone since it was listed
            found.append((str(path), about.st_mtime_ns, about.st_size))
    return frozenset(found)


def make(
    root: Path, pools: Pools, versions: Versions, embedder: Embedder | None = None
) -> tuple[Folder, Shelves]:
    """The folder and the shelves it fills; nothing is read yet."""
    shelves = Shelves(
        versions,
        house=lambda: system(pools.system, "worker"),
        tenant=lambda workspace_id: tenant(pools.app, workspace_id, None),
        embedder=embedder,
    )
    return Folder(root, pools, versions), shelves


async def watch(folder: Folder, services: Services) -> None:
    """Serve what the folder says, within two looks of a change; until cancelled."""
    assert services.shelves is not None  # noqa: S101 - made together with it
    while True:
        await asyncio.sleep(services.pace.skills_s)
        try:
            if await folder.has_changed():
                await folder.take(services.shelves)
                services.restocked()
        except Exception as error:  # noqa: BLE001 - the database or the disk comes back
            log.warning("skills.watch_failed", error=type(error).__name__)


async def follow(services: Services, ears: Ears) -> None:
    """Serve what other processes changed; until cancelled."""
    assert services.shelves is not None  # noqa: S101 - made together with it
    async with ears.hear(stock_queries.CHANNEL) as heard:
        while True:
            await heard.wait(FALLBACK_S)
            try:
                await services.shelves.refresh()
                services.restocked()
            except Exception as error:  # noqa: BLE001 - the database comes back
                log.warning("skills.refresh_failed", error=type(error).__name__)


def _tell(changed: Sequence[stock.Restocked]) -> None:
    loaded = [each for each in changed if each.version]
    if len(loaded) > MOST_TOLD:  # a first start: nobody reads a line of each
        log.info("skills.loaded", count=len(loaded))
        loaded = []
    for each in loaded:
        log.info("skill.loaded", name=each.name, detail=each.version)
    for each in changed:
        if not each.version:
            log.info("skill.off", name=each.name, reason="its folder is gone")
