"""Named places where a failure test may kill the process, as ``kill -9`` would.

Unarmed, a point costs one comparison. ``bot.wiring`` arms one from DRAPER_FAULT.
"""

import os
import signal

POINTS: set[str] = set()
"""Every point there is, so that a test can visit each."""

_armed = ""
_left = 0


def declare(*names: str) -> None:
    """Make points known; each name is ``<hop>.<moment>``."""
    POINTS.update(names)


def arm(spec: str) -> None:
    """Die at ``<point>[:<nth>]``; an empty ``spec`` disarms.

    Raises:
        ValueError: No such point.
    """
    global _armed, _left  # noqa: PLW0603 - one process has one fate
    _armed, _, nth = spec.partition(":")
    _left = int(nth or 1)
    if _armed and _armed not in POINTS:
        raise ValueError(f"no fault point {_armed!r}; there are {sorted(POINTS)}")


def reach(name: str) -> None:
    """Die here if this point is armed and its turn has come."""
    global _left  # noqa: PLW0603 - as above
    if name != _armed:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
