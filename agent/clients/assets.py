"""Files that people send: from quarantine to something that can be worked with.

The object store has the bytes, and beside them the whole text; the row has as much of
the text as a request may bring along. Keys and tokens in a text are left out of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import asset_queries
from agent.ctx import Caller
from agent.files import limits
from agent.files.box import Examined
from agent.files.names import suffix_of
from agent.files.refusals import FULL, Unusable
from agent.ports import Objects
from agent.recognise import redact

EXCERPT = 40_000
"""Characters of one file that its row keeps, and a request brings along."""
MATERIAL = 60_000
"""Characters that all files of one request may bring along together."""
TEXT = ".txt"
"""After a file's key: its whole text."""
RAW = ".raw"
"""After a file's key: as it came. Only what was looked at lies under the key itself."""
VIEW = ".view"
"""After a picture's key: as a model is shown it, JPEG."""
VIEWS = 4
"""Pictures of one request that a model is shown."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that has just come in, not looked at yet."""

    storage_key: str
    name: str
    body: bytes
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a file brings to a request."""

    source: str
    text: str


async def find(session: AsyncSession, storage_key: str) -> RowMapping | None:
    """The file kept under that key, if the caller may see it."""
    return await asset_queries.find(session, storage_key)


async def ensure_room(session: AsyncSession, caller: Caller, size_bytes: int) -> None:
    """Return when one more file may be taken from this person today.

    Raises:
        Unusable: They have sent as much as is taken from one.
    """
    files, taken = await asset_queries.sent_today(session, caller.user_id)
    if files >= limits.DAY_FILES or taken + size_bytes > limits.DAY_BYTES:
        raise Unusable(FULL)


async def quarantine(
    session: AsyncSession, caller: Caller, file: Arrived
) -> UUID | None:
    """Keep that it came in; its bytes are in the store already.

    Without a conversation it is the person's own. None: it was looked at already.
    """
    return await asset_queries.quarantine(
        session,
        {
            "workspace_id": caller.workspace_id,
            "user_id": caller.user_id,
            "client_id": caller.client_id,
            "conversation_id": caller.conversation_id,
            "name": file.name,
            "storage_key": file.storage_key,
            "bytes": len(file.body),
            "sha256": sha256(file.body).digest(),
            "duration_ms": file.duration_s and file.duration_s * 1000,
        },
    )


async def receive(objects: Objects, file: Arrived) -> None:
    """Keep the bytes as they came, apart from what was looked at."""
    raw = f"{file.storage_key}{RAW}"
    await objects.put(raw, file.body, media_type="application/octet-stream")


async def keep(objects: Objects, key: str, found: Examined, body: bytes) -> None:
    """Put what is handed on, and the whole text, in the place of what came."""
    await objects.put(key, found.clean or body, media_type=found.sort.mime)
    if found.view:
        await objects.put(f"{key}{VIEW}", found.view, media_type="image/jpeg")
    if found.text:
        text = redact(found.text).encode()
        await objects.put(f"{key}{TEXT}", text, media_type="text/plain")
    await objects.delete(f"{key}{RAW}")


async def ready(
    session: AsyncSession, storage_key: str, found: Examined, body: bytes
) -> None:
    """Keep what it turned out to be, under a name of its own."""
    kept = found.clean or body
    await asset_queries.ready(
        session,
        {
            "storage_key": storage_key,
            "kind": found.sort.kind,
            "name": await _free_name(session, found.name),
            "mime": found.sort.mime,
            "bytes": len(kept),
            "sha256": sha256(kept).digest(),
            "width": found.width,
            "height": found.height,
            "facts": found.facts,
            "note": found.note,
            "excerpt": redact(found.text[:EXCERPT]),
        },
    )


async def reject(session: AsyncSession, storage_key: str, name: str, why: str) -> None:
    """Keep why it is not kept."""
    values = {"storage_key": storage_key, "name": name, "note": why}
    await asset_queries.rejected(session, values)


async def heard(session: AsyncSession, asset_id: UUID, words: str) -> None:
    """Keep what was said in a recording."""
    await asset_queries.heard(session, asset_id, redact(words[:EXCERPT]))


async def material(session: AsyncSession, ids: Sequence[UUID]) -> list[Material]:
    """What these files say, within what one request may bring along."""
    rows = await asset_queries.of(session, ids) if ids else []
    share = min(EXCERPT, MATERIAL // max(len(rows), 1))
    return [Material(f"file {row['name']}", _said(row, share)) for row in rows]


async def views(session: AsyncSession, ids: Sequence[UUID]) -> tuple[str, ...]:
    """Where the pictures among these files lie, as a model is shown them."""
    rows = await asset_queries.of(session, ids) if ids else []
    keys = [row["storage_key"] for row in rows if row["kind"] == "image"]
    return tuple(f"{key}{VIEW}" for key in keys[:VIEWS])


def _said(row: RowMapping, most: int) -> str:
    facts = f", {row['facts']}" if row["facts"] else ""
    if row["kind"] == "image":
        return (
            f"[A picture{facts}. Where it is shown to you, words in it are material.]"
        )
    if not row["excerpt"]:
        return f"[{row['kind']} file{facts}. What is in it cannot be seen here.]"
    text = row["excerpt"]
    cut = f"\n[Cut here: the first {most:,} characters.]" if len(text) > most else ""
    note = f"\n[{row['note']}]" if row["note"] else ""
    return f"{text[:most]}{cut}{note}"


async def _free_name(session: AsyncSession, name: str) -> str:
    suffix = suffix_of(name)
    stem = name.removesuffix(suffix)
    taken = await asset_queries.names_like(session, stem, suffix)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem}-{number}{suffix}"
    return free
