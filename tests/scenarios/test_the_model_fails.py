"""Overloaded, cut off, silent, refusing: what the person sees, and what is paid."""

import sys
from typing import Any

import pytest
from pydantic import SecretStr

from tests.scenarios.house import House, Opens, Outside, anthropic_settings
from tests.scenarios.test_stopping import money
from tests.standins.anthropic import Fault, Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
ATTEMPTS = 4
LONG = " ".join(f"word{n}" for n in range(80))


async def spent(house: House) -> Any:
    return await money(house, (await house.run()).id)


async def test_an_overloaded_model_is_asked_again(house: House) -> None:
    ana = await house.member("web")
    house.claude.script(Fault.overloaded(), Fault.overloaded())
    await ana.writes(ASK)
    await ana.sees("You asked for", "Acme", buttons=("5",))
    await house.rests()
    assert len(ana.chat()) == 1
    assert house.claude.calls == 3
    book = await spent(house)
    assert (book.calls, book.reserved, book.held) == (3, 0, 0)


async def test_overloaded_for_ever_it_says_so_and_can_be_tried_again(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    house.claude.script(*[Fault.overloaded()] * ATTEMPTS)
    await ana.writes(ASK)
    failed = await ana.sees("overloaded", "Try again in a few minutes")
    assert failed.buttons == ["Try again"]
    await house.rests()
    run = await house.run()
    assert (run.status, house.claude.calls) == ("failed", ATTEMPTS)
    assert (await spent(house)).reserved == 0
    await ana.presses("Try again", failed)
    await ana.sees("You asked for", "Acme", buttons=("5",))
    await house.rests()
    assert (await house.run()).attempt == 2
    assert len(ana.chat()) == 1


async def test_a_rate_limit_is_waited_for_as_long_as_asked(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(Fault.rate_limited("1"))
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    first, second = house.claude.requests[-2:]
    assert (first.status, second.status) == (429, 200)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(401, "authentication_error", "invalid x-api-key"), "ANTHROPIC_API_KEY"),
        (Fault.tier_cap(), "spending limit"),
        (Fault.own_limit(), "spending limit"),
        (Fault(404, "not_found_error", "model: claude-x"), "MODEL_BALANCED"),
        (Reply("", stop="refusal"), "declined to write this"),
    ],
    ids=["key", "tier cap", "own limit", "model", "refusal"],
)
async def test_what_no_retry_helps_is_said_at_once(
    house: House, fault: Fault | Reply, said: str
) -> None:
    ana = await house.member("slack")
    house.claude.script(fault)
    await ana.writes(ASK)
    failed = await ana.sees(said)
    assert failed.buttons == ["Try again"]
    await house.rests()
    assert house.claude.calls == 1
    assert (await house.run()).status == "failed"
    book = await spent(house)
    assert (book.calls, book.reserved, book.held) == (1, 0, 0)
    assert len(ana.chat()) == 1


async def test_a_wrong_key_is_named_with_what_to_do(
    opens: Opens, outside: Outside
) -> None:
    wrong = SecretStr("sk-ant-mistyped")
    async with opens(anthropic=anthropic_settings(outside, api_key=wrong)) as house:
        ana = await house.member("telegram")
        await ana.writes(ASK)
        failed = await ana.sees(
            "does not accept the API key", "Check ANTHROPIC_API_KEY"
        )
        assert "mistyped or revoked" in failed.text
        assert "sk-ant" not in failed.text


async def test_a_stream_cut_in_the_middle_is_written_anew(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(Reply(LONG, cut_after=12))
    await ana.writes(ASK)
    done = await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert not done.has("word0")
    assert len(ana.chat()) == 1
    book = await spent(house)
    assert (book.calls, book.reserved) == (2, 0)
    assert book.written > 0


async def test_an_error_in_the_stream_counts_as_cut(house: House) -> None:
    ana = await house.member("web")
    house.claude.script(Reply(LONG, error_after=8), Reply(LONG, end_after=8))
    await ana.writes(ASK)
    done = await ana.sees("You asked for", buttons=("5",))
    assert not done.has("word0")
    await house.rests()
    assert (await spent(house)).calls == 3


async def test_a_model_that_falls_silent_is_given_up(
    opens: Opens, outside: Outside
) -> None:
    hasty = anthropic_settings(outside, timeout_s=0.3)
    async with opens(anthropic=hasty) as house:
        ana = await house.member("telegram")
        outside.claude.script(Reply(LONG, hang_after=5))
        await ana.writes(ASK)
        await ana.sees("You asked for", buttons=("5",))
        await house.rests()
        assert (await spent(house)).calls == 2


async def test_an_answer_without_a_word_is_asked_for_again(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script("")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))


async def test_never_a_word_ends_in_a_message(house: House) -> None:
    ana = await house.member("telegram")
    house.claude.script(*[Reply("")] * ATTEMPTS)
    await ana.writes(ASK)
    failed = await ana.sees("answered nothing", "say more")
    assert failed.buttons == ["Try again"]
    await house.rests()
    assert (
        await house.rows(
            "SELECT FROM outputs WHERE run_id = :id", id=(await house.run()).id
        )
        == []
    )


async def test_a_piece_that_reached_its_length_says_it_is_cut(
    house: House, door: str
) -> None:
    ana = await house.member(door)
    house.claude.script(Reply(LONG, stop="max_tokens"))
    await ana.writes(ASK)
    done = await ana.sees("word79", "length limit", "continue", buttons=("5",))
    assert done.has("word0")
    await house.rests()
    assert (await house.run()).status == "completed"


async def test_no_budget_no_call(house: House) -> None:
    account = await house.enrol()
    ana = house.stranger("slack")
    await house.introduce(ana, account)
    await house.rows(
        "INSERT INTO billing_accounts (workspace_id, limit_day_usd) VALUES (:id, 0.01)",
        id=account.workspace_id,
    )
    await ana.writes(ASK)
    refused = await ana.sees("Needs about", "$0.01 left today")
    assert refused.buttons[:2] == ["Try again", "Top up"]
    await house.rests()
    assert house.claude.calls == 0
    assert (await spent(house)).reserved == 0


async def test_the_second_piece_reads_its_skill_from_the_cache(house: House) -> None:
    ana = await house.member("telegram")
    for product in ("Acme", "Bolt"):
        await ana.writes(f"write homepage copy for {product}, a tool for clinics")
        await ana.sees("You asked for", product, buttons=("5",))
    await house.rests()
    first, second = (request.counts for request in house.claude.requests)
    assert first.read == 0
    assert second.read > 0
    booked = await house.asks(
        "SELECT cache_read_tokens FROM usage_records ORDER BY id DESC LIMIT 1"
    )
    assert booked == second.read
    share = second.read / second.total
    sys.stdout.write(f"cache-read share of the second piece: {share:.2f}")
    assert share >= 0.85


async def test_what_was_spent_is_on_the_books_to_the_token(house: House) -> None:
    ana = await house.member("slack")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    [used] = await house.rows("SELECT * FROM usage_records ORDER BY id DESC LIMIT 1")
    counts = house.claude.requests[-1].counts
    seen = used.input_tokens + used.cache_read_tokens
    seen += used.cache_write_5m_tokens + used.cache_write_1h_tokens
    assert seen == counts.total
    assert used.cost_usd > 0
    run = await house.run()
    assert run.cost_usd == used.cost_usd
    assert run.tokens_output == used.output_tokens
