"""One contest for all: the same chains of steps, measured in the same way."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Protocol

STARTS, LINES, LINE_STEPS, CROWD_RUNS, CROWD_STEPS = 70, 12, 10, 300, 3
AT_ONCE = (1, 20, 100)
PATIENCE_S = 60.0

_number = count(1)


class Watch:
    """Notes when runs begin and end."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self._ended: dict[str, asyncio.Event] = {}

    def begin(self, name: str) -> None:
        """Note the first line of a run; later calls change nothing."""
        self.began.setdefault(name, time.perf_counter())

    def end(self, name: str) -> None:
        """Note the last line of a run."""
        self._ended.setdefault(name, asyncio.Event()).set()

    async def until(self, name: str) -> None:
        """Return once the run has ended."""
        ended = self._ended.setdefault(name, asyncio.Event())
        await asyncio.wait_for(ended.wait(), PATIENCE_S)


class Contender(Protocol):
    """Runs chains of steps that do nothing, and keeps what each returned."""

    name: str
    watch: Watch

    async def begin(self, name: str, steps: int) -> None:
        """Have a run of so many steps begin; from here on it survives a crash."""
        ...


@dataclass
class Score:
    """What was measured of one contender, over all rounds."""

    starts_s: list[float] = field(default_factory=list)
    """From asking for a run to its first line."""
    step_s: list[float] = field(default_factory=list)
    """A step, one run at a time, the start left out."""
    per_s: dict[int, list[float]] = field(default_factory=dict)
    """Runs of three steps a second, by how many there were at once."""


async def round_of(one: Contender, score: Score) -> None:
    """Measure everything once."""
    score.starts_s += await starts(one)
    score.step_s.append(await line(one))
    for at_once in AT_ONCE:
        rate = await crowd(one, at_once, min(CROWD_RUNS, 60 * at_once))
        score.per_s.setdefault(at_once, []).append(rate)


async def starts(one: Contender) -> list[float]:
    """Return the seconds that starting takes, one run at a time."""
    taken = []
    for _ in range(STARTS):
        name, asked = _name(), time.perf_counter()
        await one.begin(name, 1)
        await one.watch.until(name)
        taken.append(one.watch.began[name] - asked)
    return taken


async def line(one: Contender) -> float:
    """Return the seconds a step takes in runs one after the other."""
    total = 0.0
    for _ in range(LINES):
        name = _name()
        await one.begin(name, LINE_STEPS)
        await one.watch.until(name)
        total += time.perf_counter() - one.watch.began[name]
    return total / (LINES * LINE_STEPS)


async def crowd(one: Contender, at_once: int, runs: int) -> float:
    """Return how many runs of three steps end in a second."""

    async def run() -> None:
        name = _name()
        await one.begin(name, CROWD_STEPS)
        await one.watch.until(name)

    return await per_second([partial(run) for _ in range(runs)], at_once)


async def per_second(
    work: Iterable[Callable[[], Awaitable[None]]], at_once: int
) -> float:
    """Return how much of the work is done in a second."""
    turns = asyncio.Semaphore(at_once)

    async def limited(one: Callable[[], Awaitable[None]]) -> None:
        async with turns:
            await one()

    began = time.perf_counter()
    done = await asyncio.gather(*(limited(one) for one in work))
    return len(done) / (time.perf_counter() - began)


def _name() -> str:
    return f"run-{next(_number)}"
