"""A piece that comes back changed is told from a wish, a quotation, a new request."""

import pytest

from agent.runs.amending import Changed, changes, told

PIECE = """# Payroll that lets you go home

Friday, five o'clock. The last patient leaves, and so do you.

- Import your **roster**.
- Check the exceptions, then press Pay.

We got our Fridays back, says the practice manager in Leeds.
"""
PLAIN = PIECE.replace("# ", "").replace("**", "").replace("- ", "• ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN.replace("five o'clock", "noon"), [("five o'clock.", "noon.")]),
        (
            PLAIN.replace("Payroll that lets you go home", "Payroll done by noon"),
            [("that lets you go home", "done by noon")],
        ),
        (PLAIN.replace(", then press Pay", ""), [("then press Pay.", "")]),
        (
            # One passage, sent back without the rest.
            "The last patient leaves at last, and so do you. Import your roster.",
            [("", "at last,")],
        ),
    ],
)
def test_what_was_changed_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.before, one.after) for one in changes(PIECE, text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        PIECE,
        PLAIN,
        # Said about a part of it, not in it.
        "Can we say this with more verve? " + PLAIN.splitlines()[2],
        PLAIN.splitlines()[2] + " I am not sure about this line, it is so sad",
        "please write a landing page for Bolt, a scooter for nurses on night shifts",
        "make it shorter",
    ],
)
def test_what_is_no_edit_changes_nothing(text: str) -> None:
    assert changes(PIECE, text) == []


def test_changes_are_told_as_what_went_and_what_came() -> None:
    found = [Changed("five", "noon"), Changed("", "at last"), Changed("Pay", "")]
    assert told(found) == "- five\n+ noon\n+ at last\n- Pay"
