"""A run's steps as its page tells them: rules are one line, with each of them in it."""

import json
import re
from datetime import UTC, datetime, timedelta

from agent.runs.rule_operations import RuleLine
from agent.runs.rulings import Outcome
from agent.runs.schemas import StepLine
from bot.web.console.steps import Checked, folded
from tests.bot.web.console.conftest import Console
from tests.bot.web.console.furnished import NASTY, RUN, ident
from tests.bot.web.console.test_pages import harmless
from tests.db.asking import run
from tests.seeds import ANA

BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)


def step(
    name: str, at: int, *, attempt: int = 1, status: str = "completed"
) -> StepLine:
    """A step that began ``at`` seconds after the first, and took one."""
    is_check = name.startswith("check") and not name.endswith("-repair")
    return StepLine(
        name=name,
        kind="check" if is_check else "llm",
        status=status,
        attempt=attempt,
        started_at=BEGAN + timedelta(seconds=at),
        seconds=1 if status == "completed" else None,
    )


def rule(code: str, outcome: Outcome) -> RuleLine:
    nothing = {"rule": "Be kind.", "how": "", "why": "", "quote": "", "skill": "ads"}
    return RuleLine(code=code, outcome=outcome, severity="must", **nothing)


RULES = [rule("A1", Outcome.KEPT), rule("A2", Outcome.BROKEN), rule("U1", Outcome.KEPT)]
LOOKS = [step("check-ads:A1", 1), step("check-ads:A2", 2), step("check-U1", 4)]


def test_every_look_at_a_rule_is_one_line_that_counts_what_was_found() -> None:
    steps = [step("write", 0), *LOOKS, step("check", 6), step("deliver", 8)]
    write, checked, deliver = folded(steps, RULES, is_alive=False)
    assert isinstance(checked, Checked)
    assert checked.said == "3 rules checked: 2 met, 1 not"
    assert (checked.status, checked.rules) == ("completed", RULES)
    assert (checked.started_at, checked.seconds) == (LOOKS[0].started_at, 6)
    assert (write, deliver) == (steps[0], steps[-1])


def test_a_draft_put_right_is_a_step_before_what_was_found_in_the_end() -> None:
    repair, again = step("check-repair", 5), step("check-again-ads:A2", 6)
    steps = [*LOOKS, repair, again, step("check", 7)]
    first, checked = folded(steps, RULES, is_alive=False)
    assert first == repair
    assert isinstance(checked, Checked)
    assert checked.said == "3 rules checked: 2 met, 1 not"


def test_what_was_found_is_told_of_the_last_draft_alone() -> None:
    second = [step("write-2", 8), step("check-2-U1", 9), step("check-2", 10)]
    steps = [*LOOKS, step("check", 6), step("approve-1", 7), *second]
    earlier, _, _, latest = folded(steps, RULES[:1], is_alive=False)
    assert isinstance(earlier, Checked)
    assert isinstance(latest, Checked)
    assert earlier.said == "3 rules checked, of an earlier draft"
    assert earlier.rules == ()
    assert latest.said == "1 rule checked: 1 met"


def test_a_check_under_way_says_how_far_it_is_and_one_that_ended_so_too() -> None:
    steps = [*LOOKS, step("check-ads:A3", 5, status="running")]
    [going] = folded(steps, [], is_alive=True)
    [cut] = folded(steps, [], is_alive=False)
    assert isinstance(going, Checked)
    assert isinstance(cut, Checked)
    assert (going.said, going.status) == ("4 rules looked at so far", "running")
    assert (cut.said, cut.status) == ("4 rules looked at", "cancelled")


def test_attempts_are_kept_apart() -> None:
    second = [step("check-U1", 8, attempt=2), step("check", 9, attempt=2)]
    steps = [*LOOKS, step("check", 6), *second]
    told = folded(steps, RULES[:1], is_alive=False)
    assert [one.attempt for one in told] == [1, 2]


FOUND = [
    {"code": code, "rule": words, "outcome": outcome, "how": "model", "why": why}
    | {"quote": "", "skill": "copywriting", "severity": "must"}
    for code, words, outcome, why in (
        ("C01", "Name the reader in the first line.", "kept", ""),
        ("C02", f"No hype. {NASTY}", "broken", f"It shouts {NASTY}"),
        ("C03", "Ground each claim.", "n/a", "no model could tell"),
        ("C04", "End with one call to action.", "kept", ""),
    )
]
_LOOKED = """
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, status)
    SELECT workspace_id, id, 10 + n, 'check-copywriting:C0' || n, 'check', 'completed'
    FROM runs, generate_series(1, 4) AS n WHERE id = :run
"""
_ENDED = """
    UPDATE run_steps SET kind = 'check', position = 20,
           output = jsonb_build_object('rulings', CAST(:found AS jsonb))
    WHERE run_id = :run AND name = 'check'
"""


async def test_the_page_lists_each_rule_in_words_that_open_without_a_script(
    console: Console,
) -> None:
    which, owner = ident(RUN, 0), console.world.owner
    await run(owner, _LOOKED, run=which)
    await run(owner, _ENDED, run=which, found=json.dumps(FOUND))
    page = (await (await console.page_of(ANA)).get("/console/runs/1")).text
    harmless(page, "/console/runs/1")
    [steps] = re.findall(r'<ol class="timeline">(.*?)</ol>', page, re.DOTALL)
    assert "check-copywriting" not in steps
    assert "4 rules checked: 2 met, 1 not, 1 n/a" in steps
    [listed] = re.findall(r"<details id=.*?</details>", steps, re.DOTALL)
    assert "<summary>Each rule</summary>" in listed
    told = re.findall(r'badge \w+">([^<]+)</span> <span><code>(C\d+)</code>', listed)
    assert told == [("met", "C01"), ("not met", "C02"), ("n/a", "C03"), ("met", "C04")]
    assert "&lt;script&gt;" in listed
    assert "no model could tell" in listed
