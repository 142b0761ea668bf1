"""What an operator's tools see of a piece of work: a trace, metrics, and no words."""

import asyncio
import logging
import re
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.settings import Otel
from tests.scenarios.house import House, Opens, _free_port
from tests.standins.anthropic import Fault, Reply
from tests.standins.otlp import Collector

CANARY = "xyzzy-canary"
ASK = f"write homepage copy for {CANARY}, a payroll tool for clinics"


def otel(collector: Collector, **given: Any) -> Otel:
    return Otel(_env_file=None, exporter_otlp_endpoint=collector.url, **given)


async def works(house: House) -> str:
    """Somebody gets a piece, after the model failed once; the run's id."""
    ana = await house.member("telegram")
    house.claude.script(
        Fault(529, "overloaded_error"), Reply(f"# {CANARY}\n\nPay on time.")
    )
    await ana.writes(ASK)
    await ana.sees("Pay on time", buttons=("1", "5"))
    await house.rests()
    return str((await house.run()).id)


async def scraped(port: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float],
    name: str,
    **labels: str,
) -> float:
    return samples[name, tuple(sorted(labels.items()))]


async def test_a_piece_of_work_is_counted_and_nothing_of_it_is_named(
    opens: Opens,
) -> None:
    port = _free_port()
    async with opens(metrics_port=port) as house:
        run_id = await works(house)
        found = await scraped(port)
        ran = {"function": "draper-run-skill"}
        count = "draper_durable_runs_started_total"
        assert value(found, count, **ran) == 1
        ended = "draper_durable_runs_ended_total"
        assert value(found, ended, status="completed", **ran) == 1
        assert value(found, "draper_durable_retries_total", **ran) == 1
        calls = "draper_durable_call_seconds_count"
        assert value(found, calls, outcome="done", **ran) == 1
        model = {"provider": "anthropic", "model": "claude-sonnet-5-5"}
        asked = "draper_model_calls_total"
        assert value(found, asked, outcome="end", **model) == 1
        assert value(found, asked, outcome="failed", **model) == 1
        assert value(found, "draper_model_tokens_total", kind="output", **model) > 0
        assert value(found, "draper_model_cost_usd_total", **model) > 0
        sent = "draper_sendings_total"
        assert value(found, sent, channel="telegram", state="sent") >= 2
        assert value(found, "draper_waiting", what="durable_runs") == 0
        assert value(found, "draper_deliveries", state="ambiguous") == 0
        assert value(found, "draper_oldest_due_seconds", what="inbox") == 0
        assert value(found, "draper_database_up") == 1
        labels = str(found)
        assert CANARY not in labels
        assert run_id not in labels
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", labels)


async def test_what_waits_is_in_the_numbers(opens: Opens) -> None:
    port = _free_port()
    async with opens(metrics_port=port) as house:
        ana = await house.member("telegram")
        house.claude.script(Reply("Slow. " * 40, pace_s=0.2))
        await ana.writes(ASK)
        await ana.sees("Slow")
        found = await scraped(port)
        assert value(found, "draper_runs", status="running") == 1
        assert value(found, "draper_waiting", what="durable_runs") == 1
        assert value(found, "draper_waiting", what="durable_held") == 1
        await ana.presses("Stop")
        await ana.sees("Stopped")
        await house.rests()


async def test_a_run_is_one_trace_under_its_own_id_from_message_to_reply(
    opens: Opens,
) -> None:
    with Collector(token="a b") as collector:
        shown = SecretStr("x-token=a%20b")
        async with opens(otel=otel(collector, exporter_otlp_headers=shown)) as house:
            run_id = await works(house)
        spans = collector.of(run_id.replace("-", ""))
        assert collector.refused == 0
    root, durable = spans["message"], spans["run draper-run-skill"]
    assert root.parent_id == ""
    assert durable.parent_id == root.span_id
    written = spans["step write"]
    assert written.parent_id == durable.span_id
    assert (written.attributes["draper.step"], written.failed) == ("write", False)
    assert spans["step deliver"].parent_id == durable.span_id
    chat = spans["chat claude-sonnet-5-5"]
    assert chat.parent_id == written.span_id
    assert chat.attributes["gen_ai.provider.name"] == "anthropic"
    assert chat.attributes["gen_ai.response.finish_reasons"] == ["end"]
    assert chat.attributes["gen_ai.usage.output_tokens"] > 0
    assert chat.attributes["draper.cost_usd"] > 0
    for name in ("send telegram", "edit telegram"):
        assert spans[name].parent_id == root.span_id
    assert durable.seconds >= written.seconds
    assert root.resource["service.name"] == "draper"


async def test_a_failed_try_is_in_the_trace_by_the_name_of_its_error(
    opens: Opens,
) -> None:
    with Collector() as collector:
        async with opens(otel=otel(collector)) as house:
            run_id = await works(house)
        failed = [
            span
            for span in collector.spans
            if span.trace_id == run_id.replace("-", "") and span.failed
        ]
    assert {span.attributes.get("error.type") for span in failed} >= {"Told"}
    assert any(span.name.startswith("chat ") for span in failed)


async def test_nothing_that_people_wrote_is_in_a_trace(opens: Opens) -> None:
    with Collector() as collector:
        async with opens(otel=otel(collector)) as house:
            await works(house)
        sent = b"".join(collector.bodies)
    assert collector.spans
    for word in (CANARY, "payroll", "Pay on time", "Somebody", "sk-ant"):
        assert word.encode() not in sent


async def test_a_retry_is_in_the_same_trace(opens: Opens) -> None:
    with Collector() as collector:
        async with opens(otel=otel(collector)) as house:
            ana = await house.member("telegram")
            house.claude.script(Fault(400, "invalid_request_error"))
            await ana.writes(ASK)
            await ana.sees(buttons=("Try again",))
            house.claude.script(Reply("Pay on time."))
            await ana.presses("Try again")
            await ana.sees("Pay on time", buttons=("1", "5"))
            await house.rests()
            run_id = str((await house.run()).id)
        trace = run_id.replace("-", "")
        names = [span.name for span in collector.spans if span.trace_id == trace]
    assert names.count("message") == names.count("retry") == 1
    assert names.count("run draper-run-skill") == 2


async def test_a_collector_that_is_away_costs_nobody_anything(
    opens: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    away = Otel(_env_file=None, exporter_otlp_endpoint="http://127.0.0.1:1")
    with caplog.at_level(logging.CRITICAL):
        async with opens(otel=away) as house:
            began = asyncio.get_running_loop().time()
            await works(house)
            assert asyncio.get_running_loop().time() - began < 10


async def test_healthz_says_what_the_watchdog_found(opens: Opens) -> None:
    async with opens() as house:
        run_id = await works(house)
        await house.rows("ALTER TABLE runs DISABLE TRIGGER touch_updated_at")
        await house.rows(
            "UPDATE runs SET status = 'running', attempt = 9,"
            " updated_at = now() - interval '2 hours'"
        )
        await house.rows(
            "UPDATE engine.crons SET next_at = now() WHERE function_id = :id",
            id="draper-watchdog",
        )
        await house.rows("SELECT pg_notify('engine', 'events')")

        again = "SELECT count(*) FROM engine.events WHERE id = :id"
        async with asyncio.timeout(10):
            while not await house.asks(again, id=f"{run_id}:9"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        async with httpx.AsyncClient() as client:
            said = await client.get(f"{house.url}/healthz")
        assert said.status_code == 200
        assert "stuck: " in said.text
        await house.rests()
        assert (await house.run()).status == "completed"
