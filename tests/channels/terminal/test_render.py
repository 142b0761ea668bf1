import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Button, Outgoing
from channels.tables import cells
from channels.terminal.render import (
    button_lines,
    harmless,
    lines_of,
    styled,
    unstyled,
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


def said(markdown: str, *, partial: bool = False, width: int = 60) -> list[str]:
    message = Outgoing(account="", chat="c", markdown=markdown, partial=partial)
    return lines_of(message, width=width)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("## Head", "\x1b[1mHead\x1b[22m"),
        ("a **b c** d", "a \x1b[1mb c\x1b[22m d"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
    ],
)
def test_headings_and_strong_words_are_bold(line: str, shown: str) -> None:
    assert styled(said(line)[0]) == shown
    assert unstyled(said(line)[0]) == line.removeprefix("## ").replace("**b c**", "b c")


def test_bold_goes_on_in_the_next_row() -> None:
    rows = said("**one two three four**", width=10)

    assert [styled(row) for row in rows] == [
        "\x1b[1mone two\x1b[22m",
        "\x1b[1mthree four\x1b[22m",
    ]


def test_markdown_reads_as_plain_text() -> None:
    shown = "\n".join(
        said(
            "Hi [us](https://a.io) and *you*\n\n- one\n  1. two\n\n> quoted\n\n"
            "| n | price |\n|---|--:|\n| tea | 1 |\n\n```py\nx = 1\n```"
        )
    )

    assert shown == (
        "Hi us (https://a.io) and you\n\n• one\n  1. two\n\n│ quoted\n\n"
        "n   | price\n----+------\ntea |     1\n\n    x = 1"
    )


def test_what_is_being_written_shows_no_open_mark() -> None:
    assert [unstyled(row) for row in said("see **our [pri", partial=True)] == [
        "see our pri"
    ]
