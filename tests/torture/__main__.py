"""``python -m tests.torture``: the long forms, each with a table of its own."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from tests.torture.crowd import crowd
from tests.torture.cuts import cuts
from tests.torture.figures import Figure, faults
from tests.torture.model import model
from tests.torture.points import killed
from tests.torture.restarts import restarts
from tests.torture.stopped import stopped
from tests.torture.storm import storm

Part = Callable[[int, Path], Coroutine[Any, Any, list[Figure]]]
PARTS: dict[str, Part] = {
    "storm": lambda seed, folder: storm(seed, folder, 3000),
    "restarts": lambda seed, folder: restarts(seed, folder, 5000),
    "cuts": lambda seed, folder: cuts(seed, folder, 1000),
    "crowd": lambda seed, folder: crowd(seed, folder, 10_000),
    "stopped": lambda seed, folder: stopped(seed, folder, 50),
    "model": lambda seed, folder: model(seed, folder, 280),
    "points": lambda seed, folder: killed(seed, folder, (1, 2, 3)),
}


def main(chosen: list[str], seed: int) -> int:
    """Run the parts; 1 when a figure is beyond its limit."""
    held = [measured(name, seed) for name in chosen]
    return int(not all(held))


def measured(name: str, seed: int) -> bool:
    """Run one part and print its table; whether all of it holds."""
    print(f"\n== {name}, SEED={seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    began = time.monotonic()
    figures = asyncio.run(PARTS[name](seed, folder))
    print(*figures, f"{time.monotonic() - began:.0f} s", sep="\n", flush=True)
    if faults(figures):
        print(f"What is left of it: {folder}")
        return False
    shutil.rmtree(folder)
    return True


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="tests.torture", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="part", help="all of them")
    options.add_argument(
        "--seed", type=int, default=random.SystemRandom().getrandbits(32)
    )
    given = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    sys.exit(main(given.parts or list(PARTS), given.seed))
