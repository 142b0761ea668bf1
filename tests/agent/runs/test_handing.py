"""What a skill still asks when a finished piece is handed to it."""

from agent.catalog.sidecars import Ask, Question, Questions
from agent.runs.handing import open_questions

AUDIENCE, GOAL, DATE = (
    Question(key, question, "", "", can_skip=True, choices=())
    for key, question in (
        ("audience", "Who is it for?"),
        ("launch_goal", "What is it to reach?"),
        ("date", "When?"),
    )
)
ASKS = Questions(Ask.ALWAYS, 0, (AUDIENCE, GOAL, DATE))
PIECE = """\
# Plan for Acme

**Audience:** clinics with 5 to 20 people

## Launch goal

100 trials. The date is open.
"""


def test_what_the_piece_names_is_not_asked() -> None:
    steps, known = open_questions(ASKS, "", PIECE)
    assert steps == (DATE,)
    assert set(known) == {"audience", "launch_goal"}


def test_what_was_answered_for_the_piece_is_taken_over() -> None:
    told = "Write it.\n\nWhen?\nOn 3 March"
    steps, known = open_questions(ASKS, told, "# Plan")
    assert steps == (AUDIENCE, GOAL)
    assert known == {"date": "On 3 March"}


def test_a_word_within_a_sentence_is_no_answer() -> None:
    steps, _ = open_questions(ASKS, "", "Our audience is large: up to date and more.")
    assert steps == (AUDIENCE, GOAL, DATE)


def test_what_is_asked_of_thin_requests_is_not_asked_of_a_piece() -> None:
    thin = Questions(Ask.THIN, 12, (AUDIENCE,))
    assert open_questions(thin, "", "# Plan") == ((), {})
