"""What is said to a question instead of an answer, and what only looks like it."""

import pytest

from agent.catalog.sidecars import Question
from bot.asides import Aside, heard, is_way_out


def question(key: str, asked: str) -> Question:
    return Question(key, asked, "", "", can_skip=True, choices=())


PRICE = question("price", "What does it cost?")
AUDIENCE = question("audience", "Who needs it most?")
ANSWERED = (PRICE, AUDIENCE)


@pytest.mark.parametrize(
    ("said", "aside"),
    [
        *(
            (one, Aside.SKIP)
            for one in ("skip", "Skip it", "no idea", "I don't know yet.", "pass", "-")
        ),
        *(
            (one, Aside.ENOUGH)
            for one in (
                *("enough", "That's all", "ok just write it", "go ahead please"),
                *("skip the rest", "no more questions"),
            )
        ),
        *((one, Aside.BACK) for one in ("back", "go back", "please go back")),
        *(
            (one, Aside.WHERE)
            for one in ("Where were we?", "so where are we", "continue")
        ),
        *(
            (one, Aside.WHY)
            for one in (
                *("why?", "What do you mean by that?", "??", "like what?"),
                *("is that important?", "an example please", "which number is meant?"),
            )
        ),
    ],
)
def test_an_aside_is_no_answer(said: str, aside: Aside) -> None:
    found = heard(said, ANSWERED)
    assert found is not None
    assert found.aside is aside


@pytest.mark.parametrize(
    ("said", "aside"),
    [
        *((one, Aside.SKIP) for one in ("skip", "Überspringen bitte", "omitir")),
        *((one, Aside.BACK) for one in ("go back", "zurück", "Atrás, por favor")),
        *(
            (one, Aside.ENOUGH)
            for one in (
                *("ok, that's all thanks", "no more questions", "das war's"),
                *("Das ist alles.", "eso es todo, gracias", "nada más"),
            )
        ),
    ],
)
def test_the_plain_ones_are_ways_out_of_a_question_and_of_nothing_else(
    said: str, aside: Aside
) -> None:
    found = heard(said, ())
    assert found is not None
    assert found.aside is aside
    assert is_way_out(said)


@pytest.mark.parametrize(
    "said",
    [
        *("go ahead", "you decide", "no idea", "write it", "next", "undo", "done"),
        *("back office staff", "skip the intro", "that's all wrong", "alles", "why?"),
    ],
)
def test_what_may_be_meant_otherwise_is_no_way_out(said: str) -> None:
    assert not is_way_out(said)


@pytest.mark.parametrize(
    ("said", "step", "value"),
    [
        ("change the price to 30 euros", PRICE, "30 euros"),
        ("Actually, the price is 30 euros", PRICE, "30 euros"),
        ("no, our audience is nurses", AUDIENCE, "nurses"),
        ("change my answer about who needs it: nurses", AUDIENCE, "nurses"),
        ("change the first answer", PRICE, ""),
        ("I meant nurses", AUDIENCE, "nurses"),
        ("Sorry, I meant to say nurses", AUDIENCE, "nurses"),
    ],
)
def test_an_earlier_answer_can_be_changed(
    said: str, step: Question, value: str
) -> None:
    found = heard(said, ANSWERED)
    assert found is not None
    assert (found.aside, found.step, found.value) == (Aside.CHANGE, step, value)


@pytest.mark.parametrize(
    "said",
    [
        "nurses",
        "Sorry, no budget yet",
        "example.com is our site",
        "We skip the queue for patients",
        "Back office staff of clinics",
        "Why we exist: because payroll hurts",
        "It is enough for ten people",
        "Change the tone of the page to warm",
        "No, nothing is fixed",
        "Who would use it? Clinics.",
        "done by hand, every month, by the owner",
    ],
)
def test_what_only_looks_like_an_aside_is_the_answer(said: str) -> None:
    assert heard(said, ANSWERED) is None


def test_before_the_first_answer_there_is_nothing_to_change() -> None:
    assert heard("I meant nurses", ()) is None
    assert heard("change the first answer", ()) is None
