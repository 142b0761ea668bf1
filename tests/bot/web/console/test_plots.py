"""The console's own drawings: what can be read off them without pointing at a mark."""

import re

import pytest

from bot.web.console.plots import AMOUNT, BARS_WIDE, Bar, bars
from tests.bot.web.console.conftest import Console
from tests.seeds import ANA


@pytest.mark.parametrize(
    ("at", "anchor"), [(0, "start"), (2, "middle"), (14, "middle"), (29, "end")]
)
def test_the_highest_bar_says_its_amount_within_the_picture(
    at: int, anchor: str
) -> None:
    days = [Bar(f"{n + 1} Nov", 9.0 if n == at else 1.0, "$") for n in range(30)]
    drawn = bars("Spent", days)
    assert drawn is not None
    [highest] = [one for one in drawn.bars if one.is_highest]
    assert highest.bar is days[at]
    placed, x = highest.over
    begins = x - {"start": 0.0, "middle": AMOUNT / 2, "end": AMOUNT}[placed]
    assert placed == anchor
    assert begins >= 0
    assert begins + AMOUNT <= BARS_WIDE
    assert highest.x <= x <= highest.x + highest.wide, "it belongs to its bar"
    assert highest.y >= 20, "there is room for it over the bar"


async def test_the_usage_page_names_the_month_its_highest_day_and_its_total(
    console: Console,
) -> None:
    page = (await (await console.page_of(ANA)).get("/console/usage")).text
    assert re.search(r"<h1>Usage in [A-Z][a-z]+ 20\d\d</h1>", page)
    [spent] = re.findall(r"<dt>Spent</dt><dd>(\$[\d.]+)</dd>", page)
    assert f"Day by day, {spent} in total" in page
    days = [float(usd) for usd in re.findall(r"<title>[^:]+: \$([\d.]+)</title>", page)]
    [highest] = re.findall(r'<text class="label highest"[^>]*>\$([\d.]+)</text>', page)
    assert float(highest) == max(days)
