"""The skills that scenarios work with: a piece is one call of a model there.

Rules that are checked, and stages, are calls of their own; who tests them opens an app
with ``skills=SHIPPED``.
"""

import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "skills"
_KEPT: list[tempfile.TemporaryDirectory[str]] = []


FEW = ("copywriting", "email-sequence", "page-cro")


@cache
def plain() -> Path:
    """The shipped skills without RULES.md and steps.yaml, until this process ends."""
    return _copied([folder.name for folder in SHIPPED.iterdir()])


@cache
def few() -> Path:
    """Three of them, for apps that are started again and again: each start learns."""
    return _copied(FEW)


def _copied(names: Iterable[str]) -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="draper-skills-"))
    here = Path(_KEPT[-1].name, "skills")
    without = shutil.ignore_patterns("RULES.md", "steps.yaml")
    for name in names:
        shutil.copytree(SHIPPED / name, here / name, ignore=without)
    return here
