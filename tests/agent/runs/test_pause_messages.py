"""What stands in the chat while a person is waited for."""

from uuid import UUID

import pytest

from agent.mailroom.schemas import Message
from agent.runs import pause_messages
from agent.runs.pause_queries import Pause

RUN = UUID(int=7)
ASK = Pause(RUN, 2, "ask-1")
APPROVE = Pause(RUN, 1, "approve-2")
LONG = "A tone that is warm, like a letter from somebody who knows you well"
TONE = {"question": "Which tone?", "choices": [LONG, "Plain"], "default": "plain."}
SHOWN = {"text": "# Tea", "note": "needs a yes"}


def labels(message: Message) -> list[str]:
    return [choice.label for choice in message.choices]


def test_a_long_choice_is_cut_on_its_button_and_answered_whole() -> None:
    first, *_ = pause_messages.question(ASK, TONE, by_words=True).choices
    assert first.label.endswith("…")
    assert len(first.label) <= pause_messages.LABEL
    assert first.params["text"] == LONG


def test_every_button_of_a_question_names_the_attempt_that_asks() -> None:
    message = pause_messages.question(ASK, TONE, by_words=True)
    answers = [c.params for c in message.choices if c.operation == "runs.answer"]
    assert len(answers) == 3
    assert all((p["attempt"], p["number"]) == (2, 1) for p in answers)
    assert labels(message)[-2:] == ["Use your judgement", "Stop"]


@pytest.mark.parametrize(
    ("choices", "by_words", "how"),
    [
        (["Warm"], True, "Tap one, or write it in your own words."),
        (["Warm"], False, "Tap one, or reply to this message."),
        ([], True, "Write it in your own words."),
        ([], False, "Reply to this message."),
    ],
)
def test_it_says_how_to_answer_and_what_happens_otherwise(
    choices: list[str], *, by_words: bool, how: str
) -> None:
    asked = {**TONE, "choices": choices}
    note = pause_messages.question(ASK, asked, by_words=by_words).note
    assert note == f"{how} No answer by tomorrow, and I go on with: plain."


def test_a_question_is_one_line_however_it_was_written() -> None:
    asked = {**TONE, "question": "Which\n\n# tone? " + "x " * 900}
    text = pause_messages.question(ASK, asked, by_words=True).text
    assert "\n" not in text
    assert len(text) < 700


def test_a_draft_says_whose_yes_it_needs_and_which_version_it_is() -> None:
    draft = pause_messages.draft(APPROVE, UUID(int=9), "# Tea", "owner")
    assert draft.text == "# Tea"
    assert draft.note.startswith("Version 2. This draft needs a yes from an owner.")
    assert "/approvals" in draft.note
    assert labels(draft) == ["Approve", "Revise", "Reject"]


@pytest.mark.parametrize(
    ("came", "by", "note"),
    [
        (
            {"decision": "approve", "feedback": ""},
            "Ana",
            "Approved by Ana. Finishing...",
        ),
        ({"decision": "approve", "feedback": ""}, "", "Approved. Finishing..."),
        ({"decision": "reject", "feedback": ""}, "Ana", "Rejected by Ana."),
        ({"decision": "reject", "feedback": "dull"}, "Ana", "Rejected by Ana: dull"),
        ({"decision": "reject", "feedback": "dull"}, "", "Rejected: dull"),
    ],
)
def test_a_decided_draft_can_still_be_read(
    came: dict[str, str], by: str, note: str
) -> None:
    message = pause_messages.decided(APPROVE, SHOWN, came, by)
    assert (message.text, message.note) == ("# Tea", note)


def test_a_draft_sent_back_says_why_and_what_comes() -> None:
    came = {"decision": "revise", "feedback": "shorter"}
    message = pause_messages.decided(APPROVE, SHOWN, came, "Ana")
    assert message.text == "Version 2 goes back: shorter\n\nWriting version 3..."
    assert labels(message) == ["Stop"]
