"""Outputs: what a run made, as an immutable row and a file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from unicodedata import category
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Objects
from agent.runs import signals, work_queries

PREVIEW = 500
"""Characters."""

TITLE = 120
NAME = 60

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
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
        return self.named("md")

    def named(self, suffix: str) -> str:
        """A name for a file of another sort."""
        words = re.sub("-+", "-", "".join(map(_letter, self.title.casefold())))
        short = words[:NAME].strip("-")
        if words[NAME : NAME + 1] not in ("", "-") and "-" in short:
            short = short.rpartition("-")[0]  # no half a word at the end
        return f"{short or 'draper'}.{suffix}"


async def store(objects: Objects, key: str, text: str) -> str:
    """Put the piece into the object store, before its row; its storage key.

    ``key`` is ``<workspace>/<run>/<attempt>``. An object without a row can be swept; a
    row without its object would be a lie.
    """
    where = storage_key(key)
    await objects.put(where, text.encode(), media_type="text/markdown")
    return where


def storage_key(key: str) -> str:
    """Where a run's text lies: ``key`` is ``<workspace>/<run>/<attempt>``."""
    return f"outputs/{key}.md"


async def record(
    session: AsyncSession,
    run_id: UUID,
    storage_key: str,
    text: str,
    data: Mapping[str, Any] | None = None,
) -> Output:
    """Keep the row of a stored piece; the second time, the first row is it.

    ``data``: what ``text`` was laid out from, where the piece is data.
    """
    values = facts(storage_key, text) | {"run_id": run_id, "data": _json(data)}
    kept = Output(**await work_queries.add_output(session, values))
    await signals.decided(session, kept.id)
    return kept


def facts(storage_key: str, text: str) -> dict[str, Any]:
    """What an output's row says of its text."""
    body = text.encode()
    return {
        "title": title(text),
        "preview": text[:PREVIEW],
        "storage_key": storage_key,
        "size_bytes": len(body),
        "sha256": sha256(body).digest(),
    }


def _letter(one: str) -> str:
    # A vowel's sign of Hindi is a mark, and no letter.
    is_kept = one.isalnum() or one == "_" or category(one).startswith("M")
    return one if is_kept else "-"


def _json(data: Mapping[str, Any] | None) -> str | None:
    return None if data is None else json.dumps(data)


def title(text: str) -> str:
    """The first heading, else the first line, without marks."""
    heading = _HEADING.search(text)
    first = (
        heading.group(1).rstrip("# \t") if heading else text.strip().partition("\n")[0]
    )
    return _MARKS.sub("", first).strip()[:TITLE] or "Untitled"
