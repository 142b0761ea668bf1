import pytest

from channels.slack.markup import JOINER, harmless, mrkdwn, readable
from tests.standins.slack.blocks import displayed, pings

HOSTILE = (
    "<!channel> <!here|here> <!everyone> <!subteam^S012AB> <@U012AB> <@W012AB|bob> "
    "<!CHANNEL> @here, @channel @Everyone `<!channel>` ```\n<@U012AB>\n``` "
    "`open <!channel> and <!here> [x](<!channel>) \\<!channel>"
)


@pytest.mark.parametrize(
    ("wire", "read"),
    [
        ("Q&amp;A: 1 &lt; 2 &gt; 0", "Q&A: 1 < 2 > 0"),
        ("&amp;lt;", "&lt;"),
        ("ask <@U1> or <@U2|bob>", "ask @U1 or @bob"),
        ("in <#C1|general> and <#C2>", "in #general and #C2"),
        ("<!here> <!subteam^S1|@team> <!date^1^{date}|today>", "@here @team today"),
        ("<https://a.io>", "https://a.io"),
        ("<https://a.io|a.io>", "https://a.io"),
        ("<https://a.io/x|our page>", "our page (https://a.io/x)"),
        ("<mailto:a@b.io|a@b.io>", "a@b.io"),
        ("< a > <> plain", "< a > <> plain"),
    ],
)
def test_slacks_tokens_become_words(wire: str, read: str) -> None:
    assert readable(wire) == read


def test_nothing_in_a_markdown_block_pings() -> None:
    block = {"type": "markdown", "text": harmless(HOSTILE)}

    assert pings("", [{"type": "markdown", "text": HOSTILE}], links_names=True)
    assert pings("", [block], links_names=True) == []


def test_nothing_in_a_text_field_pings() -> None:
    assert pings(mrkdwn(HOSTILE), [], links_names=True) == []


@pytest.mark.parametrize(
    "markdown",
    [
        "[us](https://a.io/?a=1&b=2) & co",
        "> a quote\n\n1 > 0",
        "<https://a.io/x>",
        "`a < b` and\n```html\n<!DOCTYPE html>\n<p class='x'>\n```\n",
        "**bold** _it_ ~~no~~ | a | b |",
        "write to info@channel.example",
    ],
)
def test_what_is_harmless_already_stays_as_it_is(markdown: str) -> None:
    assert harmless(markdown) == markdown


def test_angle_brackets_in_prose_are_shown_as_typed() -> None:
    assert harmless("a <b> & <!-- c -->") == "a &lt;b> & &lt;!-- c -->"
    assert displayed(harmless(HOSTILE)) == HOSTILE


def test_a_text_field_loses_no_word() -> None:
    text = "# Title\n**bold** & <b>\n- one\n- `two`"

    assert displayed(mrkdwn(text)) == "*Title*\n*bold* & <b>\n- one\n- `two`"


def test_the_joiner_is_the_only_thing_put_into_code() -> None:
    assert harmless("`<!channel>`") == f"`<{JOINER}!channel>`"


def test_a_text_field_shows_no_escapes() -> None:
    written = r"**Salt \& Co\_op** \<b\> C:\dir 5 \* 4 \\"

    assert displayed(mrkdwn(written)) == r"*Salt & Co_op* <b> C:\dir 5 * 4 " + "\\"
