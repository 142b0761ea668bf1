"""kill -9 while the assistant thinks, calls a tool, shows a card and is answered.

What a tool does is done once, what waits for a yes is done after it and once.
"""

from typing import Any

import pytest

from tests.faults.books import left_over
from tests.faults.conftest import Opens
from tests.faults.crash import ASSISTS, Deed, crash
from tests.faults.world import PIECE, Shown, Site
from tests.forms import short_form
from tests.standins.anthropic import Reply

ADD = ("clients__new", {"name": "Brew"})
START = ("runs__start", {"skill": "copywriting", "brief": "a page for Brew"})
STEPS = """
    SELECT s.name, s.status FROM run_steps s JOIN runs r ON r.id = s.run_id
    WHERE r.kind = 'chat' ORDER BY s.position
"""


def using(tool: tuple[str, dict[str, Any]]) -> Any:
    """A model that calls one tool, and says so; a skill's piece it writes."""

    def answer(body: dict[str, Any]) -> Reply:
        if any(tool["name"] == "ask_person" for tool in body["tools"]):
            return Reply(PIECE, piece_words=60)
        if body["messages"][-1]["content"][0]["type"] == "tool_result":
            return Reply("It is done.", pace_s=0.01)
        return Reply("One moment.", tool=tool, pace_s=0.01)

    return answer


async def tells(site: Site) -> None:
    """Say something that the model takes for a call."""
    await site.ana.writes("Brew is with us now, by the way")


async def approves(site: Site) -> None:
    """Be shown a card and press it."""
    await tells(site)
    await site.ana.presses("Approve")


async def declines(site: Site) -> None:
    """Be shown a card and turn it down."""
    await tells(site)
    await site.ana.presses("Cancel")


async def steps(site: Site) -> list[tuple[str, str]]:
    return [(row.name, row.status) for row in await site.rows(STEPS)]


def test_the_points_of_the_assistant_are_these() -> None:
    assert {
        *("think.reserved", "think.settled", "tool.made", "tool.done"),
        *("consent.shown", "consent.over"),
    } == ASSISTS


@pytest.mark.parametrize(
    ("fault", "door"),
    short_form(
        [
            ("think.reserved", "telegram poll"),
            ("think.settled", "web"),
            ("engine.after_call:2", "telegram webhook"),
            ("tool.made", "telegram poll"),
            ("engine.before_call:3", "web"),
            ("engine.after_call:3", "telegram poll"),
            ("think.reserved:2", "telegram webhook"),
            ("think.settled:2", "telegram poll"),
            ("deliver.shown", "web"),
        ],
        every_day=[("tool.made", "telegram poll")],
    ),
)
async def test_killed_anywhere_a_tool_s_effect_is_there_once(
    opens: Opens, fault: str, door: str
) -> None:
    site = await opens(door)
    site.outside.claude.answer = using(ADD)
    found = await crash(site, Deed(tells), fault)
    await site.ana.sees("It is done")
    assert await site.asks("SELECT count(*) FROM clients WHERE name = 'Brew'") == 1
    made = "SELECT count(*) FROM events WHERE type = 'clients.new'"
    assert await site.asks(made) == 1
    assert await steps(site) == [
        ("think-1", "completed"),
        ("tool-1-1", "completed"),
        ("think-2", "completed"),
    ]
    assert await site.asks("SELECT tool_calls FROM runs") == 1
    assert found.calls <= 3
    assert await left_over(site) == 0


@pytest.mark.parametrize(
    ("fault", "door"),
    short_form(
        [
            ("consent.shown", "web"),
            ("engine.before_call:3", "telegram poll"),
            ("inbox.handled:2", "telegram poll"),
            ("engine.wait_matched", "telegram webhook"),
            ("consent.over", "web"),
            ("tool.made", "telegram poll"),
            ("think.settled:2", "web"),
            ("deliver.shown", "telegram poll"),
        ],
        every_day=[],
    ),
)
async def test_killed_anywhere_what_was_approved_is_done_once(
    opens: Opens, fault: str, door: str
) -> None:
    site = await opens(door)
    site.outside.claude.answer = using(START)
    found = await crash(site, Deed(approves), fault)
    await site.ana.sees("It is done")
    kinds = "SELECT kind, status FROM runs ORDER BY id"
    assert [tuple(row) for row in await site.rows(kinds)] == [
        ("chat", "completed"),
        ("skill", "completed"),
    ]
    [card] = await site.rows("SELECT status, used_at FROM approvals")
    assert card.status == "approved"
    assert card.used_at is not None
    assert await steps(site) == [
        ("think-1", "completed"),
        ("tool-1-1", "completed"),
        ("consent-1", "completed"),
        ("think-2", "completed"),
    ]
    shown = Shown.at(site.ana)
    assert (shown.lost, shown.twice) == (0, 0)
    assert found.calls <= 4
    assert await site.asks("SELECT count(*) FROM engine.watches") == 0
    assert await left_over(site) == 0


@pytest.mark.parametrize(
    "fault",
    short_form(["consent.over", "tool.done", "inbox.handled:2"], []),
)
async def test_killed_anywhere_what_was_turned_down_is_not_done(
    opens: Opens, fault: str
) -> None:
    site = await opens("telegram poll")
    site.outside.claude.answer = using(START)
    await crash(site, Deed(declines), fault)
    await site.ana.sees("It is done")  # as far as this model cares
    assert await site.asks("SELECT count(*) FROM runs") == 1
    assert await site.asks("SELECT status FROM approvals") == "rejected"
    assert await left_over(site) == 0
