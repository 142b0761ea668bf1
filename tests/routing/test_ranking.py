"""What the router learns from examples, on a small library made for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.router import ASSISTANT, SURE, Learnt, Router, Rule


def library() -> tuple[Rule, Rule, Rule]:
    """Three trades that the assistant's own examples say nothing of."""
    bees = Rule(
        "bees",
        ("hive inspection", "honey label"),
        examples=(
            "my bees are restless since the queen went missing",
            "the hive smells sour after winter",
            "which frames for a young swarm",
            "honey that sets too fast in the jar",
            "a swarm hangs in the pear tree",
            "mites on the brood, which treatment",
            "sugar water for bees in autumn, how much",
            "wax moths in the stored frames",
        ),
        near_misses=(("a queen to be caught and nailed to the mast", "boats"),),
    )
    clocks = Rule(
        "clocks",
        ("pendulum repair", "watch strap"),
        examples=(
            "grandfather clock loses ten minutes a day",
            "the chime strikes twelve at three",
            "mainspring snapped while winding",
            "pendulum swings for an hour and stands still",
            "oil for the gears of a wall clock",
            "cuckoo does not come out any longer",
            "dial of brass has gone dull",
            "hands touch each other at noon",
        ),
    )
    boats = Rule(
        "boats",
        ("sail plan", "hull paint"),
        examples=(
            "the mast creaks in strong wind",
            "barnacles on the hull every summer",
            "which rope for the mainsail",
            "our dinghy leaks at the keel",
            "rudder pulls to port under sail",
            "varnish for a deck of teak",
            "anchor drags on sandy ground",
            "rigging hums at night in the harbour",
        ),
    )
    return bees, clocks, boats


BEES, CLOCKS, BOATS = library()
RULES = (BEES, CLOCKS, BOATS)
ROUTER = Router(RULES)


def test_a_message_like_an_example_finds_its_skill_without_a_phrase() -> None:
    found = ROUTER.route("the pendulum of our wall clock stands still after winding")
    assert (found.skill, found.method) == ("clocks", "lexical")
    assert any(reason.startswith("much like the example") for reason in found.reasons)


def test_endings_and_slips_of_the_finger_do_not_hide_the_likeness() -> None:
    assert ROUTER.route("barnicles on hulls, and the anchors dragged").skill == "boats"


def test_a_message_like_nothing_learnt_goes_to_the_assistant_and_a_model() -> None:
    found = ROUTER.route("\u4f60\u597d")
    assert (found.skill, found.method) == (ASSISTANT, ASSISTANT)
    assert found.wants_model


def test_a_near_miss_speaks_for_the_neighbour() -> None:
    said = "the queen was nailed to something"
    plain = Rule(BEES.skill, BEES.phrases, examples=BEES.examples)
    without = dict(Router((plain, CLOCKS, BOATS)).route(said).scores)
    taught = dict(ROUTER.route(said).scores)
    assert taught["boats"] > without["boats"]


def test_scores_are_shares_best_first_and_at_most_five() -> None:
    found = ROUTER.route("wax for the mast and for the clock")
    shares = [share for _, share in found.scores]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.005  # each is rounded
    assert len(shares) <= 5
    assert found.scores[0][0] == found.skill


@pytest.mark.parametrize(
    "text", ["wax on the mast", "a queen in the clock", "hull", "hello", "label"]
)
def test_the_order_of_skills_does_not_matter(text: str) -> None:
    assert Router((BOATS, CLOCKS, BEES)).route(text) == ROUTER.route(text)


def test_whoever_is_unsure_says_so() -> None:
    found = ROUTER.route("rigging on the hive")
    assert found.confidence < SURE
    assert (found.method, found.wants_model) == ("asked", True)
    assert set(found.alternatives) & {"bees", "boats"}


@pytest.mark.parametrize("text", ["and for Beta too", "another one", "also in blue"])
def test_a_follow_up_stays_with_what_was_before(text: str) -> None:
    assert ROUTER.route(text, recent="clocks").skill == "clocks"
    assert ROUTER.route(text, recent="boats").skill == "boats"


def test_a_follow_up_in_a_new_chat_wants_to_know_more() -> None:
    assert ROUTER.route("and the rudder too").wants_model


def test_a_follow_up_that_names_another_skill_leaves() -> None:
    found = ROUTER.route("and now a sail plan for it", recent="clocks")
    assert (found.skill, found.method) == ("boats", "phrase")


def test_a_long_message_is_no_follow_up_whatever_it_begins_with() -> None:
    said = (
        "and then there is our dinghy, which leaks at the keel when the wind is strong"
    )
    assert ROUTER.route(said, recent="bees").skill == "boats"


def test_what_somebody_chose_lifts_that_skill_for_like_messages() -> None:
    said = "something golden for the shelf in Leeds"
    chosen = (Learnt("something golden for the shelf in York", "clocks"),)
    assert ROUTER.route(said).skill != "clocks"
    found = ROUTER.route(said, learnt=chosen)
    assert (found.skill, found.wants_model) == ("clocks", False)
    assert any("you chose clocks for" in reason for reason in found.reasons)


def test_a_choice_says_nothing_about_unlike_messages() -> None:
    chosen = (Learnt("something golden for the shelf in York", "clocks"),)
    said = "barnacles on the hull of our boat"
    assert ROUTER.route(said, learnt=chosen) == ROUTER.route(said)


def test_a_choice_never_rises_above_a_phrase() -> None:
    said = "a honey label, golden, for Leeds"
    chosen = (Learnt(said, "clocks"),) * 3
    assert ROUTER.route(said, learnt=chosen) == ROUTER.route(said)
    assert ROUTER.route(said).skill == "bees"


def test_a_choice_of_a_skill_that_is_gone_is_forgotten() -> None:
    chosen = (Learnt("something golden", "weaving"),)
    assert ROUTER.route("something golden", learnt=chosen).skill != "weaving"


BREWING = Rule(
    "brewing",
    ("hop schedule",),
    examples=(
        "my stout has no foam",
        "how long does the lager ferment",
        "bottles that burst in the cellar",
        "which malt for a dark ale",
    ),
)


def test_a_skill_added_is_found_by_phrase_and_by_likeness() -> None:
    wider = ROUTER.with_skills([BREWING])
    assert wider.route("a hop schedule").method == "phrase"
    found = wider.route("how long does the ale ferment in the cellar?")
    assert found.skill == "brewing"
    assert wider.route("/brewing a stout").method == "command"


def test_the_others_answer_as_before_beside_a_skill_added() -> None:
    wider = ROUTER.with_skills([BREWING])
    for text in ("mainspring snapped", "mites on the brood", "sail plan"):
        assert wider.route(text).skill == ROUTER.route(text).skill


def test_a_router_widened_leaves_the_one_it_came_from_alone() -> None:
    before = ROUTER.route("my stout has no foam")
    ROUTER.with_skills([BREWING])
    assert ROUTER.route("my stout has no foam") == before


def test_a_skill_replaced_loses_its_old_words() -> None:
    own = Rule("clocks", ("sundial shadow",), examples=("gnomon of slate, leaning",))
    other = ROUTER.with_skills([own])
    assert other.route("sundial shadow").skill == "clocks"
    assert other.route("pendulum repair").skill != "clocks"
    assert other.route("mainspring snapped while winding").skill != "clocks"


def test_a_skill_switched_off_is_never_chosen() -> None:
    fewer = ROUTER.with_skills([], without=["clocks"])
    for text in (*CLOCKS.examples, *CLOCKS.phrases, "/clocks dial"):
        found = fewer.route(text, recent="clocks", learnt=(Learnt(text, "clocks"),))
        assert "clocks" not in {found.skill, *found.alternatives}


words = st.sampled_from(
    (
        *("hive", "clock", "sail plan", "and", "not", "for", "without", "write", "/"),
        *("\x00", "\ud800", "\u00e9", "\u0915\u0940", "\U0001f44d", ".", "?", "-", "'"),
    )
)


@settings(max_examples=60)
@given(st.one_of(st.text(max_size=200), st.lists(words, max_size=40).map(" ".join)))
def test_any_text_gets_a_route_with_a_reason(text: str) -> None:
    chosen = (Learnt("hive and clock", "boats"),)
    for recent in ("", "clocks", "gone"):
        found = ROUTER.route(text, recent=recent, learnt=chosen)
        assert 0 <= found.confidence <= 1
        assert found.reasons
        assert found.skill not in found.alternatives


@pytest.mark.long
@settings(max_examples=5_000)
@given(st.text(max_size=6_000))
def test_any_text_gets_a_route_however_many_are_tried(text: str) -> None:
    assert ROUTER.route(text).reasons
