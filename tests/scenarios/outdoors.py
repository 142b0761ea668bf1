"""Watches the object store: nobody waits for it with a transaction open."""

from db.objects import LocalObjects
from tests.fakes.lent import Lent


class WatchedObjects(LocalObjects):
    """The store of a test, which remembers who came with a transaction open."""

    def __init__(self, store: LocalObjects, lent: Lent) -> None:
        super().__init__(store._folder)
        self._lent = lent
        self.hurried: list[str] = []
        """What they asked for."""

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        self._look(f"put {key}")
        await super().put(key, body, media_type=media_type)

    async def get(self, key: str) -> bytes:
        self._look(f"get {key}")
        return await super().get(key)

    async def delete(self, key: str) -> None:
        self._look(f"delete {key}")
        await super().delete(key)

    def _look(self, asked: str) -> None:
        if self._lent.to_me:
            self.hurried.append(asked)
