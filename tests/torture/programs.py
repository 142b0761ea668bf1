"""Random programs for durable functions, and what must come of each.

A program is a list of operations, each a verb, the step's name and what it needs. It
is JSON, since it travels in the event that starts its run.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from bot.durable.port import Event

Op = list[Any]
Program = list[Op]

WORK = {"step": 8, "shaky": 2}
"""What does something at once, and how often it is chosen."""
REST = {"nap": 2, "wait": 2}
"""What lets others go first."""
COMPLETED, FAILED = "completed", "failed"
HEARD, SILENT, EITHER = "heard", "silent", "either"
FATES = (HEARD, SILENT, EITHER)
"""How a wait is to end; the last is a race between the event and the clock."""


class Composer:
    """Writes programs whose steps have different names."""

    def __init__(self, chance: random.Random, verbs: dict[str, int]) -> None:
        self._chance = chance
        self._verbs = verbs
        self._names = (f"s{number}" for number in count())

    def program(self, most: int = 5) -> Program:
        """Return a few operations."""
        size = self._chance.randint(1, most)
        return [self._op(self._verbs) for _ in range(size)]

    def _op(self, verbs: dict[str, int]) -> Op:
        (verb,) = self._chance.choices(list(verbs), list(verbs.values()))
        if verb == "both":
            plain = {verb: often for verb, often in verbs.items() if verb != "both"}
            parts = range(self._chance.randint(2, 4))
            return [verb, "", [self._op(plain) for _ in parts]]
        return [verb, next(self._names), *self._needs(verb)]

    def _needs(self, verb: str) -> list[Any]:
        match verb:
            case "shaky":
                return [self._chance.randint(1, 3)]
            case "nap":
                return [self._chance.randint(5, 400)]
            case "wait":
                return [self._chance.choice(FATES)]
            case "invoke":
                return [Composer(self._chance, WORK | {"nap": 2}).program(3)]
        return []


FREE = WORK | REST | {"invoke": 1, "hopeless": 1, "both": 3}
STRICT = WORK | {"both": 2}
SLEEPY = WORK | {"both": 2, "nap": 3}


@dataclass(frozen=True, slots=True)
class Errand:
    """One event to send, and what must come of it."""

    function: str
    key: str
    """Its event's id."""
    program: Program
    lane: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """The event's data."""
        return {"key": self.key, "program": self.program, "lane": self.lane}


def event(errand: Errand) -> Event:
    """Return the event that starts it."""
    return Event(errand.function, errand.data, errand.key)


def errands(chance: random.Random, amount: int, salt: str = "e") -> list[Errand]:
    """Return that many errands of all kinds."""
    lanes = max(2, amount // 40)
    return [_errand(chance, f"{salt}{number}", lanes) for number in range(amount)]


def _errand(chance: random.Random, key: str, lanes: int) -> Errand:
    kinds = {"free": 10, "stoppable": 2, "doomed": 1, "strict": 4, "sleepy": 3}
    (kind,) = chance.choices(list(kinds), list(kinds.values()))
    verbs = {"strict": STRICT, "sleepy": SLEEPY}.get(kind, FREE)
    program = Composer(chance, verbs).program()
    if kind in ("strict", "sleepy"):
        lane = f"{kind}-{chance.randrange(lanes)}"
        return Errand("laned", key, program, lane)
    return Errand(kind, key, program)


def steps(program: Program) -> Iterator[Op]:
    """Return the operations that are steps, those side by side one by one."""
    for op in program:
        yield from op[2] if op[0] == "both" else [op]


def names(program: Program) -> list[str]:
    """Return the names of the memos it leaves."""
    return sorted(op[1] for op in steps(program))


def effects(program: Program) -> list[str]:
    """Return the names of the steps that leave an effect."""
    return [op[1] for op in steps(program) if op[0] in ("step", "shaky")]


def fits(program: Program, output: Any) -> bool:
    """Tell whether a program can have returned this."""
    return (
        isinstance(output, list)
        and len(output) == len(program)
        and all(map(_fits, program, output))
    )


def _fits(op: Op, output: Any) -> bool:
    match op:
        case ["both", _, ops] | ["invoke", _, ops]:
            return fits(ops, output)
        case ["wait", _, fate]:
            return output in (HEARD, SILENT) if fate == EITHER else output == fate
        case ["hopeless", _]:
            return bool(output == FAILED)
    return bool(output == op[1])


def invoked(program: Program) -> Iterator[tuple[str, str, Program]]:
    """Return each invoking step's name, and the end and program of what it invokes."""
    for op in steps(program):
        if op[0] == "invoke":
            yield op[1], COMPLETED, op[2]
        elif op[0] == "hopeless":
            yield op[1], FAILED, []
