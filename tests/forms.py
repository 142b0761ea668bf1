"""The short form of a long list of cases: the rest waits for ``make torture``."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet


def short_form(cases: Sequence[Any], every_day: Collection[Any]) -> list[ParameterSet]:
    """Return all cases; those that are not for every day are marked as long."""
    unknown = [case for case in every_day if case not in cases]
    if unknown:
        raise ValueError(f"no such cases: {unknown}")
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=() if case in every_day else pytest.mark.long,
        )
        for case in cases
    ]
