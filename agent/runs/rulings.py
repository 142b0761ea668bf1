"""What was found about one rule and one piece."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.catalog.instructions import Instruction
from agent.catalog.rulefile import Rule, Severity
from agent.catalog.skillfile import SkillFile


class Outcome(StrEnum):
    """Whether a piece keeps a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "n/a"


@dataclass(frozen=True, slots=True)
class Law:
    """One rule to hold a piece against: of its skill, or a standing instruction."""

    code: str
    statement: str
    skill: str = ""
    """Whose RULES.md has it; empty: it is a standing instruction."""
    severity: str = Severity.MUST.value
    rule: Rule | None = None
    """As the skill wrote it."""

    @property
    def key(self) -> str:
        """What its step is called by: a skill's T10 is no instruction T10."""
        return f"{self.skill}:{self.code}" if self.skill else self.code

    @property
    def must(self) -> bool:
        """Whether a piece that breaks it is put right."""
        return self.severity == Severity.MUST


@dataclass(frozen=True, slots=True)
class Ruling:
    """One rule, and what was found."""

    code: str
    rule: str
    outcome: Outcome
    how: str
    """``code``, ``model``, or empty when nobody could tell."""
    why: str = ""
    quote: str = ""
    """The first words that break it, where somebody could name them."""
    skill: str = ""
    severity: str = Severity.MUST.value

    @classmethod
    def of(
        cls, law: Law, outcome: Outcome, how: str, why: str = "", quote: str = ""
    ) -> "Ruling":
        """What was found about a rule."""
        return cls(
            *(law.code, law.statement, outcome, how, why, quote, law.skill),
            law.severity,
        )

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Ruling":
        """It back from JSON."""
        return cls(**{**kept, "outcome": Outcome(kept["outcome"])})

    @property
    def key(self) -> str:
        """The rule's."""
        return f"{self.skill}:{self.code}" if self.skill else self.code


def of_skill(file: SkillFile | None) -> list[Law]:
    """What a skill's own RULES.md demands."""
    rules = file.rules if file else ()
    return [
        Law(rule.code, rule.statement, file.name, rule.severity.value, rule)
        for rule in rules
        if file
    ]


def of_person(instructions: Iterable[Instruction]) -> list[Law]:
    """What somebody, or their team, wants of everything."""
    return [Law(one.code, one.statement) for one in instructions]
