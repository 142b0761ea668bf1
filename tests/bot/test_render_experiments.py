"""What people read of a test of versions, and what they can press."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from agent.catalog.experiment_schemas import ArmLine, Tests, TestState
from bot.render import experiments


def side(key: str, version: str, **more: Any) -> ArmLine:
    facts = {"percent": 50, "units": 6, "heard": 5, "mean": 4.0, "low": 3, "high": 5}
    return ArmLine(key=key, version=version, **{**facts, **more})


def state(**more: Any) -> TestState:
    facts: dict[str, Any] = {
        "test_id": UUID(int=1),
        "skill": "copywriting",
        "title": "Copywriting",
        "client": "",
        "status": "running",
        "verdict": "none",
        "winner": "",
        "overtaken_by": "",
        "candidate": side("candidate", "1.1.0"),
        "control": side("control", "1.0.0"),
        "difference": 0.42,
        "low": -0.31,
        "high": 1.2,
        "ratings": 33,
        "raters": 4,
        "disagreeing": 0,
        "more_ratings": 40,
        "is_guess": False,
        "is_out_of_reach": False,
        "units_here": 20,
        "smallest": 6,
        "expected": 33,
        "started_at": datetime(2026, 11, 1, tzinfo=UTC),
        "ended_at": None,
    }
    return TestState(**{**facts, **more})


@pytest.mark.parametrize(
    ("more", "said", "buttons"),
    [
        (
            {},
            "not enough yet**: about 40 more ratings, if those to come are like",
            ["Stop the test"],
        ),
        ({}, "So far 0.4 points more; it may be anything from -0.3 to +1.2.", []),
        ({"is_guess": True}, "if the new one is half a point better", []),
        ({"is_out_of_reach": True}, "no number of ratings you could give", []),
        ({"units_here": 2}, "with 2 clients or people here it cannot end", []),
        (
            {"verdict": "better", "more_ratings": None},
            "1.1.0 is better** than 1.0.0: 0.4 points more",
            ["Promote 1.1.0", "Keep 1.0.0", "Go on"],
        ),
        (
            {"verdict": "worse", "status": "stopped", "difference": -0.7},
            "I stopped the test: **Copywriting 1.1.0 is worse** than 1.0.0: 0.7",
            ["Go on"],
        ),
        (
            {"verdict": "same"},
            "not better** than 1.0.0 by as much as matters",
            ["Promote 1.1.0", "Keep 1.0.0", "Go on"],
        ),
        (
            {"verdict": "imbalanced", "status": "stopped"},
            "uneven**. 6 clients or people rated on its side (50 % planned) and 6 on",
            ["Go on"],
        ),
        ({"disagreeing": 2}, "In 2 of them people are two points apart", []),
        (
            {"status": "concluded", "verdict": "better", "winner": "1.1.0"},
            "1.1.0 is better",
            [],
        ),
    ],
)
def test_a_test_says_how_it_stands_and_what_can_be_done(
    more: dict[str, Any], said: str, buttons: list[str]
) -> None:
    message = experiments.card(state(**more))
    assert said in message.text
    if buttons:
        assert [choice.label for choice in message.choices] == buttons


def test_one_that_was_overtaken_says_by_what_and_does_not_go_on() -> None:
    over = state(status="stopped", overtaken_by="roll_back")
    assert "stopped by a roll back: no verdict" in experiments.card(over).text
    assert experiments.card(over).choices == ()
    shown = experiments._tests(Tests(lines=[over])).text
    assert "against 1.0.0, stopped by a roll back: no verdict" in shown


def test_earlier_tests_are_listed_in_a_line_each() -> None:
    won = state(status="concluded", verdict="better", winner="1.1.0")
    off = state(status="stopped")
    text = experiments.card(state()).text
    shown = experiments._tests(Tests(lines=[state(), won, off])).text
    assert shown.startswith(text)
    assert "ended: better; 1.1.0 was promoted" in shown
    assert "stopped: no verdict" in shown


def test_whoever_has_no_test_is_told_how_one_begins() -> None:
    assert "test copywriting 1.1.0 on 20 %" in experiments._tests(Tests(lines=[])).text
