"""kill -9 while a run asks, waits, is answered or decided about.

What is asked is asked once, what is answered counts once, and nothing is forgotten.
"""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.faults.books import left_over
from tests.faults.conftest import Opens
from tests.faults.crash import Deed, Outcome, crash
from tests.faults.test_lives import lives
from tests.faults.world import ASK, PIECE, Shown, Site
from tests.forms import short_form
from tests.scenarios.test_questions import TIME_PASSES
from tests.standins.anthropic import Reply

TONE = {"question": "Which tone?", "choices": ["Warm"], "default": "plain"}
ANSWER = "Like a letter to a friend"
WISH = f"{ASK}. Ask me before you finish."
STEPS = "SELECT name, status FROM run_steps ORDER BY position"
ASKED = [
    ("write", "completed"),
    ("ask-1", "completed"),
    ("write-2", "completed"),
]


def asking(until: str) -> Callable[[dict[str, Any]], Reply]:
    """A model that asks until it is told these words, and then writes."""

    def answer(body: dict[str, Any]) -> Reply:
        if until in json.dumps(body["messages"]):
            return Reply(PIECE, piece_words=60, pace_s=0.01)
        return Reply(tool=("ask_person", TONE))

    return answer


async def presses_an_answer(site: Site) -> None:
    """Ask for a piece, be asked, and press."""
    await site.ana.writes(ASK)
    await site.ana.presses("Warm")


async def writes_an_answer(site: Site) -> None:
    """Ask for a piece, be asked, and write."""
    await site.ana.writes(ASK)
    await site.ana.sees("Which tone", buttons=("Warm",))
    await site.ana.writes(ANSWER)


async def gives_no_answer(site: Site) -> None:
    """Ask for a piece, be asked, and let a day go by."""
    await site.ana.writes(ASK)
    await site.ana.sees("Which tone", buttons=("Warm",))
    await site.rows(TIME_PASSES)


async def stops_it(site: Site) -> None:
    """Ask for a piece, be asked, and stop it."""
    await site.ana.writes(ASK)
    asked = await site.ana.sees("Which tone", buttons=("Stop", "Warm"))
    await site.ana.presses("Stop", asked)


async def approves(site: Site) -> None:
    """Ask for a piece that needs a yes, and give it."""
    await site.ana.writes(WISH)
    await site.ana.presses("Approve")


async def has_it_revised(site: Site) -> None:
    """Ask for a piece that needs a yes, send it back once, then say yes."""
    await site.ana.writes(WISH)
    await site.ana.sees("This draft needs a yes", buttons=("Approve",))
    await site.ana.writes("Revise: shorter")
    await site.ana.presses("Approve", await site.ana.sees("Version 2. This draft"))


async def assert_finished(site: Site, found: Outcome, files: int) -> None:
    """One run, one output, nothing stuck, every word there once."""
    assert (found.shown.lost, found.shown.twice) == (0, 0)
    assert found.shown.files == files
    assert await site.asks("SELECT count(*) FROM runs") == 1
    assert await site.asks("SELECT count(*) FROM outputs") == 1
    assert await site.asks("SELECT count(*) FROM engine.watches") == 0
    open_ = "SELECT count(*) FROM dialogs WHERE status = 'active'"
    assert await site.asks(open_) == 0
    assert await left_over(site) == 0


async def steps(site: Site) -> list[tuple[str, str]]:
    return [(row.name, row.status) for row in await site.rows(STEPS)]


@pytest.mark.parametrize(
    ("fault", "door"),
    short_form(
        [
            ("write.settled", "telegram poll"),
            ("engine.after_call:2", "web"),
            ("ask.shown", "telegram webhook"),
            ("engine.before_call:3", "telegram poll"),
            ("inbox.handled:2", "telegram poll"),
            ("engine.wait_matched", "web"),
            ("wait.over", "telegram webhook"),
            ("write.streaming", "web"),
            ("deliver.shown", "telegram poll"),
        ],
        every_day=[
            ("engine.wait_matched", "web"),
        ],
    ),
)
async def test_killed_anywhere_a_pressed_answer_counts_once(
    opens: Opens, fault: str, door: str
) -> None:
    site = await opens(door)
    site.outside.claude.answer = asking(until="Warm")
    found = await crash(site, Deed(presses_an_answer), fault)
    await assert_finished(site, found, files=1)
    assert await steps(site) == ASKED
    assert found.calls <= 3
    answered = "SELECT count(*) FROM engine.events WHERE name = 'run.answered'"
    assert await site.asks(answered) == 1


@pytest.mark.parametrize(
    "fault",
    short_form(["inbox.handled:2", "inbox.claimed:2", "wait.over"], []),
)
async def test_killed_over_a_written_answer_it_is_no_new_request(
    opens: Opens, fault: str
) -> None:
    site = await opens("slack socket")
    site.outside.claude.answer = asking(until=ANSWER)
    found = await crash(site, Deed(writes_an_answer), fault)
    await assert_finished(site, found, files=1)
    assert await steps(site) == ASKED
    said = "SELECT count(*) FROM messages WHERE content = :text"
    assert await site.asks(said, text=ANSWER) == 1


@pytest.mark.parametrize("fault", short_form(["engine.after_claim:4", "wait.over"], []))
async def test_killed_over_the_time_out_it_goes_on_with_its_default_once(
    opens: Opens, fault: str
) -> None:
    site = await opens("telegram poll")
    site.outside.claude.answer = asking(until="Use your own judgement")
    found = await crash(site, Deed(gives_no_answer), fault)
    await assert_finished(site, found, files=1)
    assert await steps(site) == ASKED
    await site.ana.sees("Nobody answered", "went on with: plain")


@pytest.mark.parametrize(
    "fault",
    short_form(["inbox.handled:2", "engine.run_insert:2"], []),
)
async def test_killed_over_a_stop_nothing_waits_any_more(
    opens: Opens, fault: str
) -> None:
    site = await opens("telegram poll")
    site.outside.claude.answer = asking(until="Warm")
    await crash(site, Deed(stops_it), fault)
    await site.ana.sees("Nothing more will be written", buttons=("Again",))
    assert await site.asks("SELECT status FROM runs") == "cancelled"
    assert await steps(site) == [("write", "completed"), ("ask-1", "skipped")]
    left = "SELECT (SELECT count(*) FROM engine.jobs) + count(*) FROM engine.watches"
    assert await site.asks(left) == 0


@pytest.mark.parametrize(
    ("fault", "door"),
    short_form(
        [
            ("approve.shown", "web"),
            ("inbox.handled:2", "telegram poll"),
            ("engine.wait_matched", "telegram webhook"),
            ("wait.over", "web"),
            ("deliver.stored", "telegram poll"),
        ],
        every_day=[("engine.wait_matched", "telegram webhook")],
    ),
)
async def test_killed_anywhere_a_yes_counts_once(
    opens: Opens, fault: str, door: str
) -> None:
    site = await opens(door)
    site.script()
    found = await crash(site, Deed(approves), fault)
    # Where one message cannot show it all, the draft comes as a file too.
    await assert_finished(site, found, files=1 if door == "web" else 2)
    assert found.calls == 1, "a yes writes nothing anew"
    [row] = await site.rows("SELECT status, used_at FROM approvals")
    assert row.status == "approved"
    assert row.used_at is not None


@pytest.mark.parametrize(
    "fault", short_form(["inbox.handled:2", "write.reserved:2"], ["write.reserved:2"])
)
async def test_killed_over_a_revision_there_is_one_second_version(
    opens: Opens, fault: str
) -> None:
    site = await opens("slack socket")
    site.outside.claude.answer = lambda _: Reply("# Draft\n\nShort.")
    deed = Deed(has_it_revised)
    await crash(site, deed, fault)
    assert await site.asks("SELECT count(*) FROM outputs") == 1
    rows = await site.rows(
        "SELECT subject_version, status FROM approvals ORDER BY subject_version"
    )
    assert [tuple(row) for row in rows] == [(1, "revision_requested"), (2, "approved")]
    assert await left_over(site) == 0


async def test_asked_by_one_process_and_answered_to_another(opens: Opens) -> None:
    site = await opens("telegram webhook")
    site.outside.claude.answer = asking(until="Warm")
    async with AsyncExitStack() as stack:
        for part in ("web", "worker", "chat"):
            await stack.enter_async_context(lives(site.app, part))
        await presses_an_answer(site)
        await site.quiet()
    shown = Shown.at(site.ana)
    assert (shown.lost, shown.twice, shown.files, shown.notices) == (0, 0, 1, 0)
    assert await steps(site) == ASKED
    assert await left_over(site) == 0
