"""The files of skill versions: a run works with the version it began with.

What is on the shelf is at hand; an older version comes from the object store, where
its files were put before its row was made. Content-addressed: written once, never
changed.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from agent.catalog.folder import FileEntry, Folder
from agent.catalog.skillfile import SkillFile, assemble
from agent.ports import Objects


def key_of(file: SkillFile) -> str:
    """Where the object store keeps this content."""
    return f"skills/{file.name}/{file.content_hash.hex()}"


@dataclass(slots=True)
class Versions:
    """Skill versions by id, read once."""

    objects: Objects
    known: dict[UUID, SkillFile] = field(default_factory=dict)

    async def keep(self, file: SkillFile) -> None:
        """Put the files into the object store, before there is a row of them.

        Raises:
            Unavailable: The store did not take them.
        """
        body = json.dumps({"name": file.name, "files": dict(file.texts)}).encode()
        await self.objects.put(key_of(file), body, media_type="application/json")

    async def file(self, version_id: UUID, storage_key: str) -> SkillFile:
        """The version as its folder was. Uses the network: open no transaction.

        Raises:
            NotFound: Its files are gone.
            BrokenSkill: They cannot be read any more.
            Unavailable: The store does not answer.
        """
        found = self.known.get(version_id)
        if found is None:
            body = json.loads(await self.objects.get(storage_key))
            found = self.known[version_id] = assemble(held(body["name"], body["files"]))
        return found


def held(name: str, texts: dict[str, str]) -> Folder:
    """The folder that these files would lie in."""
    files = tuple(
        FileEntry(path, sha256(body).hexdigest(), len(body))
        for path, body in sorted((path, text.encode()) for path, text in texts.items())
    )
    return Folder(Path(name), texts, files)
