"""API keys: what they look like, and whose a request with one is.

``dk_<prefix>_<secret>``: the prefix finds the row, SHA-256 of the whole is kept. The
secret has 238 bits, so a plain hash is as hard to turn back as a slow one; and since
hashes are compared, not keys, the time it takes tells nothing about a key.
"""

import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from agent.ctx import Caller, Role
from agent.errors import BadInput
from agent.identity import key_queries
from agent.operation import Effect

MARK = "dk_"
"""Scanners for leaked secrets, ours too, know a key by it."""
PREFIX, SECRET = 12, 40
"""Characters: hexadecimal, and letters and digits."""
ALPHABET = string.ascii_letters + string.digits

_SHAPE = re.compile(rf"{MARK}([0-9a-f]{{{PREFIX}}})_[A-Za-z0-9]{{{SECRET}}}")
_ROOM = re.compile(r"[a-z]{2,20}")
_EFFECTS = frozenset(Effect)
_BETWEEN = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A key that was just made, and what is kept of it."""

    key: str
    prefix: str
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """A quota of requests, and the time it is for."""

    name: str
    limit: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Left:
    """How a quota stands after a request."""

    window: Window
    count: int
    reset_s: int
    """Seconds until it is whole again."""

    @property
    def rest(self) -> int:
        """Requests left."""
        return max(0, self.window.limit - self.count)

    @property
    def is_over(self) -> bool:
        """Whether this request was one too many."""
        return self.count > self.window.limit


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a request with a live key speaks for, and how often it may go on."""

    key_id: UUID
    caller: Caller
    quotas: tuple[Left, ...]
    is_first: bool
    """The key was never used before."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A key that was ours once, and works no more."""

    key_id: UUID
    user_id: UUID
    workspace_id: UUID
    why: str
    """revoked, expired or no longer a member."""


KEY_WINDOW = Window("key", 1200, timedelta(minutes=1))
WORKSPACE_WINDOW = Window("workspace", 6000, timedelta(minutes=1))
"""Requests a minute of one key, and of all keys of a workspace."""
MISSES = Window("address", 60, timedelta(minutes=1))
"""Requests without a live key that one address may make."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """How often programs may ask."""

    windows: tuple[Window, ...] = (KEY_WINDOW, WORKSPACE_WINDOW)
    misses: Window = MISSES


def fresh() -> Fresh:
    """A new key that nobody has seen."""
    prefix = secrets.token_hex(PREFIX // 2)
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    key = f"{MARK}{prefix}_{secret}"
    return Fresh(key, prefix, _hash(key))


def scopes(given: str) -> list[str]:
    """The scopes that were asked for, each once.

    Raises:
        BadInput: One of them is none.
    """
    found = [part for part in dict.fromkeys(_BETWEEN.split(given.lower())) if part]
    for scope in found:
        room, _, what = scope.partition(":")
        is_whole = scope == "*" or scope in _EFFECTS
        is_part = _ROOM.fullmatch(room) and (what == "*" or what in _EFFECTS)
        if not (is_whole or is_part):
            raise BadInput(
                f"scopes: {scope!r} is none.",
                hint="Use *, an effect as read or write, or a room as clients:* or"
                " runs:read.",
            )
    return found or ["*"]


async def admit(
    app: AsyncEngine, given: str, windows: Sequence[Window]
) -> Holder | None:
    """Whose key it is; counts the request in each window. None: no live key.

    ``app``: a pool of ``agent_app``. In one statement: the tenant is not known yet, and
    a key revoked a moment ago must not pass. A key ends with its time, its revocation,
    its account, or its membership.
    """
    shape = _SHAPE.fullmatch(given)
    if shape is None:
        return None
    row = await key_queries.admit(app, shape[1], _hash(given), windows)
    if row is None:
        return None
    counted = zip(windows, row["counts"], row["left_s"], strict=True)
    return Holder(
        key_id=row["key_id"],
        caller=Caller(
            workspace_id=row["workspace_id"],
            user_id=row["user_id"],
            role=Role[row["role"].upper()],
            channel="api",
            timezone=row["timezone"],
            scopes=frozenset(row["scopes"]),
            is_tainted=row["is_tainted"],
        ),
        quotas=tuple(Left(*one) for one in counted),
        is_first=row["is_first"],
    )


async def find_dead(session: AsyncSession, given: str) -> Dead | None:
    """The key that this was, before it ended. As door."""
    shape = _SHAPE.fullmatch(given)
    if shape is None:
        return None
    row = await key_queries.find_dead(session, shape[1], _hash(given))
    return Dead(**row) if row else None


async def taint(session: AsyncSession, key_id: UUID, time: timedelta) -> None:
    """Remember for ``time`` that a model has read a stranger's text. As door."""
    await key_queries.taint(session, key_id, time)


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()
