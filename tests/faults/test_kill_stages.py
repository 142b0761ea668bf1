"""kill -9 while a piece is worked out in stages, or its method is read up on.

The next life goes on at the stage that was under way; what was paid for is paid once.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.catalog.skillfile import load
from db.server_bootstrap import Urls
from tests.faults.books import left_over
from tests.faults.crash import Deed, crash
from tests.faults.world import PIECE, Site, opened
from tests.scenarios.shelf import SHIPPED
from tests.standins.anthropic import Reply

STAGED = (
    "positioning for Acme, a payroll tool for clinics, whose owners use spreadsheets"
)
READ = "page-cro of Acme's home page, a payroll tool for clinics that use spreadsheets"
ENOUGH = ", ".join(["they compare it with Gusto and pay 40 euros a month"] * 4)


def answer(body: dict[str, Any]) -> Reply:
    """A judge who is content, and a writer who notes, reads once, then writes."""
    if "You check one finished text" in json.dumps(body["system"]):
        return Reply("KEPT")
    said = json.dumps(body["messages"])
    last = json.dumps(body["messages"][-1])
    if "Stage 1 of 3" in last or "Stage 2 of 3" in last:
        return Reply("notes", pace_s=0.01)
    offered = [tool["name"] for tool in body.get("tools", ())]
    may_read = body.get("tool_choice", {}).get("type") != "none"
    if may_read and "read_reference" in offered and "tool_result" not in said:
        return Reply("", tool=("read_reference", {"name": "tests.md"}))
    return Reply(PIECE, piece_words=60, pace_s=0.01)


def asks(words: str) -> Deed:
    async def has_judge(site: Site) -> None:
        site.outside.claude.answer = answer

    async def do(site: Site) -> None:
        await site.ana.commands(f"{words}, {ENOUGH}")

    return Deed(do, prepare=has_judge)


@pytest.mark.long
@pytest.mark.parametrize(
    ("point", "words", "first"),
    [("write.settled", STAGED, 3), ("write.read", READ, 2)],
)
async def test_killed_between_its_calls_each_of_them_is_made_once(
    database: Urls, tmp_path: Path, point: str, words: str, first: int
) -> None:
    rules = load(SHIPPED / words.split(maxsplit=1)[0]).rules
    judged = sum(rule.check is None for rule in rules)
    async with opened("telegram poll", database, tmp_path, skills=SHIPPED) as site:
        found = await crash(site, asks(words), point)
        assert (found.shown.lost, found.shown.twice) == (0, 0)
        assert found.calls == first + judged + 1, "its calls, the judge's, put right"
        assert await site.asks("SELECT count(*) FROM usage_records") == found.calls
        assert await site.asks("SELECT count(*) FROM outputs") == 1
        assert await left_over(site) == 0
