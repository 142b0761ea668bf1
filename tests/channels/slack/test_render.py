import random
import string
from time import monotonic

import pytest

from channels.contract import Button, Outgoing
from channels.slack.markup import harmless, mrkdwn, readable
from channels.slack.render import LIMIT, actions, pages, plain, rich
from tests.standins.slack.blocks import buttons, displayed, faults_of

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
