import random
import string
from time import monotonic

import pytest

from channels.contract import Button, Outgoing
from channels.slack.markup import harmless, mrkdwn, readable
from channels.slack.render import LIMIT, actions, pages, plain, rich, text
from tests.standins.slack.blocks import buttons, displayed, faults_of, pings
from tests.standins.slack.tables import addresses, words

CHAT_UPDATE_TEXT = 4_000


def saying(markdown: str, *given: Button) -> Outgoing:
    return Outgoing(account="T1", chat="C1", markdown=markdown, buttons=given)


def rated(count: int, row: int = 0) -> list[Button]:
    return [Button(str(n), f"d1:{n}", row) for n in range(count)]


def test_a_page_fits_every_field_it_is_sent_in() -> None:
    seed = random.Random(7)  # noqa: S311 - repeatable on purpose
    letters = string.ascii_letters + " <>&*@#`\n\n" + "ü😀"
    text = "".join(seed.choice(letters) for _ in range(30_000)) + "<!channel>" * 900

    for page in pages(text):
        assert len(mrkdwn(page)) <= LIMIT < CHAT_UPDATE_TEXT
        assert len(harmless(page)) <= LIMIT
        assert faults_of(rich(saying(page))) == []
        assert faults_of(plain(saying(page)), webhook=True) == []


def test_hostile_text_is_laid_out_in_time() -> None:
    started = monotonic()
    for piece in ("<", "<a|", "`", "```\n", "**", "@here", "<!channel>", "# ", "&"):
        hostile = (piece * 40_000)[:40_000]
        assert "".join(pages(hostile))
        readable(hostile)
        harmless(hostile)

    assert monotonic() - started < 20


def test_pages_lose_no_word() -> None:
    words = [f"word{n}" for n in range(4_000)]

    joined = " ".join(pages("\n\n".join(words)))

    assert joined.split() == words


def test_a_short_text_is_one_page_and_blank_text_is_none() -> None:
    assert pages("**Hi**") == ["**Hi**"]
    assert pages(" \n") == []


def test_plain_blocks_say_the_same_words() -> None:
    text = "\n\n".join("a <b> & c" for _ in range(180))

    sections = plain(saying(text))

    assert len(sections) == 2
    assert "\n\n".join(displayed(s["text"]["text"]) for s in sections) == text


def test_buttons_of_a_row_stand_side_by_side() -> None:
    rows = list(actions([*rated(5), Button("More", "m", row=2)]))

    assert [len(row["elements"]) for row in rows] == [5, 1]


def test_rows_stand_in_order_however_the_buttons_are_given() -> None:
    given = [Button("c", "3", row=1), Button("a", "1"), Button("d", "4", row=1)]

    rows = list(actions(given))

    labels = [[b["text"]["text"] for b in row["elements"]] for row in rows]
    assert labels == [["a"], ["c", "d"]]


def test_a_row_too_long_for_slack_goes_on_below() -> None:
    rows = list(actions(rated(60)))

    assert [len(row["elements"]) for row in rows] == [25, 25, 10]
    assert faults_of(rows) == []


def test_a_button_sends_its_payload_and_its_label_is_cut_to_fit() -> None:
    blocks = rich(saying("x", Button("L" * 100, "d1:4")))
    [button] = buttons(blocks)

    assert button["value"] == "d1:4"
    assert len(button["text"]["text"]) == 75
    assert faults_of(blocks) == []


@pytest.mark.parametrize("count", [0, 1, 26])
def test_no_two_buttons_share_an_action_id(count: int) -> None:
    found = buttons(list(actions([*rated(count), *rated(count, row=1)])))

    assert len({button["action_id"] for button in found}) == 2 * count


TABLE = "| tea | price |\n|---|--:|\n| **Chai** | [2](https://a.io) |\n| | |"


def test_a_table_is_a_table() -> None:
    [before, table, after] = rich(saying(f"Prices:\n\n{TABLE}\n\nEach."))

    assert (before["text"], after["text"]) == ("Prices:", "Each.")
    assert faults_of([before, table, after]) == []
    assert words(table) == "tea\tprice\nChai\t2\n \t "
    assert addresses(table) == ["https://a.io"]
    assert [column["align"] for column in table["column_settings"]] == ["left", "right"]


@pytest.mark.parametrize(
    "over",
    [
        "| a |\n|---|\n" + "| b |\n" * 100,
        "| a " * 21 + "|\n" + "|---" * 21 + "|\n" + "| b " * 21 + "|\n",
    ],
)
def test_a_table_too_large_for_slack_stands_in_columns(over: str) -> None:
    [block] = rich(saying(over))

    assert block["type"] == "markdown"
    assert block["text"].startswith("```\na")


def test_one_message_holds_one_table() -> None:
    blocks = rich(saying(f"{TABLE}\n\nand\n\n{TABLE}"))

    assert [block["type"] for block in blocks] == ["table", "markdown"]
    assert "Chai | 2 (https://a.io)" in blocks[1]["text"]
    assert faults_of(blocks) == []


def test_nothing_in_a_table_pings() -> None:
    table = "| <!channel> | &lt;!here&gt; |\n|---|---|\n| `<@U1>` | @here |"

    assert pings("", rich(saying(table)), links_names=True) == []


def test_a_text_field_says_all_in_slacks_dialect() -> None:
    said = text(saying(f"# A **b**\n\n*c* [d](https://e.f/g?h=1&i) ~~j~~\n\n{TABLE}"))

    assert said.startswith("*A b*\n\n_c_ <https://e.f/g?h=1&amp;i|d> ~j~\n\n```\ntea ")
    assert "Chai | 2 (https://a.io)" in said


def test_what_is_being_written_shows_no_open_mark() -> None:
    message = Outgoing("T1", "C1", "see **our [pri", partial=True)

    assert rich(message)[0]["text"] == "see **our pri**"
    assert text(message) == "see *our pri*"
