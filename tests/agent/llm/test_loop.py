import asyncio

import pytest

from agent.llm.claude import Claude
from agent.llm.loop import MAX_PAUSES, ModelRefused, collect, cut_notice
from agent.llm.port import (
    Delta,
    ModelFailed,
    ModelRejected,
    Prompt,
    Spent,
    Stop,
    Tier,
    Turn,
    Usage,
)
from agent.llm.tally import Tally
from tests.agent.llm.conftest import until
from tests.agent.llm.fakes import Played, said
from tests.standins.anthropic import AnthropicStandIn, Reply

ASK = Prompt(Tier.BALANCED, (), (Turn("user", "Write."),))


async def nowhere(_: str) -> None:
    """Show nobody."""


async def test_the_text_so_far_grows_and_the_whole_is_returned() -> None:
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    done = await collect(Played(said("a b c")), ASK, show, every_s=0)
    assert shown == ["a", "ab", "abc"]
    assert (done.text, done.stop) == ("abc", Stop.END)


async def test_the_first_piece_is_shown_at_once_and_the_rest_at_most_so_often() -> None:
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    done = await collect(Played(said("a b c d e")), ASK, show, every_s=60)
    assert shown == ["a"]
    assert done.text == "abcde"


async def test_a_paused_turn_goes_on_and_reads_as_one_answer() -> None:
    model = Played(said("a b", Stop.PAUSE), said("c d"))
    shown: list[str] = []

    async def show(text: str) -> None:
        shown.append(text)

    tally = Tally()
    done = await collect(model, ASK, show, tally=tally, every_s=0)
    assert (done.text, done.stop, done.latency_ms) == ("abcd", Stop.END, 14)
    assert shown[-1] == "abcd"
    assert done.usage == tally.usage == Usage(input_tokens=20, output_tokens=10)
    resumed = model.prompts[1].turns
    assert resumed[1] == Turn("assistant", "ab")
    assert resumed[-1].role == "user", "a prefill would be refused"


async def test_pauses_without_end_are_bounded_and_marked_as_cut() -> None:
    model = Played(*(said("a", Stop.PAUSE) for _ in range(9)))
    done = await collect(model, ASK, nowhere)
    assert len(model.prompts) == 1 + MAX_PAUSES
    assert done.stop is Stop.PAUSE
    assert cut_notice(done.stop)


@pytest.mark.parametrize("stop", [Stop.LENGTH, Stop.CONTEXT, Stop.OTHER, Stop.TOOL_USE])
async def test_a_cut_answer_is_returned_and_can_be_told(stop: Stop) -> None:
    done = await collect(Played(said("half", stop)), ASK, nowhere)
    assert (done.text, done.stop) == ("half", stop)
    assert "continue" in cut_notice(stop)


def test_a_whole_answer_needs_no_notice() -> None:
    assert cut_notice(Stop.END) == ""


async def test_a_refusal_is_an_error_that_says_what_to_do_even_after_some_words() -> (
    None
):
    tally = Tally()
    with pytest.raises(ModelRefused) as raised:
        await collect(Played(said("Well", Stop.REFUSAL)), ASK, nowhere, tally=tally)
    assert not raised.value.retryable
    assert "Reword" in raised.value.hint
    assert tally.usage.output_tokens == 5, "a refusal is paid for as well"


@pytest.mark.parametrize("blank", ["", "\n\n"])
async def test_an_empty_answer_is_a_failure_that_carries_its_cost(blank: str) -> None:
    with pytest.raises(ModelFailed, match="answered nothing") as raised:
        await collect(Played(said(blank)), ASK, nowhere)
    assert raised.value.usage == Usage(input_tokens=10, output_tokens=5)


async def test_an_answer_thought_away_is_not_asked_for_again() -> None:
    with pytest.raises(ModelRejected, match="ran out of room"):
        await collect(Played(said("", Stop.LENGTH)), ASK, nowhere)


async def test_a_stream_without_a_completion_is_a_failure() -> None:
    model = Played([Spent(Usage(input_tokens=10)), Delta("abc")])
    with pytest.raises(ModelFailed) as raised:
        await collect(model, ASK, nowhere)
    assert raised.value.usage == Usage(input_tokens=10, output_tokens=1)


async def test_a_failure_after_a_pause_carries_both_calls_cost() -> None:
    lost = ModelFailed("Cut.", usage=Usage(input_tokens=11, output_tokens=2))
    tally = Tally()
    with pytest.raises(ModelFailed) as raised:
        await collect(Played(said("a", Stop.PAUSE), [lost]), ASK, nowhere, tally=tally)
    both = Usage(input_tokens=21, output_tokens=7)
    assert raised.value.usage == tally.usage == both


async def test_what_show_raises_ends_the_call_and_closes_it() -> None:
    class LeaseLost(Exception):
        pass

    async def show(_: str) -> None:
        raise LeaseLost

    model, tally = Played(said("a b c")), Tally()
    with pytest.raises(LeaseLost):
        await collect(model, ASK, show, tally=tally)
    assert model.closed == 1
    assert tally.usage.input_tokens == 10


async def test_a_cancelled_answer_leaves_the_wire_and_its_cost_in_the_tally(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply("word " * 50, hang_after=10))
    tally, shown = Tally(), asyncio.Event()

    async def show(text: str) -> None:
        shown.set()

    task = asyncio.create_task(collect(claude, ASK, show, tally=tally))
    await shown.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: api.disconnects == 1)
    assert tally.usage.input_tokens == api.requests[0].counts.total
    assert tally.usage.output_tokens > 0


async def test_the_provider_s_final_count_beats_our_estimate(
    api: AnthropicStandIn, claude: Claude
) -> None:
    api.script(Reply("word " * 50, output_tokens=777))
    tally = Tally()
    done = await collect(claude, ASK, nowhere, tally=tally)
    assert done.usage.output_tokens == tally.usage.output_tokens == 777
