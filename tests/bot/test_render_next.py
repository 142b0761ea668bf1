"""What stands below a finished piece, and what becomes of it when it is pressed."""

from typing import Any
from uuid import UUID

import pytest

from agent.export.formats import Format
from agent.mailroom.schemas import Message
from agent.runs.next_operations import NextSteps, RelatedSkill
from agent.runs.outputs import Output
from agent.runs.schemas import Explained, Scored
from bot import render

ID = UUID(int=7)
SHORT = [("copy-editing", "Edit pass"), ("ab-test-setup", "A/B plan")]
LONG = [("page-cro", "Page conversion"), *SHORT]
OPENED = NextSteps(
    output_id=ID,
    formats=[Format.DOCX, Format.CSV],
    skills=[RelatedSkill(name=n, title=t, label=t) for n, t in LONG],
)


def finished(related: list[tuple[str, str]]) -> dict[str, Any]:
    [only] = render.finished(["Tea"], Output(ID, "Tea", "k", 3), "", "", related)
    return only.payload({})


def rows(message: Message | dict[str, Any]) -> list[list[str]]:
    """Labels by row, as far as they are shown."""
    payload = message.payload({}) if isinstance(message, Message) else message
    found: dict[int, list[str]] = {}
    for one in payload["buttons"]:
        if one["shown"]:
            found.setdefault(one["row"], []).append(one["label"])
    return [found[row] for row in sorted(found)]


@pytest.mark.parametrize(
    ("related", "last"),
    [
        ([], ["As a file"]),
        (SHORT, ["Edit pass", "A/B plan", "As a file"]),
        (LONG, ["Page conversion", "Edit pass", "More"]),
    ],
)
def test_three_rows_stand_below_a_piece(
    related: list[tuple[str, str]], last: list[str]
) -> None:
    assert rows(finished(related)) == [
        ["1", "2", "3", "4", "5"],
        ["Revise", "Shorter", "Another take"],
        last,
    ]


def test_more_shows_the_other_skills_and_the_files() -> None:
    opened = render.next_steps.opened(OPENED, finished(LONG))
    assert rows(opened)[2:] == [
        ["Page conversion", "Edit pass", "A/B plan"],
        ["Word", "CSV"],
    ]
    [word] = [one for one in opened.choices if one.label == "Word"]
    assert word.operation == "runs.export"
    assert word.params == {"output_id": str(ID), "format": "docx"}


def test_a_low_score_makes_room_for_its_question_and_a_reason_gives_it_back() -> None:
    shown = finished(SHORT)
    low = render.scored(Scored(output_id=ID, score=2, votes=1, mean=2), shown)
    assert ["Edit pass", "A/B plan", "As a file"] not in rows(low)
    assert ["Revise", "Shorter", "Another take"] in rows(low)
    hidden = [{**one, "shown": one["row"] != 8} for one in shown["buttons"]]
    told = Explained(output_id=ID, reason="Too long", score=2)
    after = render.explained(told, {**shown, "buttons": hidden})
    assert rows(after)[-1] == ["Edit pass", "A/B plan", "As a file"]


def test_a_button_that_has_handed_the_piece_over_is_gone() -> None:
    shown = finished(SHORT)
    pressed = next(one for one in shown["buttons"] if one["label"] == "Edit pass")
    after = render.next_steps.without(shown, pressed)
    assert rows(after)[2] == ["A/B plan", "As a file"]
    assert after.note == shown["note"]
