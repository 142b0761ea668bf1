import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Button, Outgoing
from channels.terminal.render import (
    button_lines,
    cells,
    harmless,
    lines_of,
    styled,
    wrap,
)


@given(st.text(alphabet="ab 漢e\u0301😀-", max_size=120), st.integers(2, 40))
def test_wrapping_fits_and_loses_only_the_spaces_it_breaks_at(
    line: str, width: int
) -> None:
    rows = wrap(line, width)
    assert all(cells(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")


def test_words_stay_whole_where_they_fit() -> None:
    assert wrap("pay day handled", 8) == ["pay day", "handled"]
    assert wrap("payroll", 0) == ["payroll"]


@given(st.text())
def test_no_text_can_steer_the_terminal(text: str) -> None:
    left = harmless(f"\x1b]0;owned\x07{text}\x9b31m\r")
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(left)


def test_wide_characters_take_two_columns() -> None:
    assert cells("漢字") == 4
    assert cells("e\u0301") == 1


def test_buttons_stand_in_their_rows_with_what_to_type() -> None:
    ratings = [Button(str(n), f"d:{n}") for n in range(1, 4)]
    lines = button_lines([*ratings, Button("Shorter", "d:4", row=1)])
    assert lines == ["[1]  [2]  [3]", "[:4] Shorter"]


def test_the_rating_given_is_marked() -> None:
    row = (Button("1", "d:1"), Button("\u2022 2 \u2022", "d:2"))
    assert button_lines(row) == ["[1]  [\u2022 2 \u2022]"]


def test_a_message_names_where_its_file_went() -> None:
    message = Outgoing(account="", chat="c", markdown="Done.\n\n")
    assert lines_of(message, width=40, saved="/tmp/a.md") == [  # noqa: S108 - words only
        "Done.",
        "[file] /tmp/a.md",
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("## Head", "\x1b[1mHead\x1b[22m"),
        ("a **b c** d", "a \x1b[1mb c\x1b[22m d"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
    ],
)
def test_headings_and_strong_words_are_bold(line: str, shown: str) -> None:
    assert styled(line) == shown
