"""Checks that code can make of a finished text, written in one line each.

``max-words 12 in Headline`` reads: the section under the heading "Headline" has twelve
words at most. RULES.md and cases.yaml use the same lines. Without ``in`` the whole text
is meant; a heading matches when it begins with the words given, so ``in Email`` covers
"Email 1" to "Email 5", each of which must pass. What each looks for: ``faults``.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.catalog import shapes
from agent.catalog.faults import KINDS


class Verdict(StrEnum):
    """What a check found."""

    MET = "met"
    BROKEN = "broken"
    NOT_APPLICABLE = "n/a"
    """The part it speaks of is not in the text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and where."""

    verdict: Verdict
    why: str = ""
    """The offending words or count in a few words; empty when it is met."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check, ready to run."""

    name: str
    argument: str
    section: str = ""

    def __str__(self) -> str:
        """The line it was parsed from."""
        where = f" in {self.section}" if self.section else ""
        return f"{self.name} {self.argument}{where}"

    def find(self, text: str) -> Finding:
        """What this check finds in ``text`` (Markdown), and where."""
        parts = [("", text)]
        if self.section and not (parts := shapes.sections(text, self.section)):
            return Finding(Verdict.NOT_APPLICABLE, f"no section {self.section!r}")
        fault = KINDS[self.name].fault
        for heading, part in parts:
            if why := fault(part, self.argument):
                where = f"{heading}: " if len(parts) > 1 else ""
                return Finding(Verdict.BROKEN, f"{where}{why}")
        return Finding(Verdict.MET)

    def run(self, text: str) -> Verdict:
        """What this check finds in ``text`` (Markdown)."""
        return self.find(text).verdict


class BadCheck(ValueError):
    """The line is not a check; the message says which there are or what is missing."""


def parse(line: str) -> Check:
    """The check that ``line`` describes.

    Raises:
        BadCheck: No such check, or its argument has the wrong form.
    """
    spec, _, section = line.strip().partition(" in ")
    name, _, argument = spec.strip().partition(" ")
    kind = KINDS.get(name)
    if kind is None:
        raise BadCheck(f"There is no check {name!r}; there are {', '.join(KINDS)}.")
    if not kind.argument.fullmatch(argument.strip()):
        raise BadCheck(f"{name} is written {kind.usage!r}.")
    return Check(name, argument.strip(), section.strip())
