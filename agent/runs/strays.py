"""Files that outlived their rows: found by looking through the store, and deleted.

Rows go with a brand, a person or a workspace, by cascades that know nothing of files;
and a step that is lost leaves a file before there is a row of it. So it is not whoever
deletes a row that has to think of them: every night each file is held against the row
it was written for.

A file of a workspace that is not in this database is let be: two installations may
share a bucket.
"""

import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients.assets import RAW, TEXT, VIEW
from agent.ports import Objects


class Inventory(Objects, Protocol):
    """An object store that can be looked through."""

    def pages(self) -> AsyncIterator[Sequence[tuple[str, datetime]]]:
        """Yield all files there are, each with when it was put, a page at a time.

        Raises:
            Unavailable: The store did not answer in time, or refused.
        """
        ...


AsEraser = Callable[[], AbstractAsyncContextManager[AsyncSession]]

_BESIDE = "|".join(map(re.escape, (RAW, TEXT, VIEW)))
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# A file may wait a day for its row.
_STRAYS = """
    SELECT f.key FROM jsonb_to_recordset(CAST(:files AS jsonb))
        AS f(key text, put_at timestamptz, workspace uuid, {columns})
    JOIN workspaces w ON w.id = f.workspace
    WHERE f.put_at < now() - interval '1 day' AND {lost}
"""


@dataclass(frozen=True, slots=True)
class _Sort:
    """Files of one sort."""

    key: re.Pattern[str]
    """How their keys are read; its groups are the columns ``strays`` is asked with."""
    strays: TextClause
    """Which of them have nothing that they belong to."""

    @classmethod
    def of(cls, key: str, columns: str, lost: str) -> "_Sort":
        """Those whose keys are so; ``lost``: when one of them is a stray, in SQL."""
        statement = _STRAYS.format(columns=columns, lost=lost)
        return cls(re.compile(key), text(statement))


# What an answer said is a piece only once somebody judges it; until then it is its
# run's, as is what an attempt has put there to be recorded.
_PIECES = _Sort.of(
    rf"(?:outputs|exports)/(?P<piece>(?P<workspace>{_ID})/(?P<run>{_ID})/\d+)\.\w+",
    "run uuid, piece text",
    """
    NOT EXISTS (SELECT FROM outputs o
                WHERE o.storage_key = 'outputs/' || f.piece || '.md')
    AND NOT EXISTS (SELECT FROM runs r WHERE r.id = f.run
                    AND (r.completed_at IS NULL OR r.kind <> 'skill')
                    AND NOT EXISTS (SELECT FROM outputs o WHERE o.run_id = r.id))
    """,
)

# Kept as long as the durable steps that name them.
_DRAFTS = _Sort.of(
    rf"drafts/(?P<workspace>{_ID})/(?P<run>{_ID})/.+",
    "run uuid",
    """
    NOT EXISTS (SELECT FROM runs r WHERE r.id = f.run
                AND coalesce(r.completed_at > now() - interval '14 days', true))
    """,
)

# What was written to try a rule is read until that is decided, and no longer.
_TRIALS = _Sort.of(
    rf"(?P<workspace>{_ID})/rules/(?P<rule>{_ID})/(?P<revision>\d+)/"
    rf"[^/]*?(?:-(?P<output>{_ID}))?/[^/]+",
    "rule uuid, revision int, output uuid",
    """
    (NOT EXISTS (SELECT FROM rules r WHERE r.id = f.rule AND r.status = 'proposed'
                 AND CAST(r.proposal ->> 'revision' AS int) = f.revision)
     OR f.output IS NOT NULL
     AND NOT EXISTS (SELECT FROM outputs o WHERE o.id = f.output))
    """,
)

# What somebody handed over and never sent has no row at all.
_SENT = _Sort.of(
    rf"(?P<file>assets/(?P<workspace>{_ID})/[^/]+?)(?:{_BESIDE})?",
    "file text",
    "NOT EXISTS (SELECT FROM assets a WHERE a.storage_key = f.file)",
)

_SORTS = (_PIECES, _DRAFTS, _TRIALS, _SENT)


async def clear(as_eraser: AsEraser, objects: Inventory) -> int:
    """Delete what belongs to no row any more; how many those were.

    Raises:
        Unavailable: The store did not answer; what is left is found the next time.
    """
    total = 0
    async for page in objects.pages():
        strays = await _among(as_eraser, page)
        for key in strays:
            await objects.delete(key)
        total += len(strays)
    return total


async def _among(
    as_eraser: AsEraser, page: Iterable[tuple[str, datetime]]
) -> list[str]:
    found: list[str] = []
    if files := _sorted(page):
        async with as_eraser() as session:
            for sort, rows in files.items():
                asked = {"files": json.dumps(rows)}
                found += await session.scalars(sort.strays, asked)
    return found


def _sorted(
    page: Iterable[tuple[str, datetime]],
) -> dict[_Sort, list[dict[str, Any]]]:
    """The files that have rows, with what their keys say; all others are let be."""
    files: dict[_Sort, list[dict[str, Any]]] = defaultdict(list)
    for key, put_at in page:
        for sort in _SORTS:
            if found := sort.key.fullmatch(key):
                about = {"key": key, "put_at": put_at.isoformat()}
                files[sort].append(about | found.groupdict())
    return files
