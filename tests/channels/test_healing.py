from time import perf_counter

import pytest

from channels.healing import WAITING, heal


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a **bo", "a **bo**"),
        ("a **bold*", "a **bold**"),
        ("a **", "a"),
        ("***both", "***both***"),
        ("*a **b", "*a **b***"),
        ("~~gone~", "~~gone~~"),
        ("> quote **b", "> quote **b**"),
        ("`co", "`co`"),
        ("a ``x`y", "a ``x`y``"),
        ("text\n-", "text\n"),
        ("- a\n- **", "- a\n"),
        ("1. a\n2.", "1. a\n"),
        ("- a\n- [", "- a\n"),
        ("a\\", "a"),
        ("see <https://ex", "see https://ex"),
    ],
)
def test_what_is_open_is_closed_or_waits(written: str, shown: str) -> None:
    assert heal(written) == shown


@pytest.mark.parametrize(
    "half", ["[our pa", "[our pa](", "[our pa](https://e", "![our pa"]
)
def test_a_half_link_shows_its_label(half: str) -> None:
    assert heal(f"**see {half}") == "**see our pa**"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("> ```\n> x\n\n", "> ```\n> x\n\n"),
        ("- a\n  ```\n  b", "- a\n  ```\n  b\n  ```"),
        ("So:\n\n```py", "So:\n\n"),
    ],
)
def test_a_fence_is_closed_where_it_stands(written: str, shown: str) -> None:
    assert heal(written) == shown


@pytest.mark.parametrize("half", ["| 1", "| 1 |", "| 1 | 2", "|"])
def test_a_half_row_waits(half: str) -> None:
    table = "| a | b |\n|---|---|\n"

    assert heal(f"x\n\n{table}{half}") == f"x\n\n{table}"


@pytest.mark.parametrize("half", ["| a", "| a | b |", "| a | b |\n", "| a | b |\n|--"])
def test_a_tables_head_waits_for_its_rule(half: str) -> None:
    assert heal(f"x\n\n{half}").rstrip() == "x"


@pytest.mark.parametrize(
    "finished",
    [
        "",
        "a **b** *c* `d` [e](https://f.g) 2*3 and 4 * 5",
        "snake_case_name, 5 > 3, R&D, [1]",
        "**never closed\n\nThe next paragraph.",
        "Hello **world\n\n",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "text\n\n---",
        "- [x] done\n- [ ] to do",
    ],
)
def test_what_is_finished_stays_as_it_is(finished: str) -> None:
    assert heal(finished) == finished


@pytest.mark.parametrize("marks", ["**", "```", "- [ ]", "# ", "| a", "["])
def test_nothing_to_show_yet_is_not_an_empty_message(marks: str) -> None:
    assert heal(marks) == WAITING


def test_forty_thousand_hostile_characters_are_healed_at_once() -> None:
    began = perf_counter()
    for piece in ("**a ", "[", "[*", "*a _b ", "`", "](", "> ", "- ", "| a ", "\\"):
        assert heal((piece * 40_000)[:40_000])

    assert perf_counter() - began < 10
