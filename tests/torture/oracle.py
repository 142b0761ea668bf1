"""Whether the books agree: events, runs, memos and effects, after the storm."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.torture import programs
from tests.torture.driver import Driver
from tests.torture.figures import Figure
from tests.torture.ledger import Effect
from tests.torture.programs import COMPLETED, FAILED, Errand, Program

RUNS = """
    SELECT r.id::text, r.function_id, r.status, r.output::text, r.lane, r.seq,
        r.error->>'message' AS error,
        e.id AS event_id, e.seq AS event_seq, e.data->>'key' AS key,
        e.data->>'run_id' AS told_of
    FROM engine.runs r JOIN engine.events e ON e.id = r.event_id ORDER BY e.seq
"""
MEMOS = """
    SELECT run_id::text, name, extract(epoch FROM created_at)::float AS at
    FROM engine.memos ORDER BY name
"""
LEDGER = "SELECT id::text FROM torture.effects"
LEFT = """
    SELECT (SELECT count(*) FROM engine.jobs) + (SELECT count(*) FROM engine.slots)
        + (SELECT count(*) FROM engine.watches)
        + (SELECT count(*) FROM engine.gatherings)
        + (SELECT count(*) FROM engine.gathered)
        + (SELECT count(*) FROM engine.events WHERE dispatched_at IS NULL)
"""
Runs = dict[str, Any]


@dataclass(frozen=True)
class Deaths:
    """What was killed, and when; seconds since 1970."""

    workers: Mapping[int, float]
    database: Sequence[tuple[float, float]]

    def between(self, effect: Effect, later: Effect) -> bool:
        """Tell whether a death explains that the effect was done again."""
        died = self.workers.get(effect.pid)
        if died and effect.began <= died:
            return True
        return any(gone <= later.began and back >= effect.began
                   for gone, back in self.database)  # fmt: skip


@dataclass(frozen=True)
class Books:
    """All that was written down."""

    errands: Sequence[Errand]
    runs: Runs
    """By id."""
    memos: Mapping[str, Mapping[str, float]]
    """By run: name and moment of its memos."""
    effects: Sequence[Effect]
    kept: frozenset[str]
    """The effects that the database has."""
    left: int

    def by_errand(self) -> dict[str, Any]:
        """Return the run of each errand."""
        return {run["event_id"]: run for run in self.runs.values() if run["event_id"]}


async def opened(
    driver: Driver, errands: Sequence[Errand], effects: Sequence[Effect]
) -> Books:
    """Read the database's side of it."""
    memos: dict[str, dict[str, float]] = defaultdict(dict)
    for run_id, name, moment in await driver.rows(MEMOS):
        memos[run_id][name] = moment
    [[left]] = await driver.rows(LEFT)
    return Books(
        errands=errands,
        runs={row["id"]: row for row in await driver.rows(RUNS)},
        memos=memos,
        effects=effects,
        kept=frozenset(row["id"] for row in await driver.rows(LEDGER)),
        left=left,
    )


def audit(books: Books, deaths: Deaths) -> list[Figure]:
    """Return what was found, with what may be found."""
    again = list(_again(books))
    unexplained = (pair for pair in again if not deaths.between(*pair))
    none = Figure.none
    return [
        Figure("runs, those invoked and told of failures included", len(books.runs)),
        Figure("steps with a memo", sum(map(len, books.memos.values()))),
        none("events lost: sent, but no run", _missing(books)),
        none("runs that did not end", _open(books)),
        none("runs with a wrong end or output", _wrong(books)),
        none("invocations and failures without their one run", _unborn(books)),
        none("memos missing or too many", _unlike(books)),
        none("memos of a step without its effect", _idle(books)),
        Figure("rows left over", books.left, 0),
        none("effects that the database forgot", _forgotten(books)),
        Figure("effects repeated, in flight at a death", len(again)),
        none("effects repeated without a death", unexplained),
        none("effects begun after their step's memo", _late(books)),
        none("overlaps within a lane", _overlaps(books, deaths)),
        none("inversions within a lane", _inversions(books)),
    ]


def _missing(books: Books) -> Iterator[Errand]:
    known = books.by_errand()
    return (errand for errand in books.errands if errand.key not in known)


def _open(books: Books) -> Iterator[Any]:
    return (run for run in books.runs.values() if run["status"] == "active")


def _wrong(books: Books) -> Iterator[tuple[Any, Errand]]:
    known = books.by_errand()
    for errand in books.errands:
        run = known.get(errand.key)
        if run and not _right(errand, run):
            yield run, errand


def _right(errand: Errand, run: Any) -> bool:
    if errand.function == "doomed":
        return bool(run["status"] == FAILED)
    if errand.function == "stoppable" and run["status"] == "cancelled":
        return True
    output = json.loads(run["output"] or "null")
    return run["status"] == COMPLETED and programs.fits(errand.program, output)


def _unborn(books: Books) -> Iterator[tuple[str, str, list[str]]]:
    """Return the runs that runs should have started, but did not once and well."""
    made: dict[str, list[str]] = defaultdict(list)
    for run in books.runs.values():
        name = run["told_of"] if run["function_id"].endswith("-failure") else run["key"]
        made[name].append(run["status"])
    known = books.by_errand()
    wanted = {
        run["id"]: COMPLETED
        for run in books.runs.values()
        if run["function_id"] == "t-doomed"
    }
    for errand in books.errands:
        run = known.get(errand.key)
        if run and run["status"] != "cancelled":
            for name, end, _ in programs.invoked(errand.program):
                wanted[f"{errand.key}/{name}"] = end
    for name, end in wanted.items():
        if made[name] != [end]:
            yield name, end, made[name]


def _ended(books: Books) -> Iterator[tuple[Any, Program]]:
    """Return the runs that came to their end, with what they had to do."""
    known = {run["key"]: run for run in books.runs.values() if run["key"]}
    for errand in books.errands:
        run = known.get(errand.key)
        if run and run["status"] in (COMPLETED, FAILED):
            yield run, errand.program
            for name, _, program in programs.invoked(errand.program):
                if child := known.get(f"{errand.key}/{name}"):
                    yield child, program


def _unlike(books: Books) -> Iterator[tuple[Any, list[str]]]:
    for run, program in _ended(books):
        found = sorted(books.memos.get(run["id"], ()))
        if found != programs.names(program):
            yield run, found


def _idle(books: Books) -> Iterator[str]:
    """Return the finished steps whose effect the database does not have."""
    kept = {effect.key for effect in books.effects if effect.id in books.kept}
    done = (
        f"{run['id']}:{name}"
        for run, program in _ended(books)
        for name in programs.effects(program)
    )
    return (key for key in done if key not in kept)


def _forgotten(books: Books) -> Iterator[Effect]:
    return (one for one in books.effects if one.kept and one.id not in books.kept)


def _again(books: Books) -> Iterator[tuple[Effect, Effect]]:
    for effects in grouped(books.effects).values():
        yield from pairwise(effects)


def grouped(effects: Iterable[Effect]) -> dict[str, list[Effect]]:
    """Return the effects of each step, in order."""
    by_key: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        by_key[effect.key].append(effect)
    return by_key


def _late(books: Books) -> Iterator[Effect]:
    return (one for one in books.effects if one.began > _memo(books, one.key))


def _memo(books: Books, key: str) -> float:
    run_id, _, name = key.partition(":")
    return books.memos.get(run_id, {}).get(name, float("inf"))


def _overlaps(books: Books, deaths: Deaths) -> Iterator[Effect]:
    for lane, effects in lanes(books.effects).items():
        if lane:
            yield from overlaps(effects, deaths.workers)


def overlaps(
    effects: Sequence[Effect], deaths: Mapping[int, float]
) -> Iterator[Effect]:
    """Return the effects that began while another run of the lane was in one."""
    inside, latest = "", 0.0
    for effect in effects:
        run_id = effect.key.partition(":")[0]
        if effect.began < latest and run_id != inside:
            yield effect
        ended = effect.ended or deaths.get(effect.pid, effect.began)
        if ended > latest:
            inside, latest = run_id, ended


def lanes(effects: Iterable[Effect]) -> dict[str, list[Effect]]:
    """Return the effects of each lane, in order."""
    by_lane: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        by_lane[effect.lane].append(effect)
    return by_lane


def _inversions(books: Books) -> Iterator[tuple[Any, Any]]:
    """Return where a lane whose runs never sleep went back to an earlier event."""
    for lane, effects in lanes(books.effects).items():
        if lane.startswith("strict"):
            runs = [books.runs[effect.key.partition(":")[0]] for effect in effects]
            yield from inversions(runs)


def inversions(runs: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Return the steps back in the order of events."""
    return ((a, b) for a, b in pairwise(runs) if a["event_seq"] > b["event_seq"])
