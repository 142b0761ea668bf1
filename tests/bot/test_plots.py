"""The plot: drawn outside, the same bytes for the same month, and read by a phone."""

import re
import struct
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agent.errors import Unavailable
from agent.plots import DayCost, Mark, QualityFigure
from bot.plots import UsagePlots, of_quality, picture, told

DAYS = [DayCost(date(2026, 11, n), Decimal(n) / 7) for n in range(1, 12)]


@pytest.mark.long
async def test_equal_months_are_equal_bytes_in_whatever_process() -> None:
    drawn = await UsagePlots(timeout_s=60).month(
        DAYS, Decimal(20), "Usage in November 2026"
    )
    assert drawn == picture(told(DAYS, Decimal(20), "Usage in November 2026"), "png")
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", drawn[16:24])
    assert (width, height) == (960, 600)
    assert len(drawn) < 100_000


def test_its_axes_are_labelled_with_units() -> None:
    drawn = picture(told(DAYS, None, "2026-11"), "svg").decode()
    for said in ("US dollars", "Day of the month", "each day"):
        assert f"<!-- {said} -->" in drawn
    assert "<!-- limit -->" not in drawn


@pytest.mark.parametrize(
    ("costs", "highest", "total"),
    [
        (("0.31", "1.52", "0.94"), "$1.52", "in total: $2.77"),
        (("5.25",), "$5.25", "in total: $5.25"),
        (("0", "0.004"), "$0.004", "in total: $0.004"),
    ],
)
def test_a_month_says_its_highest_day_and_its_total(
    costs: tuple[str, ...], highest: str, total: str
) -> None:
    days = [
        DayCost(date(2026, 11, n), Decimal(cost)) for n, cost in enumerate(costs, 1)
    ]
    drawn = picture(told(days, None, "Usage in November 2026"), "svg").decode()
    for said in (highest, total, "Usage in November 2026"):
        assert drawn.count(f"<!-- {said} -->") == 1, said


def test_a_month_without_spending_names_no_highest_day() -> None:
    drawn = picture(told([DayCost(date(2026, 11, 1), Decimal(0))], None, ""), "svg")
    assert "<!-- $" not in drawn.decode()
    assert "<!-- in total: $0.00 -->" in drawn.decode()


def test_quality_shows_each_part_with_its_numbers_and_says_what_is_sure() -> None:
    sure, few = Mark("accuracy", 9, 4.25, 3.5, 4.8), Mark("your rules", 1, 2)
    weeks = [Mark("9 Nov", 4, 3.5, 2.1, 4.9), Mark("16 Nov", 5, 4, 3, 5)]
    versions = [Mark("1.1.0", 5, 4, 3, 5), Mark("1.0.0", 4, 3.5, 2.1, 4.9)]
    figure = QualityFigure("Website copy", [sure, few], weeks, versions)
    drawn = picture(of_quality(figure), "svg").decode()
    for said in ("Website copy", "accuracy", "(9)", "4.2", "16 Nov", "1.0.0"):
        assert f"<!-- {said} -->" in drawn
    assert "likely lies (95 %)" in drawn


def test_one_score_alone_is_a_picture_too() -> None:
    figure = QualityFigure("Cold e-mails", [Mark("overall", 1, 5)])
    drawn = picture(of_quality(figure), "svg").decode()
    assert "<!-- Week by week -->" not in drawn
    assert "<!-- By version -->" not in drawn


def test_a_long_title_is_broken_where_it_would_leave_the_picture() -> None:
    title = "Product marketing context: 3 ratings, too few to say"
    figure = QualityFigure(title, [Mark("overall", 3, 2)])
    drawn = picture(of_quality(figure), "svg").decode()
    assert "<!-- Product marketing context: 3 ratings, -->" in drawn


async def test_one_that_takes_too_long_is_given_up_and_its_child_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="could not be drawn"):
        await UsagePlots(timeout_s=0.05).month(DAYS, None, "2026-11")
    assert time.monotonic() - began < 5


def test_no_serving_module_loads_matplotlib() -> None:
    root = Path(__file__).parents[2]
    loading = [
        path
        for floor in ("agent", "bot", "channels", "db")
        for path in (root / floor).rglob("*.py")
        if re.search(r"^(import|from) matplotlib", path.read_text(), re.MULTILINE)
    ]
    assert loading == []
