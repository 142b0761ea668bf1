"""``python -m bench.durable``: start latency, time a step, runs a second.

The contenders take turns, so that the machine's moods meet all of them; medians of the
rounds. PostgreSQL is ours, on the same machine, with fsync, and one for all.
"""

import argparse
import statistics
from collections.abc import Iterable, Sequence

import structlog
import uvloop

from bench.durable import finished, profile
from bench.durable.bare import bare
from bench.durable.contest import AT_ONCE, Contender, Score, round_of, starts
from bench.durable.ours import engine
from bench.durable.place import OLD, place
from bench.durable.rival import dbos

ROUNDS = 3


async def contest(rounds: int) -> None:
    async with place() as server:
        urls = server.urls
        print(f"{finished.RUNS:,} finished runs are put down ...", flush=True)
        old = urls.system.set(database=OLD)
        await finished.fill(urls.admin.set(database=OLD))
        async with (
            engine("engine", urls.system) as ours,
            engine("with a past", old) as aged,
            dbos(urls.admin) as rivals,
            bare(urls.admin) as least,
        ):
            direct = [one for one in rivals if one.name == "DBOS"]
            scores = await turns([ours, aged, *direct, least], rounds)
            for one in rivals[1:]:
                # A second each: more would only take longer.
                scores[one.name] = Score(starts_s=(await starts(one))[:20])
    table(scores)


async def turns(contenders: Sequence[Contender], rounds: int) -> dict[str, Score]:
    scores = {one.name: Score() for one in contenders}
    for number in range(rounds):
        for one in contenders:
            await round_of(one, scores[one.name])
        print(f"round {number + 1} of {rounds}", flush=True)
    return scores


def table(scores: dict[str, Score]) -> None:
    row("", scores)
    for name, n in (("p50", 49), ("p99", 98)):
        row(f"asked for to first line, ms, {name}", (
            f"{statistics.quantiles(one.starts_s, n=100)[n] * 1000:.2f}"
            for one in scores.values()
        ))  # fmt: skip
    row("a step, one run at a time, ms", (
        f"{statistics.median(one.step_s) * 1000:.2f}" if one.step_s else "-"
        for one in scores.values()
    ))  # fmt: skip
    for at_once in AT_ONCE:
        row(f"runs of 3 steps a second, {at_once} at once", (
            f"{statistics.median(one.per_s[at_once]):.0f}" if one.per_s else "-"
            for one in scores.values()
        ))  # fmt: skip


def row(what: str, cells: Iterable[str]) -> None:
    print(f"{what:38}" + "".join(f"{cell:>14}" for cell in cells))


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="bench.durable", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--profile", action="store_true", help="where the time goes")
    given = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(profile.main() if given.profile else contest(given.rounds))
