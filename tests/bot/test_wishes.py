"""Which words can only be about a piece that stands there, and which are none."""

import time

import pytest

from bot.wishes import is_aside, is_question, is_wish

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
in German and shorter
another take
another version for LinkedIn
another take on this
try again
without the second paragraph
drop the last line
add a call to action
too long
translate it into French
ok, now simpler
rewrite it
rewrite the opening
redo the second paragraph
no emojis at all
shorter and warmer
a shorter headline
more playful tone
with a question at the end
simpler words please
make the headline a question
please turn the subject line into a promise
shorten the intro
tone it down
give it more energy
try a different angle
add our phone number
write it like a friend
translate to French
give me another version
kürzer bitte
mach es lockerer
auf Deutsch
más corto, por favor
hazlo más cálido
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
shorter meeting notes for Acme
another take on our pricing page
another one about green tea
longer blog posts for Bolt
more blog posts about tea
more about your prices
more or less
in German law, who owns a slogan?
in French cooking what is a roux?
too bad
keep that in mind for next time
keep it up
no more questions from me today
no worries
with the launch next week, what should we post?
rewrite the homepage of Acme
different angle on payroll for dentists
is it too long?
ok great
make the copy for our pricing page
make the team page
write it down for next time
mehr Beiträge über Tee
noch ein Newsletter für Acme
más ideas para LinkedIn
en español, qué significa?
""".strip().splitlines()

ASIDES = (
    "thanks|Thanks!|ok great|Thank you so much!|👍|perfect, thanks 🙏|looks good"
    "|sounds great"
)
WORDS = (
    "shorter|calm down|for Acme|great headline, but softer|thanks, now in German"
    "|sounds translated"
)


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_is_known(text: str) -> None:
    assert is_wish(text)


@pytest.mark.parametrize("text", REQUESTS)
def test_what_stands_for_itself_is_none(text: str) -> None:
    assert not is_wish(text)


@pytest.mark.parametrize("text", ASIDES.split("|"))
def test_thanks_and_praise_ask_for_nothing(text: str) -> None:
    assert is_aside(text)
    assert not is_wish(text)


@pytest.mark.parametrize("text", WORDS.split("|"))
def test_praise_with_a_wish_is_a_wish(text: str) -> None:
    assert not is_aside(text)


def test_a_question_asks_and_a_polite_wish_does_not() -> None:
    assert is_question("is it too long?")
    assert not is_question("can you make it shorter?")


@pytest.mark.parametrize("said", ["so ", "hah", "thanks ", "!", "more , "])
def test_a_long_row_of_such_words_is_read_at_once(said: str) -> None:
    began = time.perf_counter()
    is_aside(said * 8000 + "x")
    is_wish(said * 8000 + "x")
    assert time.perf_counter() - began < 1
