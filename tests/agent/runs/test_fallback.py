"""When a model fails another one answers: once, paid for, and people are told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from agent.billing.budgets import Budgets
from agent.catalog import model_queries
from agent.catalog.scope import Scope
from agent.ctx import Caller
from agent.errors import OverBudget
from agent.gate import invoke
from agent.llm.breaker import Rule
from agent.llm.port import ModelFailed, ModelRejected
from agent.runs import writing
from agent.runs.calls import Bench, Job
from agent.runs.operations import cancel_run, start_run
from agent.runs.tries import OwnKeyRefused, Skipped
from agent.vault import connections
from agent.vault.connections import Entry
from bot.ports import TimeOrderedIds
from bot.render import stood_in
from tests.agent.runs.voices import (
    GPT,
    HAIKU,
    SONNET,
    Desk,
    bench,
    busy,
    cost,
    limited,
    no_credit,
    not_good,
)
from tests.agent.world import AS_ANA, AS_BOB, World, asked
from tests.db.asking import one, run

LEDGER = """
    SELECT call_key, provider || '/' || model AS model, cost_usd, status, is_fallback
    FROM usage_records ORDER BY id
"""
ONCE = Rule(failures=1, cool=timedelta(seconds=60))


@pytest.fixture
async def ana(world: World) -> Caller:
    return await world.settled(AS_ANA)


@pytest.fixture
async def job(world: World, ana: Caller) -> AsyncIterator[Job]:
    asked_by_ana = await started(world, ana)
    # A run without a skill is answered by the fast tier; here it is a balanced one.
    await choose(world, "", "balanced")
    yield asked_by_ana
    held = "SELECT coalesce(sum(reserved_usd), 0) FROM budget_periods"
    assert await one(world.owner, held) == 0, "money is still held"
    spent = "SELECT max(spent_usd) FROM budget_periods WHERE user_id IS NULL"
    ledger = "SELECT coalesce(sum(cost_usd), 0) FROM usage_records"
    assert (await one(world.owner, spent) or 0) == await one(world.owner, ledger)


async def started(world: World, who: Caller) -> Job:
    origin = asked(who, f"inbox:{who.user_id}", "write about tea")
    async with world.ctx(who, origin) as ctx:
        run_id = (await invoke(start_run, ctx, {"brief": "write about tea"})).run_id
    return Job(run_id, 1, who)


async def choose(world: World, model: str, tier: str) -> None:
    async with world.tenant(AS_ANA) as session:
        await model_queries.choose(session, AS_ANA.workspace_id, Scope(), model, tier)


async def own_key(world: World, provider: str) -> None:
    entry = Entry(
        TimeOrderedIds().new(),
        AS_ANA.workspace_id,
        provider,
        "llm",
        AS_ANA.user_id,
    )
    async with world.house.as_role("vault") as session:
        await connections.put(session, world.house.key, entry, "our-own-key")


async def text_of(world: World, at: Bench, job: Job) -> str:
    written = await writing.write(at, job)
    return world.files.kept[written.draft_key].decode()


async def test_the_second_model_answers_before_a_word_of_the_first_is_shown(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    desk.tell(GPT, "Tea is good")
    at = bench(world, desk, fallback=GPT)
    assert await text_of(world, at, job) == "Tea is good"
    rows = await run(world.owner, LEDGER)
    key = f"{job.run_id}:1:write:1"
    assert [tuple(row) for row in rows] == [
        (key, str(SONNET), Decimal(0), "error", False),
        (f"{key}:fallback", str(GPT), cost(GPT), "ok", True),
    ]
    [kept] = await run(world.owner, "SELECT * FROM runs")
    assert (kept.provider, kept.model, kept.fallback_from) == (
        "openai",
        "gpt-5-mini",
        str(SONNET),
    )
    [step] = await run(world.owner, "SELECT status, input FROM run_steps")
    assert step.status == "completed"
    assert step.input == {
        "fallback_from": str(SONNET),
        "because": "The model is overloaded.",
    }
    assert stood_in(kept.fallback_from, kept.model) == (
        "Claude Sonnet 5.5 is failing; GPT 5 Mini wrote this."
    )


async def test_a_model_that_broke_off_after_words_were_shown_is_not_replaced(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, ("Te", busy))
    at = bench(world, desk, fallback=GPT)
    with pytest.raises(ModelFailed, match="overloaded"):
        await writing.write(at, job)
    assert desk.refs == [str(SONNET)]


async def test_what_the_provider_refuses_is_not_asked_of_another(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, not_good)
    with pytest.raises(ModelRejected, match="refused the request"):
        await writing.write(bench(world, desk, fallback=GPT), job)
    assert desk.refs == [str(SONNET)]


async def test_when_both_fail_the_step_fails_and_nothing_is_charged(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    desk.tell(GPT, busy)
    with pytest.raises(ModelFailed):
        await writing.write(bench(world, desk, fallback=GPT), job)
    [step] = await run(world.owner, "SELECT status, error_message FROM run_steps")
    assert tuple(step) == ("failed", "The model is overloaded.")
    assert await one(world.owner, "SELECT sum(cost_usd) FROM usage_records") == 0


async def test_nobody_stands_in_where_the_run_was_stopped_meanwhile(
    world: World, ana: Caller, job: Job
) -> None:
    desk = Desk()

    async def stop() -> None:
        async with world.ctx(ana) as ctx:
            await invoke(cancel_run, ctx, {"run_id": str(job.run_id)})

    desk.meanwhile = stop
    desk.tell(SONNET, busy)
    desk.tell(GPT, "Tea is good")
    with pytest.raises(ModelFailed):
        await writing.write(bench(world, desk, fallback=GPT), job)
    assert [row.status for row in await run(world.owner, LEDGER)] == ["error"]


async def test_nobody_stands_in_unless_somebody_is_named(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    with pytest.raises(ModelFailed):
        await writing.write(bench(world, desk), job)
    assert desk.refs == [str(SONNET)]


async def test_a_workspace_s_own_fallback_beats_the_installation_s(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    async with world.tenant(AS_ANA) as session:
        patch = {"fallback": str(HAIKU)}
        await model_queries.set_settings(session, AS_ANA.workspace_id, patch)
    await writing.write(bench(world, desk, fallback=GPT), job)
    assert desk.refs == [str(SONNET), str(HAIKU)]


async def test_one_that_would_cost_more_than_is_left_does_not_stand_in(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(HAIKU, busy)
    await choose(world, str(HAIKU), "")
    # The dear one needs far more for the same prompt.
    poor = Budgets(day_usd=Decimal("0.02"), month_usd=Decimal(9))
    with pytest.raises(ModelFailed, match="overloaded"):
        await writing.write(bench(world, desk, fallback=SONNET, budgets=poor), job)
    assert desk.refs == [str(HAIKU)]


async def test_a_failing_model_is_left_alone_by_everybody_and_tried_again_by_one(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    at = bench(world, desk, fallback=GPT, rule=ONCE)
    await writing.write(at, job)
    assert desk.refs == [str(SONNET), str(GPT)]
    other = bench(world, desk, fallback=GPT, rule=ONCE)  # as another process
    await writing.write(other, Job(job.run_id, 1, job.caller, "write-2"))
    assert desk.refs[2:] == [str(GPT)], "not asked while its circuit is open"
    await run(world.owner, "UPDATE throttles SET expires_at = now() - '1s'::interval")
    await writing.write(other, Job(job.run_id, 1, job.caller, "write-3"))
    assert desk.refs[3:] == [str(SONNET)]
    state = "SELECT state FROM throttles WHERE kind = 'circuit'"
    assert await one(world.owner, state) == "closed"
    told = await run(
        world.owner,
        "SELECT after ->> 'state' AS state FROM events "
        "WHERE type = 'circuit.changed' ORDER BY version",
    )
    assert [row.state for row in told] == ["open", "half_open", "closed"]
    assert await one(world.owner, "SELECT fallback_from FROM runs") is None


async def test_with_nobody_in_its_place_an_open_circuit_says_when_to_try_again(
    world: World, job: Job
) -> None:
    desk = Desk()
    desk.tell(SONNET, busy)
    at = bench(world, desk, rule=ONCE)
    with pytest.raises(ModelFailed):
        await writing.write(at, job)
    with pytest.raises(Skipped, match=r"Claude Sonnet 5\.5 is failing") as skipped:
        await writing.write(at, job)
    assert 55 < (skipped.value.retry_after_s or 0) <= 72
    assert desk.refs == [str(SONNET)]
    assert await one(world.owner, "SELECT count(*) FROM usage_records") == 1


async def test_a_rate_limit_of_one_key_opens_no_circuit(world: World, job: Job) -> None:
    desk = Desk()
    desk.tell(SONNET, limited)
    await writing.write(bench(world, desk, fallback=GPT, rule=ONCE), job)
    assert desk.refs == [str(SONNET), str(GPT)]
    assert await run(world.owner, "SELECT * FROM throttles") == []


async def test_the_workspace_s_own_key_pays_where_there_is_one(
    world: World, job: Job
) -> None:
    desk = Desk()
    await own_key(world, "anthropic")
    await writing.write(bench(world, desk), job)
    assert desk.asked == [(str(SONNET), "our-own-key")]


async def test_an_own_key_without_credit_is_named_and_nobody_else_pays(
    world: World, job: Job
) -> None:
    desk = Desk()
    await own_key(world, "anthropic")
    desk.tell(SONNET, no_credit)
    at = bench(world, desk, fallback=GPT, rule=ONCE)
    with pytest.raises(OwnKeyRefused, match="own key for anthropic was refused"):
        await writing.write(at, job)
    assert desk.asked == [(str(SONNET), "our-own-key")]
    assert await run(world.owner, "SELECT * FROM throttles") == []


async def test_admins_are_told_once_of_a_key_that_fails_in_anothers_run(
    world: World, job: Job
) -> None:
    desk = Desk()
    await own_key(world, "anthropic")
    at = bench(world, desk, rule=ONCE)
    alerts = "SELECT payload ->> 'text' AS said FROM deliveries WHERE purpose = 'alert'"

    async def told_after(one_job: Job) -> list[str]:
        desk.tell(SONNET, no_credit)
        with pytest.raises(OwnKeyRefused):
            await writing.write(at, one_job)
        return [row.said for row in await run(world.owner, alerts)]

    assert await told_after(job) == [], "her own run tells her"
    of_bob = await started(world, await world.settled(AS_BOB, "2"))
    [said] = await told_after(of_bob)
    assert "own key for anthropic was refused" in said
    assert await told_after(of_bob) == [said], "told once"


async def test_the_installation_pays_only_where_the_workspace_said_so(
    world: World, job: Job
) -> None:
    desk = Desk()
    await own_key(world, "anthropic")
    desk.tell(SONNET, no_credit)
    async with world.tenant(AS_ANA) as session:
        patch = {"house_key": True}
        await model_queries.set_settings(session, AS_ANA.workspace_id, patch)
    await writing.write(bench(world, desk), job)
    assert desk.asked == [
        (str(SONNET), "our-own-key"),
        (str(SONNET), "house-anthropic"),
    ]
    [kept] = await run(world.owner, "SELECT model, fallback_from FROM runs")
    assert "own key was refused" in stood_in(kept.fallback_from, kept.model)


async def test_over_budget_a_cheaper_model_that_fits_is_named(
    world: World, job: Job
) -> None:
    poor = Budgets(day_usd=Decimal("0.05"), month_usd=Decimal(9))
    with pytest.raises(OverBudget) as refused:
        await writing.write(bench(world, Desk(), budgets=poor), job)
    assert refused.value.cheaper == str(HAIKU)
    assert 0 < refused.value.cheaper_usd <= Decimal("0.05") < refused.value.needs_usd
