"""How one run is told in a chat."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from agent.billing.money import dollars
from agent.runs.schemas import Piece, RunDetail, SeenBy, StepLine, Waiting
from bot import render
from bot.render.runs import span
from bot.router import ASSISTANT, Router, Rule
from tests.bot.test_render import ID

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ROUTER = Router(
    [Rule("press-release", ("press release",)), Rule("ads", ("write an ad", "slogan"))]
)


def told(**changed: Any) -> str:
    return render.result(detail(**changed)).text


def detail(**changed: Any) -> RunDetail:
    values: dict[str, Any] = {
        "run_id": ID,
        "number": 7,
        "title": "Press release",
        "skill": "press-release",
        "status": "queued",
        "asked": "a press release on tea",
        "queued_at": NOW - timedelta(hours=2),
        "read_at": NOW,
        "attempt": 1,
        "tokens": 0,
        "cost_usd": Decimal(0),
        "steps": [],
        "reasons": [],
    }
    return RunDetail(**values | changed)


@pytest.mark.parametrize(
    ("waiting", "sentence"),
    [
        (
            {"waiting_for": Waiting.ANSWER, "waiting_until": NOW + timedelta(hours=5)},
            "It waits for an answer within 5 hours; then I decide by myself.",
        ),
        (
            {"waiting_for": Waiting.APPROVAL, "waiting_until": NOW + timedelta(days=6)},
            "It waits for a yes within 6 days; then it ends without.",
        ),
        (
            {
                "waiting_for": Waiting.RETRY,
                "waiting_until": NOW + timedelta(seconds=40),
                "tries": 2,
            },
            "That failed 2 times. I try again in 40 seconds.",
        ),
        (
            {"waiting_for": Waiting.TURN, "ahead": 6},
            "Run #6 of this conversation comes first.",
        ),
    ],
)
def test_a_run_says_what_it_waits_for_and_how_long(
    waiting: dict[str, Any], sentence: str
) -> None:
    assert sentence in told(**waiting).split("\n\n")


def test_a_run_that_waits_for_nothing_says_nothing_of_it() -> None:
    assert "wait" not in told(status="completed")


@pytest.mark.parametrize(
    ("text", "skill", "sentence"),
    [
        (
            "a press release about tea",
            "press-release",
            'Why Press release: you wrote "press release".',
        ),
        (
            "/press-release about tea",
            "press-release",
            "Why Press release: your command named it.",
        ),
        ("good morning", "", "Why a plain answer: your words named no skill."),
    ],
)
def test_why_a_skill_was_chosen_is_a_sentence_without_odds(
    text: str, skill: str, sentence: str
) -> None:
    route = ROUTER.route(text)
    assert route.skill == (skill or ASSISTANT)
    said = told(skill=skill, reasons=list(route.reasons))
    assert sentence in said.split("\n\n")
    assert ":1" not in said


def test_words_of_another_skill_are_no_reason_for_this_one() -> None:
    reasons = list(ROUTER.route("a press release and a slogan").reasons)
    assert any("slogan" in reason for reason in reasons)
    assert "slogan" not in told(reasons=reasons)


def test_a_reason_nobody_words_is_left_out() -> None:
    assert "Why" not in told(reasons=["the moon is full"])


@pytest.mark.parametrize(
    ("status", "made", "labels"),
    [
        ("queued", None, ["Stop"]),
        ("waiting_input", None, ["Stop"]),
        ("failed", None, ["Try again"]),
        ("cancelled", None, ["Try again"]),
        ("completed", ID, ["Show the piece", "What next", "Once more"]),
        ("completed", None, ["Once more"]),
    ],
)
def test_the_likely_next_step_is_a_button(
    status: str, made: object, labels: list[str]
) -> None:
    shown = render.result(detail(status=status, output_id=made))
    assert [choice.label for choice in shown.choices] == labels


def test_only_the_latest_attempts_steps_are_shown() -> None:
    steps = [
        StepLine(name="write", status="failed", attempt=1, error="busy"),
        StepLine(name="write", status="completed", attempt=2, seconds=3.21),
        StepLine(name="ask-1", status="completed", attempt=2),
        StepLine(name="approve-2", status="waiting", attempt=2),
        StepLine(name="write-2", status="running", attempt=2),
    ]
    assert (
        "- Writing: done, 3.2 s\n- Your answer: done\n"
        "- Approval 2: waiting\n- Writing 2: under way"
    ) in told(steps=steps)
    assert "busy" not in told(steps=steps)


@pytest.mark.parametrize(
    ("cost", "said"),
    [("0", "$0.00"), ("0.0004", "$0.0004"), ("0.01", "$0.01"), ("3", "$3.00")],
)
def test_money_is_told_in_cents(cost: str, said: str) -> None:
    assert dollars(Decimal(cost)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (86_390, "1 day"),
        (7 * 86_400 - 14, "7 days"),
        (7200, "2 hours"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(seconds: int, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said


def test_a_piece_is_shown_with_its_file() -> None:
    shown = render.result(
        Piece(
            number=7,
            title="Tea",
            preview="# Tea\n\nDrink it.",
            file_name="tea.md",
            storage_key="outputs/x.md",
            size_bytes=5,
        )
    )
    assert shown.text == "**Tea**, of run #7\n\n> Tea Drink it."
    assert [(file.name, file.storage_key) for file in shown.files] == [
        ("tea.md", "outputs/x.md")
    ]


def test_a_run_that_was_stopped_did_not_go_wrong() -> None:
    assert "Why it ended: The draft was rejected." in told(
        status="cancelled", error="The draft was rejected."
    )


@pytest.mark.parametrize(
    ("seen_by", "words"),
    [
        (SeenBy.YOU, "Only you see this."),
        (SeenBy.CHAT, "Only this chat sees this."),
        (SeenBy.TEAM, ""),
    ],
)
def test_a_run_says_who_sees_it_and_offers_to_share_it(
    seen_by: SeenBy, words: str
) -> None:
    message = render.result(detail(seen_by=seen_by))
    assert words in message.text
    shares = [c for c in message.choices if c.operation == "runs.share"]
    assert len(shares) == (seen_by is not SeenBy.TEAM)
