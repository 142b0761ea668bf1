"""How fast ``draper run`` is ready, and what it holds when idle.

``python -m bench.startup``: a fresh data folder, then the same folder again, three
times. Memory is the proportional set (PSS) of the app and of all of its PostgreSQL,
so that pages they share are counted once.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READY = "Draper is ready."
SETTLE_S = 10


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        print(f"{'':14} {'ready s':>8} {'app MB':>8} {'postgres MB':>12} {'MB':>6}")
        for name in ("first start", "second", "third", "fourth"):
            took, app, database = once(home)
            print(
                f"{name:14} {took:8.2f} {app:8.1f} {database:12.1f} "
                f"{app + database:6.1f}"
            )


def once(home: str) -> tuple[float, float, float]:
    """Start, wait until ready, settle, weigh, stop."""
    known = {"DRAPER_HOME": home, "DRAPER_PORT": "8798"}
    began = time.perf_counter()
    program = subprocess.Popen(  # noqa: S603
        [Path(sys.executable).with_name("draper"), "run"],
        env={**os.environ, **known},  # noqa: TID251
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None  # noqa: S101
    for line in program.stdout:
        if READY in line:
            break
    took = time.perf_counter() - began
    time.sleep(SETTLE_S)
    app = megabytes(program.pid)
    database = sum(megabytes(pid) for pid in descendants(program.pid))
    program.send_signal(signal.SIGTERM)
    program.wait(30)
    return took, app, database


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "status").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(re.findall(r"PPid:\s+(\d+)", status)[0])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def megabytes(pid: int) -> float:
    """The proportional set size."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[0]) / 1024


if __name__ == "__main__":
    main()
