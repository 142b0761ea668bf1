"""Where the time of a run goes when a hundred are in flight.

CPU first, of this process and of PostgreSQL's, without a profiler; then, by cProfile,
how this process's share is divided. What the standard library and C do is booked on
whoever asked for it.
"""

import cProfile
import functools
import pstats
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.durable.contest import crowd
from bench.durable.ours import Ours, engine
from bench.durable.place import place

AT_ONCE, WARM_UP, RUNS = 100, 100, 600
PARTS = {
    "the Inngest SDK": ("/inngest/", "/pydantic", "/httpx/", "/httpcore/"),
    "FastAPI and Starlette": ("/fastapi/", "/starlette/", "/anyio/"),
    "asyncpg": ("/asyncpg/",),
    "our engine": ("/bot/durable/",),
    "the bench's own functions": ("/bench/",),
    "the event loop": ("/asyncio/", "/uvloop/", "uvloop.loop"),
}
LOOP = "the event loop"
TICKS_A_SECOND = 100
Function = tuple[str, int, str]


async def main() -> None:
    async with (
        place() as server,
        engine("engine", server.urls.system) as ours,
    ):
        await crowd(ours, AT_ONCE, WARM_UP)
        await table(ours, server.pid or 0)


async def table(ours: Ours, postmaster: int) -> None:
    began, python, postgres = (
        time.perf_counter(),
        time.process_time(),
        cpu_s(postmaster),
    )
    await crowd(ours, AT_ONCE, RUNS)
    wall = time.perf_counter() - began
    python, postgres = time.process_time() - python, cpu_s(postmaster) - postgres
    profiler = cProfile.Profile()
    profiler.enable()
    await crowd(ours, AT_ONCE, RUNS)
    profiler.disable()
    shares = shares_of(pstats.Stats(profiler))
    print(f"{RUNS / wall:.0f} runs of three steps a second, {AT_ONCE} at once")
    print(f"{'CPU of a run, ms':32} {'ms':>6} {'share':>6}")
    for name, share in shares.most_common():
        line(name, share * python, python + postgres)
    line("PostgreSQL", postgres, python + postgres)
    line("together", python + postgres, python + postgres)
    print(f"of {2 * wall / RUNS * 1000:.2f} ms that two cores have in that time")


def line(name: str, taken_s: float, of_s: float) -> None:
    print(f"{name:32} {taken_s / RUNS * 1000:6.2f} {taken_s / of_s:6.0%}")


def cpu_s(postmaster: int) -> float:
    """Return the CPU seconds of a process and its children so far.

    Source: proc(5), fields ppid, utime and stime of /proc/pid/stat.
    """
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if postmaster in (int(fields[1]), int(path.parent.name)):
            total += int(fields[11]) + int(fields[12])
    return total / TICKS_A_SECOND


def shares_of(stats: pstats.Stats) -> Counter[str]:
    """Return each part's share of the time, 1 in all."""
    raw: dict[Function, Any] = stats.stats  # type: ignore[attr-defined]

    @functools.cache
    def owners(function: Function) -> Any:
        part = part_of(function)
        return {part: 1.0} if part else dict(blamed(function, frozenset()))

    def blamed(function: Function, seen: frozenset[Function]) -> Counter[str]:
        part = part_of(function)
        if part:
            return Counter({part: 1.0})
        callers = {
            caller: times[3]
            for caller, times in raw[function][4].items()
            if caller not in seen and times[3] > 0
        }
        whole = sum(callers.values())
        found: Counter[str] = Counter()
        for caller, taken in callers.items():
            for name, share in blamed(caller, seen | {function}).items():
                found[name] += share * taken / whole
        return found or Counter({LOOP: 1.0})

    total: Counter[str] = Counter()
    for function, (_, _, own, _, _) in raw.items():
        for name, share in owners(function).items():
            total[name] += share * own
    whole = total.total()
    return Counter({name: taken / whole for name, taken in total.items()})


def part_of(function: Function) -> str:
    """Return the part that a function belongs to; empty when it serves others."""
    where = f"{function[0]} {function[2]}"
    found: Iterator[str] = (
        name for name, marks in PARTS.items() if any(mark in where for mark in marks)
    )
    return next(found, "")
