"""Code checks the rules it wholly understands, and leaves the others to a model."""

import pytest

from agent.catalog.instruction_checks import check_of, script_of
from agent.identity import languages


@pytest.mark.parametrize(
    ("rule", "keeps", "breaks"),
    [
        ("Never use emojis", "Plain. ✓ A tick is none, nor © 2026", "Hi 👋"),
        ("No emojis", "x", "Done ✅"),
        ("Don't use any emojis or hashtags", "C# is fine", "So #happy"),
        ("avoid exclamation marks", "A picture: ![tea](x)", "Wow!"),
        ("Never use em dashes", "a - b", "a \u2014 b"),
        ('Never say "cheap" or "best in class"', "cheaper by far", "The CHEAP one"),
        ("never use the word synergy", "energy", "pure synergy."),
        ("never use the words leverage, utilize or robust", "use it", "we leverage it"),
        ("Keep it under 5 words", "one two three", "one two three four five six"),
        ("never write more than 20 characters", "short", "x" * 21),
        ("Always at most 3 words", "one two", "one two three four"),
        ('Always mention "Acme Cloud"', "with Acme Cloud you", "with Acme you"),
        ('Always end with "Team Acme"', "Hi\n\n**Team Acme**\n", "Team Acme says hi"),
        ('always begin with "Dear"', "# Dear all", "Hello dear"),
        ("Never use links", "acme.com", "see [here](https://a.b)"),
    ],
)
def test_a_rule_is_checked_as_it_is_said(rule: str, keeps: str, breaks: str) -> None:
    passes = check_of(rule)
    assert passes is not None
    assert passes(keeps)
    assert not passes(breaks)


@pytest.mark.parametrize(
    "rule",
    [
        "Always write British English",
        "Never use emojis in headlines",
        'Never use "cheap" in subject lines',
        "Never use words that sound cheap to them",
        "Never promise a delivery date",
        "Always sound like a friend",
        "Keep sentences under 20 words",
        "Always mention the price when there is one",
    ],
)
def test_what_code_does_not_wholly_understand_it_leaves_to_a_model(rule: str) -> None:
    assert check_of(rule) is None


@pytest.mark.parametrize(
    ("tag", "fits", "fails"),
    [
        ("hi", "चाय अच्छी है, Acme के साथ", "Tea is good"),
        ("hi-Latn", "Chai ka ROI accha hai", "चाय अच्छी है"),
        ("ru", "Чай это хорошо", "Tea"),
        ("ja", "お茶は良いです", "茶 is a word in this English text"),
        ("zh", "茶很好", "Tea"),
        ("de", "Tee ist gut", "Чай это хорошо"),
    ],
)
def test_a_language_is_told_by_its_script(tag: str, fits: str, fails: str) -> None:
    passes = script_of(languages.BY_TAG[tag])
    assert passes(fits)
    assert not passes(fails)
    assert passes("2026: 100 %"), "no letter, no language"
