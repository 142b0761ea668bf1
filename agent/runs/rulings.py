"""What was found about one rule and one piece."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.catalog.instructions import Instruction


class Outcome(StrEnum):
    """Whether a piece keeps a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "n/a"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One rule, and what was found."""

    code: str
    rule: str
    outcome: Outcome
    how: str
    """``code``, ``model``, or empty when nobody could tell."""
    why: str = ""

    @classmethod
    def of(
        cls, one: Instruction, outcome: Outcome, how: str, why: str = ""
    ) -> "Ruling":
        """What was found about an instruction."""
        return cls(one.code, one.statement, outcome, how, why)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Ruling":
        """It back from JSON."""
        return cls(**{**kept, "outcome": Outcome(kept["outcome"])})
