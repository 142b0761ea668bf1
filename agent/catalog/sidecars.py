"""questions.yaml and cases.yaml: what a skill asks, and what its work is tried on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.catalog import checks
from agent.catalog.problem import Problem
from agent.catalog.reading import Reader, read


class Ask(StrEnum):
    """When a skill puts its questions."""

    ALWAYS = "always"
    """An interview: the questions are the skill's first steps."""
    THIN = "when-thin"
    """Only when the brief has fewer words than ``thin_below_words``."""


@dataclass(frozen=True, slots=True)
class Question:
    """One step of an interview."""

    key: str
    question: str
    why: str
    default: str
    """What is assumed when the person skips; empty: left open, and said so."""
    can_skip: bool
    choices: tuple[str, ...]
    """Offered as buttons; free text is always taken."""


@dataclass(frozen=True, slots=True)
class Questions:
    """A skill's questions in order, and when they are put."""

    ask: Ask = Ask.THIN
    thin_below_words: int = 0
    steps: tuple[Question, ...] = ()

    def due(self, brief: str) -> tuple[Question, ...]:
        """The questions to put before working on ``brief``; none when it suffices."""
        if self.ask is Ask.ALWAYS or len(brief.split()) < self.thin_below_words:
            return self.steps
        return ()


@dataclass(frozen=True, slots=True)
class Case:
    """A brief and what code must find in the answer."""

    name: str
    brief: str
    expect: tuple[checks.Check, ...]


def questions(text: str, file: str) -> tuple[Questions, list[Problem]]:
    """The questions written in ``text``, and what is wrong with them."""
    data, reader = read(text, file)
    if data is None:
        return Questions(), reader.problems
    known = {"key", "question", "why", "default", "skip", "choices"}
    entries = reader.entries(data, "questions", known)
    steps = tuple(_question(reader, entry, i) for i, entry in enumerate(entries))
    if len({step.key for step in steps}) < len(steps):
        reader.fault(("questions",), "Two questions have one key.", "Rename one.")
    ask, below = data.get("ask"), data.get("thin-below-words", 0)
    if ask not in set(Ask):
        reader.fault(("ask",), "`ask` is not always or when-thin.", "Choose one.")
        ask = Ask.THIN
    if not isinstance(below, int) or (ask == Ask.THIN and below < 1):
        mend = "Give the number of words below which a brief is too thin."
        reader.fault(("thin-below-words",), "`thin-below-words` is no number.", mend)
        below = 0
    return Questions(Ask(ask), below, steps), reader.problems


def _question(reader: Reader, entry: dict[str, Any], index: int) -> Question:
    path = ("questions", index)
    choices = entry.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(c, str) for c in choices):
        reader.fault(
            (*path, "choices"), "`choices` is no list of texts.", "Quote them."
        )
        choices = []
    default, skip = entry.get("default", ""), entry.get("skip", True)
    if not isinstance(default, str) or not isinstance(skip, bool):
        fault = "`default` must be a text and `skip` true or false."
        reader.fault(path, fault, "Quote the default.")
        default, skip = "", True
    return Question(
        key=reader.text(entry, "key", path),
        question=reader.text(entry, "question", path),
        why=reader.text(entry, "why", path),
        default=default.strip(),
        can_skip=skip,
        choices=tuple(choices),
    )


def cases(text: str, file: str) -> tuple[tuple[Case, ...], list[Problem]]:
    """The cases written in ``text``, and what is wrong with them."""
    data, reader = read(text, file)
    if data is None:
        return (), reader.problems
    entries = reader.entries(data, "cases", {"name", "brief", "expect"})
    found = tuple(_case(reader, entry, index) for index, entry in enumerate(entries))
    return found, reader.problems


def _case(reader: Reader, entry: dict[str, Any], index: int) -> Case:
    path = ("cases", index)
    lines = entry.get("expect")
    if not isinstance(lines, list) or not lines:
        reader.fault((*path, "expect"), "A case expects nothing.", "List checks.")
        lines = []
    expect = []
    for at, line in enumerate(lines):
        try:
            expect.append(checks.parse(str(line)))
        except checks.BadCheck as bad:
            reader.fault((*path, "expect", at), str(bad), "Mend the check.")
    name, brief = reader.text(entry, "name", path), reader.text(entry, "brief", path)
    return Case(name, brief, tuple(expect))
