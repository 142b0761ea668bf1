"""The bot's voice: what was done, what can be done next, and never too much of it."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from agent.catalog.skill_schemas import SkillLine, SkillList
from agent.clients import facts
from agent.clients.schemas import Chosen, ClientLine, Clients, PartShown, Profile
from agent.clients.version_schemas import (
    Comparison,
    Difference,
    OneVersion,
    VersionLine,
    Versions,
)
from agent.errors import OverBudget
from agent.identity.audit_schemas import AuditLine, AuditLog, Change
from agent.identity.help_operations import Help, Topic, topic_called
from agent.mailroom.schemas import Message
from agent.memory.operations import Answered, Left
from agent.registry import BY_NAME
from agent.runs.errors import RunNotFound
from agent.runs.outputs import Output
from agent.runs.schemas import (
    Ended,
    Explained,
    OutputLine,
    Outputs,
    RunDetail,
    RunLine,
    Runs,
    Scored,
    Started,
    Status,
    StepLine,
)
from bot import render
from bot.surfaces import chat, forms
from channels.telegram.render import pages as telegram_pages
from channels.text import utf16_units

ID = UUID(int=7)
LIMIT = 4096
MOST_OF_A_TOPIC = 20
"""Commands in one page of help; in more nobody finds any."""
LONG = "long words " * 4000
PIECE = Output(ID, "Tea for two", "outputs/7.md", 5000)


def client(name: str) -> ClientLine:
    return ClientLine(client_id=ID, name=name, version=1)


CLINICS = {"For whom": "clinics"}


def run_line(number: int = 3, asked: str = "write an ad", **kw: Any) -> RunLine:
    values = {"title": "Copywriting", "status": "completed"} | kw
    return RunLine(
        run_id=ID,
        number=number,
        asked=asked,
        queued_at=datetime(2026, 11, 21, tzinfo=UTC),
        **values,
    )


def detail(**changed: Any) -> RunDetail:
    values: dict[str, Any] = {
        "run_id": ID,
        "number": 3,
        "title": "Copywriting",
        "status": "completed",
        "asked": "write an ad",
        "queued_at": datetime(2026, 11, 21, 9, tzinfo=UTC),
        "read_at": datetime(2026, 11, 21, 9, 3, tzinfo=UTC),
        "attempt": 1,
        "tokens": 1234,
        "cost_usd": Decimal("0.0123"),
        "steps": [],
        "reasons": [],
    }
    return RunDetail(**values | changed)


def status(**changed: Any) -> Status:
    values: dict[str, Any] = {
        "working": [],
        "spent_today_usd": Decimal("0.5"),
        "left_today_usd": Decimal("9.5"),
        "workspace": "Acme",
    }
    return Status(**values | changed)


def whole(message: Message) -> str:
    """All that is shown of a message."""
    return "\n\n".join(filter(None, (message.text, message.note)))


def buttons(message: Message) -> list[str]:
    return [choice.label for choice in message.choices]


SAID: list[tuple[Any, str]] = [
    (Started(run_id=ID, number=3), "On it. This is run #3."),
    (Ended(run_id=ID, number=3, status="cancelled"), "Run #3 is stopped."),
    (
        Ended(run_id=ID, number=3, status="queued"),
        (
            "Run #3 starts again. "
            "The new text appears where its answer stands, further up."
        ),
    ),
    (Answered(dialog_id=ID, skipped=True), "Skipped."),
    (Answered(dialog_id=ID, skipped=False), "Noted."),
    (Left(dialog_id=ID), "All right, we leave it there. Just write what you need."),
    (Runs(lines=[]), "No runs yet. Tell me what to write."),
    (
        Runs(lines=[run_line(status="queued")]),
        (
            "The latest runs:\n\n"
            "- **#3** Copywriting, waiting its turn - write an ad\n\n"
            "`/run <number>` shows one."
        ),
    ),
    (Outputs(lines=[]), "No pieces yet. Tell me what to write."),
    (
        Outputs(
            lines=[
                OutputLine(
                    output_id=ID,
                    number=3,
                    title="Tea",
                    preview="",
                    size_bytes=1,
                    score=4,
                )
            ]
        ),
        "The latest pieces:\n\n- **#3** Tea, rated 4.0\n\n`/run <number>` shows one.",
    ),
    (Clients(lines=[]), "No clients yet. `/client new <name>` adds one."),
    (
        Clients(lines=[client("Acme"), client("Beacon")], current="Acme"),
        "Your clients:\n\n- **Acme** (current)\n- **Beacon**",
    ),
    (
        Chosen(client_id=ID, name="Acme"),
        "From now on this chat is about **Acme**.",
    ),
    (
        Profile(
            client_id=ID,
            name="Acme",
            version=2,
            parts=[
                PartShown(name="audience", title="Audience", facts=CLINICS),
                PartShown(name="voice", title="Voice", facts={}),
            ],
        ),
        (
            "**Acme**, profile version 2\n\n**Audience**\n\n- For whom: clinics\n\n"
            "Still empty: Voice."
        ),
    ),
    (
        status(),
        (
            "Workspace: **Acme**\n\nNothing is being written right now.\n\n"
            "Spent today: $0.50, $9.50 left."
        ),
    ),
    (
        status(client="Tea", left_today_usd=Decimal(-1), working=[run_line()]),
        (
            "Workspace: **Acme**, client: **Tea**\n\nWorking on:\n\n"
            "- **#3** Copywriting, done - write an ad\n\n"
            "Spent today: $0.50, $0.00 left."
        ),
    ),
    (
        detail(),
        (
            "**Run #3**: Copywriting, done\n\n> write an ad\n\n"
            "Asked 3 minutes ago.\n\nIt cost $0.012, 1,234 tokens."
        ),
    ),
    (
        detail(
            status="failed",
            client="Acme",
            attempt=2,
            seconds=1.25,
            model="claude-opus-4-8",
            error="Claude is busy.",
            skill="copywriting",
            asked_by="Ana",
            channel="telegram",
            reasons=['phrase "write an ad" of copywriting 12.5:1 x2'],
            steps=[
                StepLine(name="write", status="completed", attempt=1),
                StepLine(name="write", status="failed", attempt=2, error="busy"),
            ],
        ),
        (
            "**Run #3**: Copywriting, failed\n\n> write an ad\n\n"
            "Asked by Ana on Telegram 3 minutes ago for Acme.\n\n"
            "What went wrong: Claude is busy.\n\n- Writing: failed (busy)\n\n"
            "It cost $0.012, 1,234 tokens, 1.2 s, by Claude Opus 4.8, attempt 2.\n\n"
            'Why Copywriting: you wrote "write an ad".'
        ),
    ),
    (
        SkillList(
            lines=[
                SkillLine(
                    name="copywriting",
                    title="Copywriting",
                    description="Writes copy. Use when asked.",
                    category="content",
                )
            ]
        ),
        (
            "What I can write:\n\n**Content**\n\n"
            "- **Copywriting** (`/copywriting`): Writes copy.\n\n"
            "Just say what you need."
        ),
    ),
]


@pytest.mark.parametrize(("value", "said"), SAID)
def test_a_result_is_said_like_this(value: Any, said: str) -> None:
    assert render.result(value).text == said


FULL = [
    PartShown(
        name=part.name,
        title=part.title,
        facts={
            fact.label: LONG[:2000] for fact in facts.FACTS if fact.part == part.name
        },
    )
    for part in facts.PARTS
]
VERSION = VersionLine(
    number=8,
    at=datetime(2026, 11, 21, tzinfo=UTC),
    author="*" * 80,
    origin="edit",
    changelog="*" * 2000,
)
DIFFERENCE = Difference(label="What it sells", before=LONG[:2000], after=LONG[:2000])
AUDIT = AuditLine(
    event_id=ID,
    at=datetime(2026, 11, 21, tzinfo=UTC),
    who="*" * 80,
    action="clients.edit",
    subject="client",
    label="*" * 80,
    changes=[Change(field="voice", before="*" * 500, after="*" * 500)] * 9,
    is_private=False,
    channel="telegram",
    address="",
)

HUGE: list[Any] = [
    Runs(lines=[run_line(n, LONG, title="T" * 120) for n in range(10)]),
    status(working=[run_line(n, LONG) for n in range(10)]),
    detail(
        asked=LONG,
        error=LONG,
        reasons=["phrase " + "x" * 40] * 5,
        steps=[StepLine(name="write", status="failed", attempt=1, error=LONG)] * 4,
    ),
    Outputs(
        lines=[
            OutputLine(
                output_id=ID, number=n, title="T" * 120, preview=LONG, size_bytes=9
            )
            for n in range(10)
        ]
    ),
    Clients(lines=[client("*" * 80)] * 20, next_cursor="c"),
    Profile(client_id=ID, name="*" * 80, version=9, parts=FULL),
    OneVersion(client_id=ID, name="*" * 80, current=9, version=VERSION, parts=FULL),
    Versions(client_id=ID, name="*" * 80, current=9, lines=[VERSION] * 20),
    Comparison(client_id=ID, name="*" * 80, old=1, new=2, lines=[DIFFERENCE] * 21),
    AuditLog(lines=[AUDIT] * 20),
    Explained(output_id=ID, reason=LONG[:2000], score=1),
]


@pytest.mark.parametrize("value", HUGE, ids=lambda value: type(value).__name__)
def test_whatever_there_is_fits_one_message(value: Any) -> None:
    message = render.result(value)
    assert utf16_units(whole(message)) <= LIMIT
    assert len(telegram_pages(whole(message))) == 1


def test_a_long_list_goes_on_by_its_button() -> None:
    some = [client(f"Brand {n}") for n in range(20)]
    message = render.result(Clients(lines=some, next_cursor="abc"))
    labels = [choice.label for choice in message.choices]
    assert labels == [*(f"Use Brand {n}" for n in range(4)), "More"]
    assert message.choices[-1].params == {"cursor": "abc"}


def test_what_was_asked_stays_on_its_line() -> None:
    asked = "write\n\n- a list\n# of things"
    assert (
        "write - a list # of things"
        in render.result(Runs(lines=[run_line(3, asked)])).text
    )
    assert "> write - a list # of things\n" in render.result(detail(asked=asked)).text


ALL = [
    *(render.result(value) for value, _ in SAID),
    render.welcome("Ana"),
    render.welcome(""),
    *(render.result(Help(topic=topic, mode="advanced")) for topic in (None, *Topic)),
    render.result(Help(topic=None, mode="simple")),
    render.trouble(),
    render.unknown_command("cancle 3", "cancel"),
    render.unknown_command("zzz", None),
    render.did_you_mean([("copywriting", "Copywriting")], ID),
    render.edited("copywriting", "tea"),
    render.refusal(RunNotFound(3)),
    render.refusal(OverBudget("Used up.", hint="Wait.")),
    render.unsure(ID),
    render.unsure(None),
    render.usage("/run [number]"),
    render.failed("Claude is busy.", ID),
    *render.finished(["Tea"], PIECE, ""),
    render.scored(Scored(output_id=ID, score=2, votes=2, mean=3.0), {"text": "Tea"}),
    render.explained(Explained(output_id=ID, reason="Dull", score=2), {"text": "Tea"}),
]


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text[:30])
def test_the_voice_is_calm_and_whole(message: Message) -> None:
    said = whole(message)
    assert said.count("!") <= 1
    assert not re.search(r"Traceback|Error\b|Exception|None|UUID|\{|\}", said)
    assert utf16_units(said) <= LIMIT
    assert said == said.strip()


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text[:30])
def test_every_button_calls_an_operation_with_what_it_takes(message: Message) -> None:
    for choice in message.choices:
        op = BY_NAME[choice.operation]
        # What a press lacks must be something that can be asked for.
        if forms.wanted(op, choice.params) is None:
            op.params.model_validate(dict(choice.params))
        assert len(choice.label) <= 75


def test_what_went_wrong_comes_with_what_to_do() -> None:
    assert render.refusal(RunNotFound(3)).text == (
        "I know no run #3. /runs lists the latest."
    )
    assert render.unknown_command("cancle 3", "cancel").text == (
        'I don\'t know "cancle". Did you mean /cancel? /help shows what I do.'
    )
    assert render.unknown_command("hepl", "help").text == (
        'I don\'t know "hepl". Did you mean /help?'
    )
    [again] = render.failed("Claude is busy.", ID).choices
    assert (again.operation, again.params) == ("runs.retry", {"run_id": str(ID)})
    assert "send it once more" in render.trouble().text


HELP = render.result(Help(topic=None, mode="advanced"))


def test_help_is_one_message_with_a_button_for_every_topic() -> None:
    assert len(telegram_pages(HELP.text)) == 1
    assert len(HELP.text) < 1000
    assert buttons(HELP)[:-1] == [topic.value.capitalize() for topic in Topic]


def test_what_help_names_can_be_typed() -> None:
    for words in re.findall(r"`/([a-z ]+)`", HELP.text):
        assert chat.read(words) is not None, words


def test_all_commands_stand_under_some_topic_of_help() -> None:
    pages = [render.result(Help(topic=one, mode="advanced")).text for one in Topic]
    for line in chat.lines():
        assert [line.usage for page in pages if f"`{line.usage}` - " in page] == [
            line.usage
        ]
    assert all(page.count("\n- ") <= MOST_OF_A_TOPIC for page in pages)


def test_a_topic_of_help_is_marked_and_the_others_are_a_press_away() -> None:
    shown = render.result(Help(topic=Topic.MONEY, mode="simple"))
    assert shown.text.startswith("**Money**")
    assert "• Money •" in buttons(shown)
    assert len(shown.choices) == len(Topic)


@pytest.mark.parametrize(
    ("said", "topic"),
    [("clients", Topic.CLIENTS), (" Skill ", Topic.SKILLS), ("tea", None), ("", None)],
)
def test_a_topic_is_called_by_its_name(said: str, topic: Topic | None) -> None:
    assert topic_called(said) is topic


def test_help_is_in_the_messenger_s_own_words() -> None:
    assert "`/client new`" in chat.as_typed(HELP.text, "telegram")
    slack = chat.as_typed(HELP.text, "slack")
    assert "`/draper client new`" in slack
    assert "`/draper copywriting <brief>`" in slack


def test_a_question_with_choices_ends_in_something_else() -> None:
    message = render.did_you_mean([("a", "A"), ("b", "B")], ID)
    assert buttons(message) == ["A", "B", "Something else"]
    assert [choice.params["skill"] for choice in message.choices] == [
        "a",
        "b",
        "assistant",
    ]
    assert {choice.params["message_id"] for choice in message.choices} == {str(ID)}
    assert len({choice.row for choice in message.choices}) == 3


def test_a_short_piece_is_one_message_with_its_buttons() -> None:
    [only] = render.finished(["Tea"], Output(ID, "Tea", "k", 3), "")
    assert (only.text, only.note) == (
        "Tea",
        "How good is it? 1 is useless, 5 is used as is.",
    )
    assert buttons(only)[:5] == ["1", "2", "3", "4", "5"]
    assert buttons(only)[5:] == ["Revise", "Shorter", "Another take", "As a file"]
    assert [c.params for c in only.choices[:5]] == [
        {"output_id": str(ID), "score": score} for score in range(1, 6)
    ]


def test_a_longer_piece_is_rated_on_its_last_page_and_comes_as_a_file() -> None:
    first, second, file = render.finished(["one", "two"], PIECE, "Rehearsal.")
    assert (first.text, first.choices, first.note) == ("one", (), "")
    assert second.text == "two"
    assert second.note.startswith("Rehearsal.\n\nHow good")
    assert len(second.choices) == 9
    [kept] = file.files
    assert (kept.name, kept.storage_key, kept.size_bytes) == (
        "tea-for-two.md",
        "outputs/7.md",
        5000,
    )


def test_a_very_long_piece_is_begun_and_the_file_has_the_rest() -> None:
    pages = render.paged(LONG, telegram_pages, is_filed=True)
    assert len(pages) > render.PAGES_SHOWN
    begun, file = render.finished(pages, PIECE, "Rehearsal: " + "r" * 100)
    assert LONG.startswith(begun.text.removesuffix("…"))
    assert len(begun.text) > 3000
    assert "This is how it begins; the file has all of it." in begun.note
    assert utf16_units(whole(begun)) <= LIMIT
    assert len(begun.choices) == 9
    assert len(file.files) == 1


def test_an_answer_without_a_file_is_shown_to_its_end() -> None:
    pages = render.paged(LONG, telegram_pages, is_filed=False)
    assert "".join(LONG.split()) == "".join("".join(pages).split())
    shown = render.finished(pages, None, "")
    assert [message.text for message in shown] == pages
    assert not any(message.choices for message in shown)


def test_the_last_page_has_room_for_every_note_to_come() -> None:
    for length in range(3600, 4200, 50):
        pages = render.paged("w " * (length // 2), telegram_pages, is_filed=True)
        shown = render.finished(pages, PIECE, "This was cut short by its length.")
        rated = next(message for message in shown if message.choices)
        low = Scored(output_id=ID, score=1, votes=12, mean=1.5)
        told = Explained(output_id=ID, reason="long " * 400, score=1)
        for message in (
            *shown,
            render.scored(low, {"text": rated.text}),
            render.explained(told, {"text": rated.text}),
        ):
            assert utf16_units(whole(message)) <= LIMIT


def test_a_low_score_asks_what_was_off_and_a_high_one_does_not() -> None:
    for score in range(1, 6):
        value = Scored(output_id=ID, score=score, votes=1, mean=float(score))
        message = render.scored(value, {"text": "Tea"})
        asks = score <= 3
        assert ("What was off?" in message.note) == asks
        assert message.note.startswith(f"Thanks! You gave this {score} of 5.")
        assert (render.REASONS[0] in buttons(message)) == asks
        assert f"• {score} •" in buttons(message)
        assert message.text == "Tea"


def test_a_button_means_the_same_before_and_after_it_is_marked() -> None:
    before = [(c.operation, c.params) for c in render.rating(ID)]
    assert [(c.operation, c.params) for c in render.rating(ID, mine=4)] == before


def test_two_votes_are_told_together() -> None:
    value = Scored(output_id=ID, score=5, votes=2, mean=3.5)
    assert "2 people so far, 3.5 on average." in render.scored(value, {"text": ""}).note


def test_thanks_for_a_reason_leave_the_score_marked() -> None:
    value = Explained(output_id=ID, reason="Too long", score=2)
    message = render.explained(value, {"text": "Tea"})
    assert message.note == 'Thanks, noted: "Too long". It will shape the next ones.'
    assert buttons(message)[:5] == ["1", "• 2 •", "3", "4", "5"]


@pytest.mark.parametrize("about", ["rehearsal", "answer"])
def test_where_nothing_is_learnt_thanks_promise_nothing(about: Any) -> None:
    value = Explained(output_id=ID, reason="Too long", score=2, about=about)
    said = render.explained(value, {"text": "Tea"}).note
    assert said.startswith('Thanks, noted: "Too long". ')
    assert about in said
    assert "teaches me nothing" in said
    assert "next ones" not in said
