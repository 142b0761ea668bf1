from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm.port import Block, Prompt, Tier, Turn, Usage
from agent.llm.prices import PriceList, UnknownModel, in_force, most_tokens
from agent.llm.prompt import Task, build
from tests.agent.llm.conftest import MODELS
from tests.standins.anthropic.accounting import tokens

TODAY = in_force(date(2026, 11, 21))
EACH = Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("claude-sonnet-5-5", "18.600000"),
        ("claude-opus-5-5", "37.200000"),
        ("claude-haiku-5-5", "4.675000"),
    ],
)
def test_a_million_of_each_count_costs_the_list_s_sum(model: str, usd: str) -> None:
    assert TODAY.cost_usd("anthropic", model, EACH) == Decimal(usd)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (Usage(input_tokens=100_000), "0.010000"),
        (Usage(input_tokens=100_001), "0.050001"),
        (Usage(input_tokens=1, cache_read_tokens=100_000), "0.005001"),
        (Usage(cache_write_5m_tokens=50_000, cache_write_1h_tokens=50_001), "0.081251"),
        (Usage(input_tokens=100_001, output_tokens=1_000), "0.052501"),
        (Usage(input_tokens=1_000, output_tokens=120_000), "0.060100"),
    ],
)
def test_haiku_costs_five_times_all_over_above_100k_prompt_tokens(
    usage: Usage, usd: str
) -> None:
    assert TODAY.cost_usd("anthropic", "claude-haiku-5-5", usage) == Decimal(usd)


@pytest.mark.parametrize(
    ("output_tokens", "usd"), [(1, "0.000001"), (4, "0.000002"), (5, "0.000003")]
)
def test_half_a_millionth_is_rounded_up(output_tokens: int, usd: str) -> None:
    usage = Usage(output_tokens=output_tokens)
    assert TODAY.cost_usd("anthropic", "claude-haiku-5-5", usage) == Decimal(usd)


def test_a_rehearsal_costs_nothing() -> None:
    assert TODAY.cost_usd("rehearsal", "rehearsal", EACH) == 0
    prompt = build(Task("Write."))
    assert TODAY.ceiling_usd("rehearsal", "rehearsal", prompt) == 0


def test_an_unknown_model_is_refused_at_boot_by_name_with_what_to_set() -> None:
    TODAY.check("anthropic", MODELS.values())
    with pytest.raises(UnknownModel) as raised:
        TODAY.check("anthropic", ["claude-sonnet-5-5", "claude-sonet-5-5"])
    assert '"claude-sonet-5-5"' in raised.value.message
    assert "MODEL_BALANCED" in raised.value.hint
    assert "claude-sonnet-5-5" in raised.value.hint
    assert not raised.value.retryable


def test_a_price_is_of_one_provider() -> None:
    with pytest.raises(UnknownModel):
        TODAY.cost_usd("rehearsal", "claude-sonnet-5-5", EACH)


def test_the_newest_list_not_after_the_day_is_in_force() -> None:
    assert TODAY.version == "2026-11-21"
    assert in_force(date(2026, 11, 20)).version == "2026-11-01"
    assert in_force(date(2026, 11, 1)).version == "2026-11-01"
    assert in_force(date(2020, 1, 1)).version == "2026-11-01", "the oldest we have"


def test_every_listed_model_is_one_the_sdk_knows() -> None:
    from anthropic.types import Model  # noqa: PLC0415 - a second; here alone

    known = str(Model)
    listed = [name for owner, name in TODAY.models if owner == "anthropic"]
    assert listed
    assert all(f"'{name}'" in known for name in listed)


def test_reading_and_long_prompts_never_cost_less_than_nothing() -> None:
    for price in TODAY.models.values():
        assert price.cache_read <= price.input <= price.cache_write_5m
        assert price.cache_write_5m <= price.cache_write_1h
        assert price.long_factor >= 1


@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=8)
)
def test_no_prompt_counts_more_tokens_than_its_ceiling(texts: list[str]) -> None:
    turns = tuple(Turn("user", text) for text in texts)
    prompt = Prompt(Tier.FAST, (Block("system"),), turns)
    counted = sum(tokens(text) + 3 for text in ["system", *texts])
    assert counted <= most_tokens(prompt)


@pytest.mark.parametrize("model", MODELS.values())
def test_the_ceiling_covers_a_call_that_writes_all_and_says_all(model: str) -> None:
    prompt = build(
        Task("Write for clinics.", instructions="Be kind. " * 500, max_tokens=4000)
    )
    size = sum(tokens(block.text) for block in prompt.system) + 100
    worst = Usage(cache_write_5m_tokens=size, output_tokens=4000)
    ceiling = TODAY.ceiling_usd("anthropic", model, prompt)
    assert TODAY.cost_usd("anthropic", model, worst) <= ceiling


def test_a_prompt_without_marks_is_reserved_at_the_plain_price() -> None:
    price = PriceList("t", TODAY.models)
    plain = Prompt(Tier.BALANCED, (), (Turn("user", "x" * 100_000),), max_tokens=0)
    marked = Prompt(
        Tier.BALANCED, (), (Turn("user", "x" * 100_000, cache=True),), max_tokens=0
    )
    model = ("anthropic", "claude-sonnet-5-5")
    assert price.ceiling_usd(*model, plain) == Decimal("0.200064")
    assert price.ceiling_usd(*model, marked) == Decimal("0.250080")
