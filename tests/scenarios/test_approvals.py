"""A draft that needs a yes: given, refused, sent back, asked for elsewhere, late."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agent.catalog.making import make
from tests.scenarios.house import House, Opens
from tests.scenarios.people import Person, Seen
from tests.scenarios.test_questions import (
    TIME_PASSES,
    WAITING,
    steps,
    told,
    two_in_a_group,
)
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
WISH = f"{ASK}. Ask me before you finish."
DECIDE = ("Approve", "Revise", "Reject")
APPROVALS = """
    SELECT a.status, a.subject_version AS version, a.feedback, a.channel, a.used_at,
           a.decided_by_id, a.decided_at
    FROM approvals a WHERE run_id = :id ORDER BY a.id
"""


async def has_draft(house: House, person: Person) -> Seen:
    """Have a request come to a draft that waits for a yes."""
    await person.writes(WISH)
    return await person.sees("You asked for", buttons=DECIDE)


async def approvals(house: House) -> list[Any]:
    """What is kept about the newest run's drafts."""
    run = await house.run()
    return await house.rows(APPROVALS, id=run.id)


async def test_a_yes_finishes_the_draft_and_asks_how_good_it_is(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    assert draft.has("This draft needs a yes.")
    assert not draft.has("Ask me before you finish"), "the model writes, it asks nobody"
    assert (await house.run()).status == "waiting_approval"
    unfinished = "SELECT count(*) FROM outputs WHERE run_id = :id"
    assert await house.asks(unfinished, id=(await house.run()).id) == 0
    await ana.presses("Approve", draft)
    done = await ana.sees_change(draft, "Approved", "How good is it")
    assert done.buttons[:7] == ["1", "2", "3", "4", "5", "Revise", "Shorter"]
    await house.rests()
    assert (await house.run()).status == "completed"
    [kept] = await approvals(house)
    assert (kept.status, kept.version, kept.channel) == ("approved", 1, door)
    assert kept.used_at >= kept.decided_at
    assert len(ana.chat()) == 1
    assert house.claude.calls == 1


async def test_revise_asks_what_to_change_and_version_two_comes(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    await ana.presses("Revise", draft)
    await ana.sees("What should change")
    await ana.writes("Half as long, please")
    await ana.sees_change(draft, "Version 2", "This draft needs a yes")
    *_, old, wish = told(house)
    assert "You asked for" in json.dumps(old)
    assert "Half as long, please" in json.dumps(wish)
    await ana.presses("Approve", draft)
    await ana.sees_change(draft, "How good is it")
    await house.rests()
    first, second = await approvals(house)
    assert (first.status, first.feedback) == (
        "revision_requested",
        "Half as long, please",
    )
    assert (second.status, second.version) == ("approved", 2)
    assert [name for name, _ in await steps(house)] == [
        *("write", "approve-1", "write-2", "approve-2"),
    ]


async def test_revise_and_why_in_one_message(house: House, door: str) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    await ana.writes("Revise: shorter")
    await ana.sees("Version 2 comes in the draft's place")
    await ana.sees_change(draft, "Version 2", "with this change: shorter")
    await ana.writes("approve")
    await ana.sees_change(draft, "How good is it")
    await house.rests()
    assert [row.feedback for row in await approvals(house)] == ["shorter", None]


async def test_a_rejected_draft_ends_there_with_the_word_kept(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    await ana.writes("Reject: off brand")
    ended = await ana.sees_change(draft, "Rejected", "off brand")
    assert ended.buttons == ["Write it again"]
    assert ended.has("You asked for"), "the draft can still be read"
    await house.rests()
    run = await house.run()
    assert (run.status, run.error_code, run.error_message) == (
        "cancelled",
        "rejected",
        "off brand",
    )
    [kept] = await approvals(house)
    assert (kept.status, kept.feedback) == ("rejected", "off brand")
    await ana.presses("Write it again", draft)
    again = await ana.sees_change(draft, "This draft needs a yes")
    await ana.presses("Approve", again)
    await ana.sees_change(draft, "How good is it")


async def test_the_second_press_is_told_who_decided(house: House, door: str) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    await ana.press(draft, "Approve")
    await ana.press(draft, "Reject")
    await ana.is_told("That was already approved by you")
    await ana.sees_change(draft, "How good is it")
    await house.rests()
    assert [row.status for row in await approvals(house)] == ["approved"]


async def test_whoever_is_in_the_group_may_decide(house: House) -> None:
    ana, bob = await two_in_a_group(house)
    await ana.commands(f"copywriting {WISH}")
    draft = await ana.sees("You asked for", buttons=DECIDE)
    await bob.press(draft, "Approve")
    await ana.press(draft, "Approve")
    await ana.sees_change(draft, "Approved", "How good is it")
    await ana.is_told("That was already approved by")


async def test_ordinary_words_do_not_decide(house: House) -> None:
    ana = await house.member("telegram")
    draft = await has_draft(house, ana)
    await ana.writes("what do you think of Mondays?")
    await ana.sees("You asked for", "Mondays")
    assert ana.now(draft).buttons == list(DECIDE)
    await ana.presses("Reject", draft)
    await ana.sees_change(draft, "Rejected")


async def test_revise_is_a_word_like_any_other_when_nothing_waits(
    house: House,
) -> None:
    ana = await house.member("telegram")
    await ana.writes("hello there")
    await ana.sees("You asked for: hello there")
    await ana.writes("Revise: shorter")
    await ana.sees("Which text shall I edit?")


async def test_nobody_says_yes_in_time(house: House, door: str) -> None:
    ana = await house.member(door)
    draft = await has_draft(house, ana)
    await house.rows(TIME_PASSES)
    over = await ana.sees_change(draft, "Nobody said yes within a week")
    assert over.buttons == ["Write it again"]
    await house.rests()
    run = await house.run()
    assert (run.status, run.error_code) == ("timeout", "expired")
    assert [row.status for row in await approvals(house)] == ["expired"]
    assert await house.asks(WAITING) == 0


async def test_a_yes_too_late_is_told_so_and_the_draft_can_be_asked_for_again(
    house: House,
) -> None:
    ana = await house.member("web")
    draft = await has_draft(house, ana)
    await house.rows(TIME_PASSES)
    await ana.sees_change(draft, "Nobody said yes within a week")
    await ana.press(draft, "Approve")  # on a page that is a moment behind
    await ana.is_told("waited too long")
    await ana.presses("Write it again", draft)
    again = await ana.sees_change(draft, "This draft needs a yes")
    await ana.presses("Approve", again)
    await ana.sees_change(draft, "How good is it")


async def test_cancel_withdraws_the_draft(house: House) -> None:
    ana = await house.member("slack")
    draft = await has_draft(house, ana)
    await ana.commands("cancel")
    await ana.sees_change(draft, "Nothing more will be written")
    await house.rests()
    assert [row.status for row in await approvals(house)] == ["cancelled"]
    assert await house.asks(WAITING) == 0


async def test_a_decision_may_come_after_a_restart(opens: Opens) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        draft = await has_draft(house, ana)
    async with opens() as house:
        await ana.presses("Approve", draft)
        await ana.sees_change(draft, "How good is it")
        await house.rests()
        assert house.claude.calls == 1


async def test_a_long_draft_comes_with_all_of_it_in_a_file(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(
        Reply(" ".join(f"word{n}" for n in range(1200)), piece_words=99)
    )
    await ana.writes(WISH)
    draft = await ana.sees("word0", "This draft needs a yes", buttons=DECIDE)
    file = await ana.sees("The whole draft")
    assert len(file.files) == 1
    await ana.presses("Approve", draft)
    await ana.sees("How good is it", buttons=("5",))


@pytest.fixture
def skills(tmp_path: Path) -> Path:
    """A folder with one skill whose pieces need an admin's yes."""
    return make(tmp_path / "skills", head={"approval": "admin"}).parent


async def test_a_skill_s_admin_sees_the_draft_of_a_private_chat_and_decides_there(
    opens: Opens, skills: Path
) -> None:
    async with opens(skills=skills) as house:
        home = await house.enrol()
        ana = house.stranger("telegram")
        await house.introduce(ana, home)
        await ana.commands("status")
        bob = await house.member("slack", workspace=home.workspace_id, role="member")
        await bob.writes("boil the kettle for Brew, a tea, for clinics")
        draft = await bob.sees("This draft needs a yes from an admin")
        assert "/draper approvals" in draft.text
        assert draft.has("Your team can see this run now")
        await bob.press(draft, "Approve")
        await bob.is_told("That needs the admin role")
        called = await ana.sees("draft", "waits for a yes from an admin")
        await ana.presses("Show what waits", called)
        listed = await ana.sees("Drafts that wait for your yes", "#1", "You asked for")
        await ana.presses("Revise #1", listed)
        await ana.sees("What should change")
        await ana.writes("Warmer, please")
        await bob.sees_change(draft, "Version 2", "This draft needs a yes")
        await ana.commands("approvals")
        listed = await ana.sees("Drafts that wait for your yes", "#1", "version 2")
        await ana.presses("Approve #1", listed)
        await ana.sees_change(listed, "Approved")
        await bob.sees_change(draft, "Approved", "How good is it")
        await house.rests()
        await ana.commands("approvals")
        await ana.sees("No draft waits for your yes")
