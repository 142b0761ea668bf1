"""How much of the seed schemas stands: a table of rooms by source schema.

``docs/seed-coverage.csv`` says for every column of the seed what carries it here: a
column, a view, or a mechanism. Columns and views are looked up; a mechanism is counted
apart, since no schema shows it.
"""

import csv
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import db.tables  # noqa: E402, F401 - fills the metadata
from db.base import Base  # noqa: E402

VIEW = re.compile(r"\bVIEW\s+(?:IF NOT EXISTS\s+)?([a-z_]+)")
MISSING, MECHANISM = "not built yet", "mechanisms"
LAST = (MECHANISM, MISSING)


def main() -> None:
    """Print the table."""
    rooms, views = _rooms(), _views()
    cells: Counter[tuple[str, str]] = Counter()
    with (ROOT / "docs" / "seed-coverage.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            cells[_place(row["target"], rooms, views), row["seed"]] += 1
    print("\n".join(_table(cells)))


def _rooms() -> dict[str, str]:
    """Return ``table.column`` -> room, for every column there is."""
    rooms = {
        mapper.local_table: mapper.class_.__module__.rpartition(".")[2]
        for mapper in Base.registry.mappers
    }
    return {
        f"{table.name}.{column.name}": rooms.get(table, "links")
        for table in Base.metadata.tables.values()
        for column in table.columns
    }


def _views() -> set[str]:
    sources = [
        *(ROOT / "alembic" / "versions").glob("*.py"),
        *(ROOT / "db").glob("*.py"),
    ]
    return {name for source in sources for name in VIEW.findall(source.read_text())}


def _place(target: str, rooms: dict[str, str], views: set[str]) -> str:
    kind, colon, name = target.partition(":")
    if not colon:
        return rooms.get(target, MISSING)
    if kind == "view":
        return "views" if name in views else MISSING
    return MECHANISM


def _table(cells: Counter[tuple[str, str]]) -> list[str]:
    seeds = sorted({seed for _, seed in cells})
    places = sorted({place for place, _ in cells}, key=lambda p: (p in LAST, p))
    lines = [f"{'':14}" + "".join(f"{seed:>7}" for seed in (*seeds, "all"))]
    for place in places:
        row = [cells[place, seed] for seed in seeds]
        lines.append(f"{place:14}" + "".join(f"{n:7}" for n in (*row, sum(row))))
    total = sum(cells.values())
    lookable = total - sum(cells[MECHANISM, seed] for seed in seeds)
    found = lookable - sum(cells[MISSING, seed] for seed in seeds)
    lines.append(f"\n{found} of {lookable} columns and views of the seed stand.")
    return lines


if __name__ == "__main__":
    main()
