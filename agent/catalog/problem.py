"""What is wrong with a skill's files, said so that its author can mend it."""

from dataclasses import dataclass

from agent.errors import BadInput


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in one file."""

    file: str
    """Path below the skills folder, with ``/``."""
    line: int
    """Counted from 1; 0 when the fault is the file as a whole."""
    fault: str
    mend: str

    def __str__(self) -> str:
        """The fault as one line: where, what, and what to do."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.fault} {self.mend}"


class BrokenSkill(BadInput):
    """A skill folder that cannot be used; ``problems`` says why, fault by fault."""

    code = "broken_skill"

    def __init__(self, skill: str, problems: tuple[Problem, ...]) -> None:
        """Keep the ``problems``; there is at least one."""
        super().__init__(
            f"The skill {skill} cannot be loaded: {problems[0]}",
            hint="`draper skills lint` lists every problem.",
        )
        self.problems = problems
