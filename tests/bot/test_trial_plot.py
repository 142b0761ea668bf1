"""The picture of a test: both sides, their last means, and what the shade says."""

from dataclasses import asdict

from agent.plots import Course, TrialFigure
from bot.plots import picture

OLD = Course("1.0.0", [(3, 3.7, 1.0, 5.0), (12, 3.4, 2.1, 4.8), (40, 3.5, 2.9, 4.2)])
NEW = Course("1.1.0", [(6, 4.0, 1.0, 5.0), (22, 4.3, 2.6, 5.0), (43, 4.4, 3.6, 4.9)])
FIGURE = TrialFigure("Copywriting: 1.1.0 against 1.0.0", OLD, NEW)


def test_both_sides_are_named_with_their_last_means() -> None:
    drawn = picture({"kind": "trial", **asdict(FIGURE)}, "svg").decode()
    for said in ("1.0.0", "1.1.0", "3.5", "4.4", "Mean score", "Ratings in the test"):
        assert f"<!-- {said} -->" in drawn
    assert "however often one looks (95 %)" in drawn


def test_one_unit_on_each_side_is_a_picture_too() -> None:
    one = TrialFigure(
        "Ads", Course("1.0.0", OLD.points[:1]), Course("1.1.0", NEW.points[:1])
    )
    assert picture({"kind": "trial", **asdict(one)}, "svg")
