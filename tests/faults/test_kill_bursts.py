"""kill -9 while several messages become one request: none lost, none done twice."""

import pytest

from tests.faults.books import left_over
from tests.faults.conftest import Opens
from tests.faults.crash import Deed, crash
from tests.faults.world import ASK, PIECE, Site
from tests.forms import short_form
from tests.standins.anthropic import Reply

PARTS = (f"{ASK}. " + "alpha " * 700, "beta " * 830, "and name Carol")
POINTS = ["inbox.claimed", "inbox.handled", "inbox.closed", "keep.after_commit"]
OPEN = """
    SELECT (SELECT count(*) FROM runs WHERE status <> 'completed')
         + (SELECT count(*) FROM inbox WHERE status <> 'processed')
"""
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(600)), pace_s=0.02)


async def pastes(site: Site) -> None:
    """Paste a text that the app on the phone cuts in three."""
    for part in PARTS:
        await site.ana.writes(part.strip())


async def goes_on(site: Site) -> None:
    """Ask, and add something while it is written."""
    await site.ana.writes(ASK)
    await site.ana.sees("slow0")
    await site.ana.writes("and name Carol")


@pytest.mark.parametrize("point", short_form(POINTS, POINTS[1:2]))
async def test_killed_anywhere_a_cut_paste_is_one_request(
    opens: Opens, point: str
) -> None:
    site = await opens("telegram poll")
    site.script()
    await crash(site, Deed(pastes), point)
    briefs = await site.rows("SELECT user_message FROM runs")
    assert [row.user_message for row in briefs] == ["\n".join(p.strip() for p in PARTS)]
    assert await site.asks("SELECT count(*) FROM outputs") == 1
    assert await site.asks("SELECT count(*) FROM inbox WHERE part_of IS NOT NULL") == 2
    assert await left_over(site) == 0


@pytest.mark.parametrize(
    "point", short_form(["inbox.claimed:2", "inbox.handled:2"], [])
)
async def test_killed_while_words_are_added_they_are_added_once(
    opens: Opens, point: str
) -> None:
    site = await opens("telegram poll")
    site.outside.claude.script(SLOWLY, *[Reply(PIECE)] * 3)
    await crash(site, Deed(goes_on), point)
    # Where the piece was done before the second message was, it stands for itself.
    briefs = await site.rows("SELECT user_message FROM runs ORDER BY number")
    assert "\n".join(row.user_message for row in briefs) == f"{ASK}\nand name Carol"
    if point == "inbox.handled:2":
        assert len(briefs) == 1
    assert await site.asks("SELECT count(*) FROM outputs") == 1
    # What the killed call held is given back when its time is over; all else is done.
    assert await site.asks(OPEN) == 0
