"""kill -9 at every named fault point, at every door: what people lose and wait for.

The real app as a process, killed by itself at the point and started again; what the
person then sees is counted word by word. ``python -m bench.faults [--only PART]``.
Leases are short, so that it takes minutes; ``--unhurried`` measures with those of
production.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import create_async_engine

from bot.pace import Pace
from db import schema
from db.server import Server
from db.server_bootstrap import Urls
from tests import seeds
from tests.conftest import copied
from tests.faults.app import HASTE
from tests.faults.books import left_over
from tests.faults.crash import (
    CHOICE,
    HELP,
    MESSAGES,
    PIECE,
    RATING,
    REQUESTS,
    RETRY,
    WAITS,
    Deed,
    Outcome,
    crash,
)
from tests.faults.test_kill_waits import approves, asking, presses_an_answer
from tests.faults.world import DOORS, WORDS, Shown, Site, helped, opened

AT_ONCE, UNHURRIED_AT_ONCE = 2, 4
"""Installations side by side: most of the time is waiting for leases."""
LATER = [f"post.{moment}:{nth}" for moment in ("claimed", "sent") for nth in (2, 3, 4)]
"""Edits, later pages, the file."""
COLUMNS = ("what", "point", "door", "lost", "twice", "told", "waiting", "calls", "s")


async def answers(site: Site) -> None:
    """Ask for a piece, be asked something first, and press."""
    site.outside.claude.answer = asking(until="Warm")
    await presses_an_answer(site)


ANSWERED, APPROVED = Deed(answers), Deed(approves)


@dataclass(frozen=True)
class Case:
    """One crash."""

    what: str
    deed: Deed
    point: str
    door: str


@dataclass(frozen=True)
class Row:
    """What came of it."""

    case: Case
    lost: int
    twice: int
    told: int
    outcome: Outcome

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        shown, out = self.outcome.shown, self.outcome
        return (
            self.case.what,
            self.case.point,
            self.case.door,
            str(self.lost),
            str(self.twice),
            str(self.told),
            str(shown.placeholders),
            str(out.calls),
            f"{out.recovery_s:.2f}",
        )


def cases() -> Iterator[Case]:
    """Every point at every door, for each thing a person does that passes it."""
    passed = (
        ("piece", PIECE, [*REQUESTS, *LATER]),
        ("choice", CHOICE, MESSAGES),
        ("retry", RETRY, MESSAGES),
        ("score", RATING, MESSAGES),
        ("command", HELP, MESSAGES),
        ("answer", ANSWERED, sorted(WAITS - {"approve.shown"})),
        ("approval", APPROVED, sorted(WAITS - {"ask.shown"})),
    )
    for what, deed, points in passed:
        for point in points:
            for door in DOORS:
                yield Case(what, deed, point, door)


@asynccontextmanager
async def servers() -> AsyncIterator[tuple[Urls, Urls]]:
    """A server, and a database on it to copy."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home), durable=False)
        urls = await server.start()
        try:
            async with copied(urls) as template:
                await prepared(template)
                yield urls, template
        finally:
            await server.stop()


async def prepared(urls: Urls) -> None:
    admin, owner = create_async_engine(urls.admin), create_async_engine(urls.owner)
    async with admin.begin() as connection:
        await connection.exec_driver_sql("CREATE EXTENSION vector")
    async with owner.begin() as connection:
        await connection.run_sync(schema.upgrade)
        await connection.run_sync(seeds.sow)
    await admin.dispose()
    await owner.dispose()


async def tried(case: Case, where: tuple[Urls, Urls], folder: Path, pace: Pace) -> Row:
    """Crash, recover, ask again for what was owned up to, and count."""
    folder.mkdir()  # noqa: ASYNC240 - one small folder
    server, template = where
    async with (
        copied(server, template=template) as urls,
        opened(case.door, urls, folder) as site,
    ):
        site.app.pace = pace
        if case.deed is not ANSWERED:
            site.script()
        outcome = await crash(site, case.deed, case.point)
        if outcome.shown.notices:
            await site.ana.presses("Send it again")
            await site.quiet()
        return await counted(case, site, outcome)


async def counted(case: Case, site: Site, outcome: Outcome) -> Row:
    shown, first = Shown.at(site.ana), outcome.shown
    left = await left_over(site)
    if case.what == "command":
        # A copy that the person asked for is no second answer.
        wanted = 1 + first.notices + outcome.repeated
        lost, twice = int(helped(site) == 0), helped(site) - wanted
    else:
        lost, twice = shown.lost + (shown.files == 0), first.twice
    if case.what == "score":
        lost += int(await site.asks("SELECT count(*) FROM feedback") != 1)
    return Row(case, lost + left, max(twice, 0), first.notices, outcome)


async def measured(chosen: Iterable[Case], pace: Pace) -> list[Row]:
    """Try each case, a few side by side; print as they come."""
    rows: list[Row] = []
    turns, number = asyncio.Semaphore(side_by_side(pace)), count()
    with tempfile.TemporaryDirectory() as base:
        async with servers() as where:

            async def one(case: Case) -> None:
                async with turns:
                    folder = Path(base) / str(next(number))
                    try:
                        row = await tried(case, where, folder, pace)
                    except Exception as error:  # noqa: BLE001 - the others go on
                        print("FAILED", case.what, case.point, case.door, repr(error))
                        failed.append(case)
                        return
                rows.append(row)
                tell(row.cells())

            failed: list[Case] = []
            await asyncio.gather(*(one(case) for case in chosen))
    if failed:
        raise SystemExit(f"{len(failed)} cases did not come to rest")
    return rows


def tell(cells: Iterable[str]) -> None:
    widths = (8, 19, 17, 5, 6, 5, 8, 6, 6)
    print(
        " ".join(cell.ljust(w) for cell, w in zip(cells, widths, strict=True)),
        flush=True,
    )


def side_by_side(pace: Pace) -> int:
    return AT_ONCE if pace is HASTE else UNHURRIED_AT_ONCE


def summed(rows: list[Row], pace: Pace) -> None:
    took = sorted(row.outcome.recovery_s for row in rows)
    starting = statistics.median(row.outcome.start_s for row in rows)
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    lost, twice = sum(row.lost for row in rows), sum(row.twice for row in rows)
    told = sum(row.told for row in rows)
    most = max(row.outcome.calls for row in rows)
    print(
        f"\n{len(rows)} crashes: {lost} lost, {twice} answered twice, {told} told of."
    )
    print(f"Model calls for one piece: {most} at most. {WORDS} words each.")
    print(
        f"Back at rest after {statistics.median(took):.2f} s (p50), {p99:.2f} s (p99),"
        f" {took[-1]:.2f} s (most); starting is {starting:.2f} s of it, the longest"
        f" lease is {pace.delivery_lease_s} s."
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--only", help="piece, choice, retry, score, command, answer, approval"
    )
    options.add_argument("--unhurried", action="store_true", help="production's leases")
    given = options.parse_args()
    pace = Pace() if given.unhurried else HASTE
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    tell(COLUMNS)
    chosen = [case for case in cases() if given.only in {None, case.what}]
    summed(asyncio.run(measured(chosen, pace)), pace)


if __name__ == "__main__":
    main()
