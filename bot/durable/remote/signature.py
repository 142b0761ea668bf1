"""Who may call our functions: the server, now, and each call once.

The SDK checks the signature but not its age, and it keeps no record of the calls it has
seen. Source: docs/SDK_SPEC.md, section 4.1, of github.com/inngest/inngest
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs

import jcs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.durable.remote.account import secret_of
from db.tenancy import system

HEADER = "x-inngest-signature"
AGE = timedelta(minutes=5)
"""How old a call may be, and by how much the server's clock may be ahead."""

# A row of the rate windows: one call under this key until it expires.
ONCE = text("""
    INSERT INTO throttles (key, kind, count, expires_at)
    VALUES (:key, 'rate', 1, now() + :kept)
    ON CONFLICT (key) DO NOTHING RETURNING key
""")


class Unsigned(Exception):
    """A call that is not, or no longer, the server's; the text says why."""


def check(header: str, body: bytes, keys: Sequence[str], now: datetime) -> None:
    """Pass a call that was signed with one of ``keys``, and not long ago.

    Raises:
        Unsigned: No signature, a wrong one, or one of another time.
    """
    parts = {name: values[0] for name, values in parse_qs(header).items()}
    at, given = parts.get("t", ""), parts.get("s", "")
    if not (at.isascii() and at.isdigit() and given):
        raise Unsigned("it has no signature")
    made = [sign(body, key, at).encode() for key in keys]
    if not any(hmac.compare_digest(each, given.encode()) for each in made):
        raise Unsigned("its signature is wrong: INNGEST_SIGNING_KEY is another key")
    age_s = now.timestamp() - int(at)
    if abs(age_s) > AGE.total_seconds():
        raise Unsigned(
            f"it was signed {age_s:.0f} s ago: see that both clocks are right"
        )


def sign(body: bytes, key: str, at: str) -> str:
    """Return the signature of a body at ``at``, seconds since 1970."""
    return hmac.new(secret_of(key), _canonical(body) + at.encode(), sha256).hexdigest()


async def is_first(system_engine: AsyncEngine, header: str, step_id: str) -> bool:
    """Whether this signed call was never seen, by any process, while it is young.

    The signature covers the body only, so the step belongs to the key: parallel steps
    of one run may be called in one second with one body.
    """
    seen = sha256(f"{header}\n{step_id}".encode()).hexdigest()
    values = {"key": f"inngest:{seen}", "kept": 3 * AGE}
    async with system(system_engine, "door") as session:
        return (await session.execute(ONCE, values)).first() is not None


def _canonical(body: bytes) -> bytes:
    if not body:
        return body
    try:
        made = jcs.canonicalize(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise Unsigned("its body is not JSON") from error
    return bytes(made)
