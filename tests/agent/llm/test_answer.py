from types import SimpleNamespace as Event
from typing import Any

import pytest
from anthropic.types import CacheCreation, MessageDeltaUsage
from anthropic.types import Usage as Said

from agent.llm.claude.answer import Answer, read_usage
from agent.llm.port import Completion, Delta, Piece, Spent, Stop, Thinking, Usage
from agent.llm.tally import Tally, likely_tokens


def cached(five: int, hour: int) -> CacheCreation:
    return CacheCreation(ephemeral_1h_input_tokens=hour, ephemeral_5m_input_tokens=five)


START = Said(
    input_tokens=7,
    output_tokens=1,
    cache_creation_input_tokens=50,
    cache_read_input_tokens=900,
    cache_creation=cached(20, 30),
)


def test_written_tokens_are_split_by_lifetime_and_counted_once() -> None:
    assert read_usage(START, Usage()) == Usage(7, 900, 20, 30, 1)


def test_the_last_count_keeps_the_split_it_does_not_repeat() -> None:
    last = MessageDeltaUsage(
        output_tokens=400,
        input_tokens=7,
        cache_creation_input_tokens=50,
        cache_read_input_tokens=900,
    )
    start = read_usage(START, Usage())
    assert read_usage(last, start) == Usage(7, 900, 20, 30, 400)


def test_a_last_count_of_output_alone_leaves_the_rest() -> None:
    start = read_usage(START, Usage())
    alone = MessageDeltaUsage(output_tokens=400)
    assert read_usage(alone, start) == Usage(7, 900, 20, 30, 400)


def test_writes_without_a_split_count_as_five_minutes() -> None:
    said = Said(input_tokens=7, output_tokens=1, cache_creation_input_tokens=50)
    assert read_usage(said, Usage()) == Usage(7, 0, 50, 0, 1)


def test_a_split_without_a_sum_is_read_as_well() -> None:
    said = Said(input_tokens=7, output_tokens=1, cache_creation=cached(20, 30))
    assert read_usage(said, Usage()) == Usage(7, 0, 20, 30, 1)


def test_an_end_without_a_reason_counts_as_cut() -> None:
    answer = Answer("claude-x")
    answer.take(Event(type="message_stop"))
    assert answer.is_whole
    assert answer.completion().stop is Stop.OTHER


@pytest.mark.parametrize(
    "event",
    [
        Event(type="ping"),
        Event(type="an_event_of_next_year", surprise=1),
        Event(type="content_block_start", content_block=Event(type="new_block")),
        Event(type="content_block_delta", delta=Event(type="signature_delta")),
        Event(type="content_block_delta", delta=Event(type="text_delta", text="")),
        Event(type="content_block_stop"),
    ],
    ids=lambda event: event.type,
)
def test_events_this_code_does_not_know_add_nothing(event: Any) -> None:
    assert Answer("claude-x").take(event) == []


def tallied(*pieces: Piece) -> Tally:
    tally = Tally()
    for piece in pieces:
        tally.see(piece)
    return tally


def test_output_is_estimated_until_the_provider_says_more() -> None:
    spent = Spent(Usage(input_tokens=9, output_tokens=1))
    text = Delta("\u20ac" * 100)
    assert tallied(spent, text).usage == Usage(9, output_tokens=likely_tokens(300))
    assert tallied(spent, Thinking("x" * 30)).usage.output_tokens == 10
    said = Spent(Usage(input_tokens=9, output_tokens=500))
    assert tallied(spent, text, said).usage.output_tokens == 500


def test_a_completion_is_the_last_word_and_the_next_call_adds_to_it() -> None:
    done = Completion("x", Usage(9, output_tokens=3), Stop.END, "p", "m", 1)
    tally = tallied(Spent(Usage(9)), Delta("x" * 999), done)
    assert tally.usage == Usage(9, output_tokens=3)
    tally.see(Spent(Usage(1)))
    tally.see(done)
    assert tally.usage == Usage(18, output_tokens=6)
