"""Outputs: what a run made, as an immutable row and a file."""

import re
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Objects
from agent.runs import work_queries

PREVIEW = 500
"""Characters."""

TITLE = 120

_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKS = re.compile(r"[*_`>#\[\]]+")


@dataclass(frozen=True, slots=True)
class Output:
    """One kept piece."""

    id: UUID
    title: str
    storage_key: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """A name for the file when it is shown in a chat."""
        words = re.sub(r"[^\w]+", "-", self.title.casefold()).strip("-")
        return f"{words[:60] or 'draper'}.md"


async def keep(
    objects: Objects, session: AsyncSession, output_id: UUID, key: str, text: str
) -> Output:
    """Keep ``text`` as ``output_id`` under ``key``; the second time, the first is it.

    ``key`` is ``<workspace>/<run>/<attempt>``. The file comes first: an object without
    a row is swept, a row without its object would be a lie.
    """
    body = text.encode()
    storage_key = f"outputs/{key}.md"
    await objects.put(storage_key, body, media_type="text/markdown; charset=utf-8")
    row = await work_queries.add_output(
        session,
        {
            "id": output_id,
            "run_id": UUID(key.split("/")[1]),
            "title": title(text),
            "preview": text[:PREVIEW],
            "storage_key": storage_key,
            "size_bytes": len(body),
            "sha256": sha256(body).digest(),
        },
    )
    return Output(**row)


def title(text: str) -> str:
    """The first heading, else the first line, without marks."""
    heading = _HEADING.search(text)
    first = heading.group(1) if heading else text.strip().partition("\n")[0]
    return _MARKS.sub("", first).strip()[:TITLE] or "Untitled"
