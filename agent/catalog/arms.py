"""Who works by which arm of a running test: drawn by lot, once, and kept.

The lot is a hash of the test's salt and the unit, so the same unit falls on the same
side wherever and whenever it is drawn. Who has been drawn stays, whatever the weights
become; whoever has not is drawn by the weights of the day. The candidate's places are
counted from one end, so that a larger share adds to who would be in it and moves nobody
out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import experiment_queries as queries

PLACES = 2**32


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a test."""

    id: UUID
    experiment_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class Unit:
    """Who is drawn: all the work for a client, or a person's where there is none."""

    type: str
    """``client`` or ``user``."""
    id: UUID


async def assign(
    session: AsyncSession,
    skill_id: UUID,
    client_id: UUID | None,
    user_id: UUID,
    now: datetime,
) -> Arm | None:
    """The arm by which this work is done; None where no test runs for it.

    The first time it is written down that the unit has seen it.
    """
    test = await queries.running(session, skill_id, client_id)
    if test is None:
        return None
    unit = unit_of(test["client_id"], client_id, user_id)
    kept = await queries.exposure(session, test["id"], unit.type, unit.id)
    if kept is None:
        arms = await queries.arms(session, test["id"])
        key = drawn(test["salt"], unit, {one["key"]: one["weight"] for one in arms})
        arm_id = next(one["id"] for one in arms if one["key"] == key)
        values = {"unit_type": unit.type, "unit_id": unit.id, "now": now}
        await queries.expose(session, test["id"], arm_id, values)
        # Somebody else may have drawn at the same moment, by other shares.
        kept = await queries.exposure(session, test["id"], unit.type, unit.id)
    return Arm(kept["arm_id"], test["id"], kept["version_id"]) if kept else None


def unit_of(tested_for: UUID | None, client_id: UUID | None, user_id: UUID) -> Unit:
    """Who is drawn for work of this person for this client.

    ``tested_for``: the one client whom the test is for; then people are drawn.
    """
    if client_id is not None and tested_for is None:
        return Unit("client", client_id)
    return Unit("user", user_id)


def place(salt: str, unit: Unit) -> float:
    """Where the unit lies between 0 and 1; like a lot, and always the same."""
    digest = sha256(f"{salt}:{unit.type}:{unit.id}".encode()).digest()
    return int.from_bytes(digest[:4]) / PLACES


def drawn(salt: str, unit: Unit, weights: Mapping[str, int]) -> str:
    """The key of the arm that the unit falls on; ``weights`` sum to 100.

    Keys count in their alphabetical order, so "candidate" goes before "control".
    """
    reach, at = 0, place(salt, unit) * 100
    keys = sorted(weights)
    for key in keys:
        reach += weights[key]
        if at < reach:
            return key
    return keys[-1]
