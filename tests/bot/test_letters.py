"""What a message shows now: the promise, the text as it grows, the whole, its pages."""

from typing import Any
from uuid import UUID

import pytest

from agent.mailroom.schemas import Delivery
from bot.letters import act_of, is_due_whole, letter
from channels.rates import Act
from channels.telegram.send import TelegramChannel

DOOR = TelegramChannel("1:a")
PROMISE = "Working on it: copywriting. Usually about 20 s."
STOP = {"label": "Stop", "operation": "runs.cancel", "params": {}, "row": 0}


def row(partial: str | None = None, sent: str | None = "9", **said: Any) -> Delivery:
    payload = {"text": PROMISE, "placeholder": PROMISE, "buttons": [STOP], **said}
    place = ("telegram", "7", "-100/5")
    return Delivery(UUID(int=1), *place, payload, partial, 4, 3, sent, 1)


def shown(delivery: Delivery) -> tuple[str, str, bool]:
    message = letter(delivery, DOOR).message
    return message.markdown, message.progress, message.partial


def test_the_promise_is_its_own_line() -> None:
    assert shown(row(sent=None)) == (PROMISE, PROMISE, True)
    assert act_of(row(sent=None)) is Act.SEND
    assert letter(row(sent=None), DOOR).revision == 0


def test_what_is_being_done_stands_for_the_promise_and_then_under_the_text() -> None:
    line = "Checking against your 3 rules."
    assert shown(row(progress=line)) == (line, line, True)
    assert shown(row(progress=line, sent=None)) == (line, line, True)
    assert shown(row("So far", progress=line)) == ("So far", line, True)
    assert act_of(row("So far")) is act_of(row(progress=line)) is Act.STREAM


def test_what_is_whole_says_nothing_of_how_it_came() -> None:
    done = row(text="Done.", note="How good is it?")
    assert shown(done) == ("Done.\n\nHow good is it?", "", False)
    assert act_of(done) is Act.EDIT
    assert letter(done, DOOR).revision == 4


def test_a_text_that_was_cut_is_closed_before_its_note() -> None:
    said, _, _ = shown(row(text="```\ncode", note="Stopped.", cut=True))
    assert said.endswith("```\n\nStopped.")


def test_what_is_too_long_goes_on_in_further_pages_but_not_while_it_grows() -> None:
    text = "word " * 2000
    growing, whole = letter(row(text), DOOR), letter(row(text=text), DOOR)
    assert growing.message.markdown == whole.message.markdown
    assert not growing.rest
    assert " ".join((whole.message.markdown, *whole.rest)) == text.strip()
    file = {"name": "a.md", "media_type": "text/markdown", "storage_key": "a"}
    assert not letter(row(text=text, files=[file]), DOOR).rest


@pytest.mark.parametrize(
    ("delivery", "is_due"),
    [
        (row(sent="preview:7"), False),
        (row("So far", sent="preview:7"), False),
        (row(sent="preview:7", text="Done."), True),
        (row(sent="77", text="Done."), False),
    ],
)
def test_what_was_only_shown_is_sent_when_it_is_whole(
    delivery: Delivery, *, is_due: bool
) -> None:
    assert is_due_whole(delivery) == is_due


def test_hidden_buttons_keep_their_numbers() -> None:
    hidden = STOP | {"shown": False}
    [button] = letter(row(buttons=[hidden, STOP]), DOOR).message.buttons
    assert button.payload.endswith(":1")
