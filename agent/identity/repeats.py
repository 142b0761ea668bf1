"""Requests that may be sent twice and are done once: their answers, kept for a day.

The row is written in the transaction of what was asked for. So a request that failed
leaves none and may be sent again; one that a crash cut off was not done at all; and of
two at once the second waits for the first.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Caller
from agent.errors import BadInput, Conflict
from db.batches import changed

KEPT = timedelta(hours=24)
PATIENCE_MS = 5000
"""How long a request waits for its twin."""
LONGEST = 255
LOCK_NOT_AVAILABLE = "55P03"

_FORGET_OLD = text("""
    DELETE FROM idempotent_requests
    WHERE workspace_id = :workspace_id AND user_id = :user_id AND key = :key
      AND expires_at <= now()
""")
_WAIT = text("SELECT set_config('lock_timeout', :ms, true)")
_BEGIN = text("""
    INSERT INTO idempotent_requests (workspace_id, user_id, key, operation, params_hash,
                                     expires_at)
    VALUES (:workspace_id, :user_id, :key, :operation, :params_hash, now() + :kept)
    ON CONFLICT (workspace_id, user_id, key) DO NOTHING
    RETURNING id
""")
_FIND = text("""
    SELECT operation, params_hash, status_code, body #>> '{}' AS body
    FROM idempotent_requests
    WHERE workspace_id = :workspace_id AND user_id = :user_id AND key = :key
""")
_FINISH = text("""
    UPDATE idempotent_requests SET status_code = :status,
           body = to_jsonb(CAST(:body AS text))
    WHERE workspace_id = :workspace_id AND user_id = :user_id AND key = :key
""")
_SWEEP = text("""
    DELETE FROM idempotent_requests WHERE id IN (
        SELECT id FROM idempotent_requests WHERE expires_at < now() LIMIT :n)
""")


class KeyReused(BadInput):
    """The key was used for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "That Idempotency-Key was used for another request.",
            hint="Make a new key for each new request.",
        )


class StillWorking(Conflict):
    """The first request with this key is not done yet."""

    code, retryable = "still_working", True

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "The first request with this Idempotency-Key is still being worked on.",
            hint="Send it again in some seconds.",
        )


class ShownOnce(Conflict):
    """It was done, and its answer held a secret."""

    code = "shown_once"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "That was done; its answer is shown only once.",
            hint="Ask for it anew with a new Idempotency-Key.",
        )


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is done once: who asks, under which key, for what."""

    caller: Caller
    key: str
    operation: str
    params_hash: bytes

    @property
    def row(self) -> dict[str, Any]:
        """What finds its row."""
        return {
            "workspace_id": self.caller.workspace_id,
            "user_id": self.caller.user_id,
            "key": self.key,
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given."""

    status: int
    body: str


async def begin(session: AsyncSession, once: Once) -> Kept | None:
    """The answer that was given before; None: it is to be done now.

    Raises:
        KeyReused: The key stands for another request.
        StillWorking: Its twin takes long.
        ShownOnce: It was done, and its answer is not kept.
    """
    await session.execute(_FORGET_OLD, once.row)
    more = {
        "operation": once.operation,
        "params_hash": once.params_hash,
        "kept": KEPT,
    }
    await session.execute(_WAIT, {"ms": str(PATIENCE_MS)})
    try:
        is_new = await session.scalar(_BEGIN, once.row | more) is not None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise StillWorking from error
        raise
    await session.execute(_WAIT, {"ms": "0"})
    return None if is_new else await _found(session, once)


async def finish(session: AsyncSession, once: Once, kept: Kept | None) -> None:
    """Keep the answer; None: it holds a secret, and only that it was given is kept."""
    if kept is not None:
        values = {"status": kept.status, "body": kept.body}
        await session.execute(_FINISH, once.row | values)


async def forget(session: AsyncSession, n: int) -> int:
    """Delete up to ``n`` answers whose day is over. As eraser."""
    return await changed(session, _SWEEP, n=n)


async def _found(session: AsyncSession, once: Once) -> Kept | None:
    row = (await session.execute(_FIND, once.row)).one_or_none()
    if row is None:  # its twin was undone, or swept just now
        raise StillWorking
    if row.operation != once.operation or bytes(row.params_hash) != once.params_hash:
        raise KeyReused
    if row.status_code is None:
        raise ShownOnce
    return Kept(row.status_code, row.body)
