"""What a proposed rule is tried on: bad pieces to mend, good ones to leave alone.

Of the pieces that people complained of, half are shown to whoever words the rule; the
other half is kept apart, so that the rule is not praised for what it was made from.
Good ones, and briefs of the skill's own ``cases.yaml``, are anchors. Pure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from agent.catalog.sidecars import Case as Sample

MOST_LOW, MOST_ANCHORS = 6, 3
BAD, GOOD = 3.0, 4.0
"""Mean scores up to which a piece is bad, and from which it is good."""


class Kind(StrEnum):
    """What a case is for."""

    SEEN = "seen"
    """Bad, and shown to whoever worded the rule."""
    HELD_OUT = "held_out"
    """Bad, and kept apart."""
    ANCHOR = "anchor"
    """Good: it must not become worse."""
    SAMPLE = "sample"
    """Good by definition: a brief of the skill's own cases."""

    @property
    def is_anchor(self) -> bool:
        """Whether it must not become worse."""
        return self in {Kind.ANCHOR, Kind.SAMPLE}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that people scored, and who may read it."""

    output_id: UUID
    run_id: UUID
    user_id: UUID
    """With whose eyes it is read."""
    chat_id: UUID | None
    client_id: UUID | None
    score: float
    size_bytes: int
    is_private: bool
    is_recent: bool = False
    """Whether it was made within the last 30 days."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request that is written for again, with the rule and without."""

    key: str
    kind: Kind
    output_id: str = ""
    run_id: str = ""
    user_id: str = ""
    chat_id: str = ""
    client_id: str = ""
    is_private: bool = False
    sample: str = ""
    """The name of a brief in ``cases.yaml``."""

    @property
    def place(self) -> str:
        """Its part of the keys of what is written for it, which ends with its piece."""
        return f"{self.key}-{self.output_id}" if self.output_id else self.key

    @property
    def kept(self) -> dict[str, Any]:
        """It as JSON: ids alone."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Case":
        """It back from JSON."""
        return cls(**{**kept, "kind": Kind(kept["kind"])})


def apart(pieces: Iterable[UUID]) -> frozenset[UUID]:
    """Half of the pieces, the smaller one; by their ids alone, so always the same."""
    drawn = sorted(set(pieces), key=lambda one: sha256(one.bytes).digest())
    return frozenset(drawn[: len(drawn) // 2])


def choose(
    pieces: Sequence[Piece],
    evidence: Collection[str],
    held_out: Collection[str],
    samples: Sequence[Sample],
) -> list[Case]:
    """The cases: those complained of first, then other bad ones; then the anchors.

    ``evidence`` and ``held_out`` are ids of pieces. Bad pieces that nobody showed to
    the author of the rule are held out, too.
    """
    about = [one for one in pieces if str(one.output_id) in evidence]
    other = [one for one in pieces if one not in about]
    bad = [*about, *(one for one in other if one.score <= BAD)]
    good = [one for one in other if one.score >= GOOD]
    shown = set(evidence) - set(held_out)
    cases = [
        _case(f"low-{n}", _kind(one, shown), one)
        for n, one in enumerate(_mixed(bad, shown), 1)
    ]
    cases += [
        _case(f"good-{n}", Kind.ANCHOR, one)
        for n, one in enumerate(good[:MOST_ANCHORS], 1)
    ]
    room = MOST_ANCHORS - min(len(good), MOST_ANCHORS)
    cases += [
        Case(f"sample-{n}", Kind.SAMPLE, sample=one.name)
        for n, one in enumerate(samples[:room], 1)
    ]
    return cases


def _mixed(bad: Sequence[Piece], shown: Collection[str]) -> list[Piece]:
    """As many of those kept apart as of those shown, as far as there are so many."""
    seen = [one for one in bad if str(one.output_id) in shown]
    fresh = [one for one in bad if one not in seen]
    most_seen = max(MOST_LOW // 2, MOST_LOW - len(fresh))
    chosen = seen[:most_seen]
    return [*chosen, *fresh[: MOST_LOW - len(chosen)]]


def _kind(one: Piece, shown: Collection[str]) -> Kind:
    return Kind.SEEN if str(one.output_id) in shown else Kind.HELD_OUT


def _case(key: str, kind: Kind, one: Piece) -> Case:
    return Case(
        key,
        kind,
        str(one.output_id),
        str(one.run_id),
        str(one.user_id),
        str(one.chat_id or ""),
        str(one.client_id or ""),
        one.is_private,
    )
