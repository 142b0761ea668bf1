import pytest

from agent.catalog.checks import BadCheck, Verdict, parse

TEXT = """# Mail
## Headline
Payroll that knows your rota

## Email 1: hello
**Subject:** A short one
**Action:** Book

Wow! Synergies are here.

## Email 2: bye
Subject: This subject is longer than the first by far, and then some
- one
- two
1. three
"""


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("max-words 5 in Headline", "met"),
        ("max-words 4 in Headline", "broken"),
        ("max-words 4 in headline", "broken"),
        ("min-words 5 in Headline", "met"),
        ("min-words 6 in Headline", "broken"),
        ("max-chars 28 in Headline", "met"),
        ("max-chars 27 in Headline", "broken"),
        ("max-words 4 in Footer", "n/a"),
        ("has-section Headline", "met"),
        ("has-section Mail", "broken"),
        ("has-section Footer", "broken"),
        ("headings 2 Email", "met"),
        ("headings 1-3 Email", "met"),
        ("headings 3 Email", "broken"),
        ("has-field Subject in Email", "met"),
        ("has-field Action in Email", "broken"),
        ("has-field Action in Email 1", "met"),
        ("field-max-chars 50 Subject in Email", "broken"),
        ("field-max-chars 70 Subject in Email", "met"),
        ("field-max-chars 50 Colour in Email", "broken"),
        ("items 3 in Email 2", "met"),
        ("items 1-2 in Email 2", "broken"),
        ("lacks synergy; pay", "met"),
        ("lacks x; SYNERGIES", "broken"),
        ("lacks knows your rota", "broken"),
        ("mentions rota; payroll", "met"),
        ("mentions rota; salary", "broken"),
        ("mentions-any salary; rota", "met"),
        ("mentions-any salary; wage", "broken"),
        ("max-exclamations 1", "met"),
        ("max-exclamations 0", "broken"),
        ("max-sentence-words 5 in Headline", "met"),
        ("max-sentence-words 4 in Headline", "broken"),
    ],
)
def test_a_check_finds_what_it_says(line: str, verdict: str) -> None:
    assert parse(line).run(TEXT) == Verdict(verdict)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("max-words 4 in Headline", "5 words"),
        ("min-words 6 in Headline", "only 5 words"),
        ("max-sentence-words 4 in Headline", 'a sentence of 5 words: "Payroll that'),
        ("lacks x; SYNERGIES; Wow", 'says "SYNERGIES", "Wow"'),
        ("mentions rota; salary", 'does not say "salary"'),
        ("has-field Action in Email", "Email 2: bye: no 'Action'"),
        ("field-max-chars 50 Subject in Email", "Email 2: bye: Subject of 5"),
        ("max-exclamations 0", "1 exclamation mark"),
        ("order Email 2; Email 1", "'Email 1' stands before 'Email 2'"),
        ("max-words 4 in Footer", "no section 'Footer'"),
        ("max-words 5 in Headline", ""),
    ],
)
def test_what_is_broken_says_where(line: str, why: str) -> None:
    assert parse(line).find(TEXT).why.startswith(why)
    assert str(parse(line)) == line


@pytest.mark.parametrize(
    "line", ["", "glow", "max-words", "max-words few", "items 3-", "lacks", "lacks  "]
)
def test_a_line_that_is_no_check_is_refused_with_the_form(line: str) -> None:
    with pytest.raises(BadCheck, match=r"there are|is written"):
        parse(line)


@pytest.mark.parametrize("text", ["", "\x00", "#", "# \n#", "\ud800", "|" * 1000])
def test_any_text_can_be_checked(text: str) -> None:
    assert parse("has-section Headline").run(text) is Verdict.BROKEN
