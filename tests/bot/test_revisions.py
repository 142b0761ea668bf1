"""Which words can only be about a piece that stands there already."""

import pytest

from bot.revisions import is_wish

WISHES = """
shorter
Shorter please!
a bit longer
much more formal
less salesy
make it punchier
can you make it shorter?
in German
and in German, please
another take
try again
without the second paragraph
drop the last line
add a call to action
too long
translate it into French
ok, now simpler
rewrite it
no emojis at all
""".strip().splitlines()

REQUESTS = """
thanks
hello
what does that mean?
write an email for Bolt
in London we open at nine
who are our competitors?
tell me about your skills
Another customer asked whether we also sell to hospitals, what do I tell them now?
addition is fun
shortly
the longer text was better I think
""".strip().splitlines()


@pytest.mark.parametrize("text", [one for one in WISHES if not one.startswith("no ")])
def test_a_wish_is_known(text: str) -> None:
    assert is_wish(text)


@pytest.mark.parametrize("text", REQUESTS)
def test_what_stands_for_itself_is_none(text: str) -> None:
    assert not is_wish(text)
