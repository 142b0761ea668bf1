"""kill -9 while a piece is held against standing instructions, or put right.

What was paid for is not asked again, and one piece arrives, whole, with its rules kept.
"""

import json
from typing import Any

import pytest

from tests.faults.books import left_over
from tests.faults.conftest import Opens
from tests.faults.crash import CHECKS, Deed, asks, crash
from tests.faults.world import PIECE, Site
from tests.standins.anthropic import Reply

RULES = "never use emojis; always write British English"
JUDGED = "You check one finished text against one rule"
NOT_KEPT = "These standing instructions were not kept"


def answer(body: dict[str, Any]) -> Reply:
    """A writer who loves emojis until told, and a judge who finds it all British."""
    if JUDGED in json.dumps(body["system"]):
        return Reply("KEPT")
    told = NOT_KEPT in json.dumps(body["messages"])
    return Reply(PIECE if told else f"{PIECE} 🎉", piece_words=60, pace_s=0.01)


async def has_rules(site: Site) -> None:
    """Have given standing instructions."""
    site.outside.claude.answer = answer
    await site.ana.writes(RULES)
    await site.ana.sees("Noted")


CHECKED = Deed(asks, prepare=has_rules)


@pytest.mark.long
@pytest.mark.parametrize("point", sorted(CHECKS))
async def test_killed_while_checking_it_is_paid_for_once_and_arrives_right(
    opens: Opens, point: str
) -> None:
    site = await opens("telegram poll")
    found = await crash(site, CHECKED, point)
    assert (found.shown.lost, found.shown.twice, found.shown.files) == (0, 0, 1)
    assert found.calls == 3, "written, judged, put right: each of them once"
    assert await left_over(site) == 0
    assert await site.asks("SELECT count(*) FROM outputs") == 1
    said = "".join(seen.text for seen in site.ana.chat())
    assert "🎉" not in said
    assert await site.asks("SELECT count(*) FROM usage_records") == 3
