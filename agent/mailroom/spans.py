"""Seconds as PostgreSQL and asyncio take them."""

from datetime import timedelta
from typing import Any


def soon(seconds: Any, at_most_s: float) -> float:
    """A wait the database named, at most ``at_most_s``; None is all of that."""
    # Never at once: what is due and was not claimed, another process just holds.
    return at_most_s if seconds is None else min(max(float(seconds), 0.02), at_most_s)


def interval(seconds: float) -> timedelta:
    """The same span as an interval."""
    return timedelta(seconds=seconds)
