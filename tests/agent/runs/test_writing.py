"""Writing: paid once, stopped at once, and honest about what a failure cost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from agent.billing.budgets import Budgets
from agent.ctx import Caller
from agent.errors import OverBudget
from agent.gate import invoke
from agent.llm.port import (
    Completion,
    Delta,
    ModelFailed,
    Prompt,
    Spent,
    Stop,
    ToolUse,
    Usage,
)
from agent.runs import pause_queries, writing
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.operations import cancel_run, retry_run, start_run
from agent.runs.pause_operations import answer_run
from agent.runs.pause_queries import Pause
from tests.agent.llm.fakes import Played, Step, said
from tests.agent.world import AS_ANA, World, asked
from tests.db.asking import one, run
from tests.fakes.lent import Lent
from tests.fakes.ports import Files, Still


class Flat:
    """A cent a token written; a call may cost a dollar."""

    version = "flat"

    def ceiling_usd(self, provider: str, model: str, prompt: Prompt) -> Decimal:
        return Decimal(1)

    def cost_usd(self, provider: str, model: str, usage: Usage) -> Decimal:
        return Decimal(usage.output_tokens) / 100


def bench(world: World, model: Played, budgets: Budgets | None = None) -> Bench:
    return Bench(
        open=world.tenant,
        model=model,
        prices=Flat(),
        budgets=budgets or world.budgets,
        objects=world.files,
        clock=Still(),
    )


@pytest.fixture
async def ana(world: World) -> Caller:
    return await world.settled(AS_ANA)


@pytest.fixture
async def job(world: World, ana: Caller) -> AsyncIterator[Job]:
    async with world.ctx(ana, asked(ana, "inbox:1", "write about tea")) as ctx:
        started = await invoke(start_run, ctx, {"brief": "write about tea"})
    yield Job(started.run_id, 1, ana)
    held = "SELECT sum(reserved_usd) FROM budget_periods"
    assert not await one(world.owner, held), "money is still held"
    ledger = "SELECT coalesce(sum(cost_usd), 0) FROM usage_records"
    booked = await one(world.owner, ledger)
    assert await one(world.owner, "SELECT sum(cost_usd) FROM runs") == booked


async def test_a_piece_is_written_kept_and_paid_for(world: World, job: Job) -> None:
    model = Played(said("Tea is good"))
    written = await writing.write(bench(world, model), job)
    assert world.files.kept[written.draft_key] == b"Teaisgood"
    assert "write about tea" in model.prompts[0].turns[-1].text
    [row] = await run(
        world.owner, "SELECT call_key, cost_usd, status FROM usage_records"
    )
    assert tuple(row) == (f"{job.run_id}:1:write:1", Decimal("0.05"), "ok")


async def test_done_twice_it_is_written_and_paid_for_once(
    world: World, job: Job
) -> None:
    model = Played(said("Tea"))
    first = await writing.write(bench(world, model), job)
    assert await writing.write(bench(world, model), job) == first
    assert await one(world.owner, "SELECT count(*) FROM usage_records") == 1


class Unhurried(Files):
    """A store that nobody may wait for with a transaction open."""

    def __init__(self, files: Files, lent: Lent) -> None:
        super().__init__(files.kept)
        self.lent = lent

    async def get(self, key: str) -> bytes:
        assert not self.lent.to_me, key
        return await super().get(key)


async def test_what_did_not_fit_is_looked_at_again_with_no_transaction_open(
    world: World, job: Job
) -> None:
    at = bench(world, Played(said("Tea"), said("Cup")))
    first = await writing.write(at, job)
    fault = """UPDATE run_steps SET output = output || '{"faults": ["no title"]}'"""
    await run(world.owner, fault)
    at = replace(at, objects=Unhurried(world.files, Lent(world.app)))
    mended = await writing.write(at, job)
    assert (mended.faults, mended.draft_key != first.draft_key) == ((), True)


async def test_a_failure_books_what_it_cost_and_the_next_try_is_another_call(
    world: World, job: Job
) -> None:
    broken: list[Step] = [
        Spent(Usage(output_tokens=3)),
        Delta("T"),
        ModelFailed("Busy."),
    ]
    model = Played(broken, said("Tea"))
    with pytest.raises(ModelFailed):
        await writing.write(bench(world, model), job)
    [step] = await run(world.owner, "SELECT status, error_message FROM run_steps")
    assert tuple(step) == ("failed", "Busy.")
    await writing.write(bench(world, model), job)
    rows = await run(
        world.owner, "SELECT call_key, cost_usd, status FROM usage_records ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        (f"{job.run_id}:1:write:1", Decimal("0.03"), "error"),
        (f"{job.run_id}:1:write:2", Decimal("0.05"), "ok"),
    ]


async def test_a_stopped_run_is_not_begun(world: World, ana: Caller, job: Job) -> None:
    await world.call(cancel_run, ana, run_id=job.run_id)
    model = Played(said("Tea"))
    with pytest.raises(Cancelled):
        await writing.write(bench(world, model), job)
    assert model.prompts == []


async def test_an_attempt_that_was_retried_since_writes_no_more(
    world: World, ana: Caller, job: Job
) -> None:
    await world.call(cancel_run, ana, run_id=job.run_id)
    await world.call(retry_run, ana, run_id=job.run_id)
    with pytest.raises(Cancelled):
        await writing.write(bench(world, Played(said("Tea"))), job)
    second = Job(job.run_id, 2, ana)
    await writing.write(bench(world, Played(said("Tea"))), second)
    assert second.draft_key in world.files.kept


async def test_what_may_cost_too_much_is_not_asked(world: World, job: Job) -> None:
    poor = Budgets(day_usd=Decimal("0.99"), month_usd=Decimal(9))
    model = Played(said("Tea"))
    with pytest.raises(OverBudget, match=r"Needs about \$1\.00"):
        await writing.write(bench(world, model, poor), job)
    assert model.prompts == []
    assert await run(world.owner, "SELECT * FROM run_steps") == []


def questioning() -> list[Step]:
    """A call that asks instead of writing."""
    given = {"question": "Which tone?", "choices": [], "default": "plain"}
    use = ToolUse("1", "ask_person", given)
    spent = Usage(input_tokens=10, output_tokens=4)
    done = Completion("", spent, Stop.TOOL_USE, "played", "played", 7)
    return [Spent(spent), replace(done, tool_uses=(use,))]


async def test_a_question_is_paid_for_and_its_answer_is_told_in_a_call_of_its_own(
    world: World, job: Job, ana: Caller
) -> None:
    model = Played(questioning(), said("Tea"))
    asked_first = await writing.write(bench(world, model), job)
    assert asked_first.question is not None
    assert (asked_first.draft_key, world.files.kept) == ("", {})
    at = Pause(job.run_id, 1, "ask-1")
    async with world.tenant(ana) as session:
        await pause_queries.pause(session, at, asked_first.question)
    given = {"run_id": job.run_id, "attempt": 1, "number": 1, "text": "warm"}
    await world.call(answer_run, ana, **given)
    second = replace(job, step="write-2")
    written = await writing.write(bench(world, model), second)
    assert world.files.kept[written.draft_key] == b"Tea"
    brief, question, answer = model.prompts[1].turns[-3:]
    assert brief == model.prompts[0].turns[-1]
    assert (question.role, question.text) == ("assistant", "Which tone?")
    assert (answer.role, answer.text) == ("user", "warm")
    calls = await run(world.owner, "SELECT call_key FROM usage_records ORDER BY id")
    assert [row.call_key for row in calls] == [
        f"{job.run_id}:1:write:1",
        f"{job.run_id}:1:write-2:1",
    ]
    steps = await run(world.owner, "SELECT name FROM run_steps ORDER BY position")
    assert [row.name for row in steps] == ["write", "ask-1", "write-2"]
    assert await writing.write(bench(world, model), job) == asked_first


async def test_a_draft_sent_back_is_told_whole_with_what_to_change(
    world: World, job: Job, ana: Caller
) -> None:
    model = Played(said("Long tea"), said("Tea"))
    first = await writing.write(bench(world, model), job)
    at = Pause(job.run_id, 1, "approve-1")
    came = {"decision": "revise", "feedback": "shorter"}
    async with world.tenant(ana) as session:
        await pause_queries.pause(session, at, {"draft_key": first.draft_key})
        await pause_queries.resume(session, at, came)
    await writing.write(bench(world, model), replace(job, step="write-2"))
    draft, wish = model.prompts[1].turns[-2:]
    assert (draft.role, draft.text) == ("assistant", "Longtea")
    assert wish.text == "Write it again, whole, with this change: shorter"
    assert len(world.files.kept) == 2, "the first version is still there"


def test_a_call_s_key_tells_run_attempt_and_step() -> None:
    job = Job(UUID(int=1), 2, AS_ANA)
    assert job.call_prefix == f"{UUID(int=1)}:2:write:"
    assert job.draft_key == f"drafts/{AS_ANA.workspace_id}/{UUID(int=1)}/2/write.md"
