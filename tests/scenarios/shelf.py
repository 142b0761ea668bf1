"""The skills that scenarios work with: a piece is one call of a model there.

Rules that are checked, and stages, are calls of their own; who tests them opens an app
with ``skills=SHIPPED``.
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "skills"
_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def plain() -> Path:
    """The shipped skills without RULES.md and steps.yaml, until this process ends."""
    _KEPT.append(tempfile.TemporaryDirectory(prefix="draper-skills-"))
    here = Path(_KEPT[-1].name, "skills")
    without = shutil.ignore_patterns("RULES.md", "steps.yaml")
    shutil.copytree(SHIPPED, here, ignore=without)
    return here
