from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.router import ASSISTANT, SURE, Route, Router, Rule, unreachable

ADS = Rule(
    "copywriting",
    ("ad copy", "write homepage copy", "slogan"),
    hints=("better site",),
    handoffs=(("ad copy review", "page-cro"), ("copy machine", ASSISTANT)),
)
MAILS = Rule("email-sequence", ("nobody opens our mails", "welcome series"))
PAGES = Rule("page-cro", ("landing page audit", "audit"), hints=("better site", "page"))
TEA = Rule("tea", ("tea", "चाय", "crème brûlée"))
ROUTER = Router((ADS, MAILS, PAGES, TEA))


def routed(text: str) -> tuple[str, str]:
    found = ROUTER.route(text)
    return found.skill, found.method


@pytest.mark.parametrize(
    "text",
    ["our team met", "steam", "teapot", "instead of it", "TEAM!", "t e a", "tea2"],
)
def test_a_phrase_never_fires_inside_a_word(text: str) -> None:
    assert routed(text) == (ASSISTANT, ASSISTANT)


@pytest.mark.parametrize(
    "text",
    [
        "TEA?",
        "(tea)",
        "te\u0301a please",
        "tea's ready",
        "green-tea",
        "one cup of... tea",
        "मुझे चाय चाहिए",
        "CREME   BRULEE",
        "creme-brulee",
        "\u201ctea\u201d \u2014 now",
        "\x00tea\ud800",
    ],
)
def test_case_accents_punctuation_and_script_do_not_matter(text: str) -> None:
    assert routed(text) == ("tea", "phrase")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody opens our mails",
        "no one opens the e-mails",
        "no-one opens my Emails!",
        "noone opens our mail",
    ],
)
def test_ways_of_writing_the_same_words_are_one(text: str) -> None:
    assert routed(text) == ("email-sequence", "phrase")


def test_indic_vowel_signs_are_part_of_the_word() -> None:
    router = Router([Rule("k", ("की",))])
    assert router.route("की").skill == "k"
    assert router.route("का").skill == ASSISTANT


def test_a_longer_phrase_hides_the_shorter_one_inside_it() -> None:
    assert routed("landing page audit, please") == ("page-cro", "phrase")
    assert ROUTER.route("landing page audit").reasons == (
        'phrase "landing page audit" of page-cro 30.25:1 x2',
    )


def test_overlapping_phrases_are_all_weighed() -> None:
    router = Router([Rule("a", ("red green",)), Rule("b", ("green blue",))])
    found = router.route("red green blue")
    assert found.method == "asked"
    assert {found.skill, *found.alternatives} == {"a", "b"}
    assert len(found.reasons) == 2


def test_many_phrases_do_not_lower_a_skill() -> None:
    filler = tuple(f"quite other words {n}" for n in range(400))
    poor = Router([Rule("a", ("press kit",)), Rule("b", ("x y",))])
    rich = Router([Rule("a", ("press kit", *filler)), Rule("b", ("x y",))])
    assert rich.route("make a press kit") == poor.route("make a press kit")


def test_a_word_no_other_skill_uses_weighs_more() -> None:
    router = Router(
        [
            Rule("a", ("launch plan",)),
            Rule("b", ("launch zebra",)),
            Rule("c", ("plan",)),
        ]
    )
    shared = router.route("say launch plan").confidence
    rare = router.route("say launch zebra").confidence
    assert rare > shared


def test_equal_evidence_becomes_a_question_with_both() -> None:
    found = ROUTER.route("make it a better site")
    assert found.method == "asked"
    assert (found.skill, found.alternatives) == ("copywriting", ("page-cro",))
    assert found.confidence < SURE


def test_a_hint_alone_is_never_sure() -> None:
    found = ROUTER.route("look at the page")
    assert (found.skill, found.method) == ("page-cro", "asked")
    assert 0 < found.confidence < SURE


def test_no_match_goes_to_the_assistant_with_a_reason() -> None:
    assert ROUTER.route("what is the time") == Route(
        ASSISTANT,
        ASSISTANT,
        0.5,
        (),
        ("no phrase of any skill is in it",),
        "what is the time",
        wants_model=True,
    )


def test_a_near_miss_is_handed_to_the_neighbour() -> None:
    assert routed("ad copy review") == ("page-cro", "phrase")
    assert "hand-off from copywriting" in ROUTER.route("ad copy review").reasons[0]
    assert routed("fix the copy machine") == (ASSISTANT, ASSISTANT)


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("don't write homepage copy", ASSISTANT),
        ("please do not write ad copy", ASSISTANT),
        ("never make ad copy again", ASSISTANT),
        ("a landing page audit instead of ad copy", "page-cro"),
        ("don't write ad copy, write a welcome series", "email-sequence"),
        ("why don't you write homepage copy", "copywriting"),
        ("Not that. Write homepage copy", "copywriting"),
        ("we don't have a slogan", "copywriting"),
        ("people do not like our slogan", "copywriting"),
    ],
)
def test_what_is_refused_is_not_started(text: str, skill: str) -> None:
    assert ROUTER.route(text).skill == skill


def test_a_refused_phrase_stays_among_the_reasons() -> None:
    (reason,) = ROUTER.route("don't write ad copy").reasons
    assert reason.startswith('not asked for: phrase "ad copy"')


@pytest.mark.parametrize(
    "text",
    [
        "show my last ad copy",
        "cancel run 12, the welcome series",
        "status of the tea run",
    ],
)
def test_asking_about_work_does_not_start_it(text: str) -> None:
    assert routed(text) == (ASSISTANT, ASSISTANT)


def test_no_phrase_is_found_across_the_end_of_a_sentence() -> None:
    assert routed("I like this ad. Copy is fine?") == (ASSISTANT, ASSISTANT)


@pytest.mark.parametrize(
    "text",
    [
        "/email-sequence for tea fans",
        "/email_sequence for tea fans",
        "/email_sequence@draper_bot for tea fans",
        "  /Email-Sequence   for tea fans ",
        "/draper email-sequence for tea fans",
        "/draper\nemail-sequence for tea fans",
    ],
)
def test_a_command_wins_over_phrases(text: str) -> None:
    found = ROUTER.route(text)
    assert (found.skill, found.method) == ("email-sequence", "command")
    assert (found.confidence, found.brief) == (1.0, "for tea fans")


def test_a_misspelt_command_asks_for_the_nearest() -> None:
    found = ROUTER.route("/copywritting hero")
    assert (found.skill, found.method) == ("copywriting", "asked")


@pytest.mark.parametrize("text", ["/qqq", "/draper", "/", "//", "/draper qqq zzz"])
def test_an_unknown_command_goes_to_the_assistant(text: str) -> None:
    assert routed(text) == (ASSISTANT, ASSISTANT)


def test_a_path_is_no_command() -> None:
    assert routed("see acme.com/tea") == ("tea", "phrase")


def test_a_press_wins_over_a_form_and_a_form_over_a_command() -> None:
    both = ROUTER.route("/tea green", pressed="page-cro", form="email-sequence")
    assert (both.skill, both.method, both.confidence) == ("page-cro", "press", 1.0)
    form = ROUTER.route("/tea green", form="email-sequence")
    assert (form.skill, form.method) == ("email-sequence", "form")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "\x00", "\ud800\udfff", "👍", "...", "\u200b", "\u093c", "\u0660"],
)
def test_text_without_words_is_for_the_assistant(text: str) -> None:
    assert routed(text) == (ASSISTANT, ASSISTANT)


@pytest.mark.parametrize(
    "piece", ["ad copy ", "\ufdfa", "é", "-", "tea\x00", "\U0001f600"]
)
def test_forty_thousand_characters_take_no_time(piece: str) -> None:
    text = (piece * 40_000)[:40_000]
    began = process_time()
    ROUTER.route(text)
    assert process_time() - began < 0.25


def test_what_is_asked_at_the_end_of_a_long_message_counts() -> None:
    text = "lorem ipsum dolor " * 2_000 + "now write a welcome series"
    assert ROUTER.route(text).skill == "email-sequence"


def test_the_opening_request_beats_words_of_its_explanation() -> None:
    text = "ad copy for a shop. " + "it has many things in it. " * 8 + "tea too."
    found = ROUTER.route(text)
    assert (found.skill, found.method) == ("copywriting", "phrase")


def test_slips_of_the_finger_in_long_words_are_forgiven() -> None:
    router = Router([Rule("a", ("competitor analysis", "trials"))])
    for text in ("competiter analysis", "compettior analysis", "competitor anlysis"):
        assert router.route(text).skill == "a"
    assert router.route("hiking trails").skill == ASSISTANT


def test_confidence_is_a_share_between_nothing_and_one() -> None:
    texts = ("ad copy", "tea", "page", "ad copy and tea and audit", "x", "/tea")
    assert all(0 <= ROUTER.route(text).confidence <= 1 for text in texts)


def test_a_router_without_rules_knows_only_the_assistant() -> None:
    assert Router(()).route("write ad copy").skill == ASSISTANT


def test_a_phrase_that_leads_elsewhere_is_reported() -> None:
    rules = (Rule("a", ("red kite",)), Rule("b", ("red kite",)))
    assert {(skill, phrase) for skill, phrase, _ in unreachable(rules)} == {
        ("a", "red kite"),
        ("b", "red kite"),
    }


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=300))
def test_any_text_gets_a_route_with_a_reason(text: str) -> None:
    found = ROUTER.route(text)
    assert 0 <= found.confidence <= 1
    assert found.reasons
    assert found.skill not in found.alternatives
