"""Runs: asked for once, numbered without gaps, stopped, retried, looked at, rated."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from agent.billing import budgets
from agent.billing.budgets import Call, Spent
from agent.ctx import Caller, Origin, Role
from agent.errors import BadInput, Forbidden
from agent.gate import invoke
from agent.runs import outputs, queries, work_queries
from agent.runs.errors import (
    AlreadyDone,
    NotScored,
    OutputNotFound,
    RunAlive,
    RunEnded,
    RunNotFound,
)
from agent.runs.operations import (
    ALIVE,
    OVER,
    cancel_run,
    list_runs,
    retry_run,
    show_run,
    show_status,
    start_run,
)
from agent.runs.output_operations import explain_score, list_outputs, score_output
from agent.runs.requests import SkillNotFound
from agent.runs.schemas import Started
from agent.runs.sharing_operations import share_run
from tests.agent.billing.spending import TOKENS
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.db.asking import one, run
from tests.seeds import ACME

STATES = ("queued", "running", "completed", "failed", "cancelled", "timeout")


async def start(
    world: World, caller: Caller, key: str = "inbox:1", brief: str = "write an ad"
) -> Started:
    origin = asked(caller, key, brief)
    async with world.ctx(caller, origin) as ctx:
        return await invoke(start_run, ctx, {"brief": brief})


async def put(world: World, run_id: UUID, status: str) -> None:
    await run(
        world.owner,
        "UPDATE runs SET status = :status WHERE id = :id",
        status=status,
        id=run_id,
    )


async def piece(
    world: World, caller: Caller, run_id: UUID, text: str = "# Tea\n\nDrink."
) -> UUID:
    key = await outputs.store(world.files, f"{ACME}/{run_id}/1", text)
    async with world.tenant(caller) as session:
        return (await outputs.record(session, run_id, key, text)).id


async def score(world: World, caller: Caller, output_id: UUID, value: object) -> object:
    return await world.call(score_output, caller, output_id=output_id, score=value)


async def test_a_request_leaves_message_run_label_reply_and_event(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana, brief="my key is sk-" + "a1B2" * 12)
    [row] = await run(
        world.owner,
        """
        SELECT m.content, m.role, m.author_id, r.number, r.kind, r.status, r.metadata,
               l.method, l.labelled_by, d.status AS reply, d.recipient, d.dedupe_key,
               d.payload->>'placeholder' AS placeholder, d.id AS delivery_id,
               m.user_id AS private_m, d.user_id AS private_d, l.user_id AS private_l
        FROM runs r JOIN messages m ON m.id = r.message_id
        JOIN routing_labels l ON l.run_id = r.id JOIN deliveries d ON d.run_id = r.id
        """,
    )
    assert (row.content, row.role) == ("my key is [key removed]", "user")
    assert (row.number, row.kind, row.status) == (1, "chat", "queued")
    assert row.metadata == {"reasons": ["ad"]}
    assert (row.method, row.labelled_by) == ("phrase", "none")
    assert (row.reply, row.recipient) == ("planned", "1/")
    assert row.dedupe_key == "inbox:1:reply"
    assert row.placeholder == "Thinking..."
    assert row.delivery_id == started.delivery_id
    # All of it is hers alone, as the conversation is.
    assert {row.private_m, row.private_d, row.private_l} == {AS_ANA.user_id}
    [(name, data)] = world.outbox.sent.values()
    assert name == "run.requested"
    assert data["run_id"] == str(started.run_id)
    assert data["conversation_id"] == str(ana.conversation_id)


async def test_one_message_is_one_run_however_often_it_is_worked_on(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    await start(world, ana)
    for _ in range(2):
        with pytest.raises(AlreadyDone):
            await start(world, ana)
    results = await asyncio.gather(
        *(start(world, ana, "inbox:2") for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(result, Started) for result in results) == 1
    for table in ("runs", "messages", "deliveries", "routing_labels"):
        assert await one(world.owner, f"SELECT count(*) FROM {table}") == 2  # noqa: S608
    numbers = await run(world.owner, "SELECT number FROM runs ORDER BY number")
    assert [row.number for row in numbers] == [1, 2]


async def test_a_fault_of_ours_is_not_taken_for_a_repeat(world: World) -> None:
    lost = replace(await world.settled(AS_ANA), client_id=UUID(int=404))
    with pytest.raises(IntegrityError):
        await start(world, lost)
    assert await one(world.owner, "SELECT count(*) FROM messages") == 0
    assert world.outbox.sent == {}


async def test_fifty_at_once_are_numbered_without_gaps(world: World) -> None:
    ana = await world.settled(AS_ANA)
    keys = [f"inbox:{number}" for number in range(50)]
    async with asyncio.timeout(30):
        started = await asyncio.gather(*(start(world, ana, key) for key in keys))
    assert sorted(each.number for each in started) == list(range(1, 51))


async def test_there_must_be_something_to_work_on(world: World) -> None:
    ana = await world.settled(AS_ANA)
    with pytest.raises(BadInput, match="nothing to work on"):
        await world.call(start_run, ana)
    with pytest.raises(SkillNotFound, match="no skill called juggling"):
        await world.call(start_run, ana, skill="juggling", brief="x")
    with pytest.raises(BadInput, match="no longer have that message"):
        await world.call(start_run, ana, message_id=UUID(int=404))
    with pytest.raises(Forbidden):
        await world.call(start_run, replace(ana, role=Role.VIEWER), brief="x")


async def test_a_run_may_be_asked_for_where_nobody_waits_in_a_chat(
    world: World,
) -> None:
    started = await world.call(start_run, AS_ANA, brief="write an ad")
    assert (started.number, started.delivery_id) == (1, None)
    assert await run(world.owner, "SELECT * FROM deliveries") == []


async def test_runs_are_found_by_number_or_as_the_latest(world: World) -> None:
    ana = await world.settled(AS_ANA)
    with pytest.raises(RunNotFound, match="nothing of yours"):
        await world.call(show_run, ana)
    first = await start(world, ana, "inbox:1", "first")
    await start(world, ana, "inbox:2", "x" * 200)
    assert (await world.call(show_run, ana)).number == 2
    shown = await world.call(show_run, ana, number="1")
    assert (shown.run_id, shown.asked, shown.status) == (
        first.run_id,
        "first",
        "queued",
    )
    assert shown.reasons == ["ad"]
    with pytest.raises(RunNotFound, match="no run #3"):
        await world.call(show_run, ana, number=3)
    lines = (await world.call(list_runs, ana)).lines
    assert [(line.number, line.asked) for line in lines] == [
        (2, f"{'x' * 79}…"),
        (1, "first"),
    ]


async def test_another_workspace_sees_nothing_of_it(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    made = await piece(world, ana, started.run_id)
    assert (await world.call(list_runs, AS_EVE)).lines == []
    assert (await world.call(list_outputs, AS_EVE)).lines == []
    assert (await world.call(show_status, AS_EVE)).working == []
    for named in ({"run_id": started.run_id}, {"number": 1}):
        with pytest.raises(RunNotFound):
            await world.call(show_run, AS_EVE, **named)
        with pytest.raises(RunNotFound):
            await world.call(cancel_run, AS_EVE, **named)
        with pytest.raises(RunNotFound):
            await world.call(retry_run, AS_EVE, **named)
    with pytest.raises(OutputNotFound):
        await score(world, AS_EVE, made, 1)
    with pytest.raises(OutputNotFound):
        await world.call(explain_score, AS_EVE, output_id=made, reason="no")
    assert await one(world.owner, "SELECT status FROM runs") == "queued"


@pytest.mark.parametrize("state", STATES)
async def test_what_lives_can_be_stopped_and_what_ended_retried(
    world: World, state: str
) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    await put(world, started.run_id, state)
    if state in ALIVE:
        with pytest.raises(RunAlive) as refused:
            await world.call(retry_run, ana, number=1)
        assert refused.value.said == f"Run #1 is {state}. /cancel 1 stops it."
        ended = await world.call(cancel_run, ana, number=1)
        assert ended.status == "cancelled"
        assert f"{started.run_id}:1:cancelled" in world.outbox.sent
        text = await one(world.owner, "SELECT payload->>'text' FROM deliveries")
        assert text.startswith("Stopped.")
    else:
        assert state in OVER
        with pytest.raises(RunEnded):
            await world.call(cancel_run, ana, number=1)
        ended = await world.call(retry_run, ana, number=1)
        assert ended.status == "queued"
        assert f"{started.run_id}:2" in world.outbox.sent
        assert (await world.call(show_run, ana, number=1)).attempt == 2


async def test_cancel_without_a_number_stops_one_s_own_latest(world: World) -> None:
    ana, bob = await world.settled(AS_ANA), await world.settled(AS_BOB, "2")
    mine = await start(world, ana, "inbox:1")
    await start(world, bob, "inbox:2")
    assert (await world.call(cancel_run, ana)).run_id == mine.run_id
    with pytest.raises(RunNotFound):
        await world.call(cancel_run, ana)
    assert (await world.call(retry_run, ana)).run_id == mine.run_id


async def test_a_stop_frees_what_a_call_holds_and_what_it_spent_still_counts(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    run_id = (await start(world, ana)).run_id
    call = Call(ana.workspace_id, ana.user_id, run_id, f"{run_id}:1:write:1")
    async with world.tenant(ana) as session:
        await world.budgets.reserve(session, call, Decimal(1))
    async with world.ctx(ana) as ctx:
        await invoke(cancel_run, ctx, {"run_id": str(run_id)})
    money = "SELECT sum(reserved_usd), max(spent_usd) FROM budget_periods"
    [freed] = await run(world.owner, money)
    assert tuple(freed) == (0, 0)
    spent = Spent("anthropic", "m", TOKENS, Decimal("0.25"), "2026-11")
    async with world.tenant(ana) as session:
        await budgets.settle(session, call, spent)
    [booked] = await run(world.owner, money)
    assert tuple(booked) == (0, Decimal("0.25"))


async def test_of_two_who_end_a_run_at_once_one_does(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)

    async def end(status: str) -> bool:
        async with world.tenant(ana) as session:
            moved = await queries.move(session, started.run_id, status, came_from=ALIVE)
            return moved is not None

    done = await asyncio.gather(*(end(s) for s in ("completed", "cancelled") * 4))
    assert sum(done) == 1


async def test_a_retry_s_time_is_its_own(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    async with world.tenant(ana) as session:
        assert await work_queries.begin(session, started.run_id, "write", 1)
        assert not await work_queries.begin(session, started.run_id, "write", 2)
        await queries.move(session, started.run_id, "failed", came_from=ALIVE)
    await run(world.owner, "UPDATE runs SET started_at = now() - interval '9 days'")
    await world.call(retry_run, ana, number=1)
    async with world.tenant(ana) as session:
        assert await work_queries.begin(session, started.run_id, "write", 2)
        await queries.move(session, started.run_id, "completed", came_from=ALIVE)
    shown = await world.call(show_run, ana)
    assert shown.seconds is not None
    assert shown.seconds < 60


async def test_a_run_costs_what_its_calls_cost(world: World) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    for number, usd in enumerate(("0.000001", "0.123456", "0")):
        call = Call(ACME, ana.user_id, started.run_id, f"{started.run_id}:{number}")
        tokens = dict.fromkeys(
            ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"), 3
        )
        tokens |= {"input_tokens": 10, "output_tokens": 5}
        async with world.tenant(ana) as session:
            await world.budgets.reserve(session, call, Decimal(1))
            await budgets.settle(
                session, call, Spent("anthropic", "m", tokens, Decimal(usd), "v")
            )
            await work_queries.total(session, started.run_id, "anthropic", "m")
    shown = await world.call(show_run, ana)
    booked = await one(world.owner, "SELECT sum(cost_usd) FROM usage_records")
    assert shown.cost_usd == booked == Decimal("0.123457")
    assert shown.tokens == 3 * (10 + 9 + 5)
    status = await world.call(show_status, ana)
    assert status.spent_today_usd == booked
    assert status.left_today_usd == 10 - booked
    assert [line.number for line in status.working] == [1]
    assert status.workspace == "Acme"


async def test_the_last_score_of_a_person_counts_and_people_are_averaged(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    made = await piece(world, ana, (await start(world, ana)).run_id)
    await score(world, ana, made, 2)
    scored = await world.call(score_output, ana, output_id=made, score=5)
    assert (scored.score, scored.votes, scored.mean) == (5, 1, 5.0)
    await world.call(share_run, ana, number=1)
    scored = await world.call(score_output, AS_BOB, output_id=made, score="2")
    assert (scored.score, scored.votes, scored.mean) == (2, 2, 3.5)
    [line] = (await world.call(list_outputs, ana)).lines
    assert (line.number, line.title, line.score) == (1, "Tea", 3.5)


async def test_a_score_is_one_to_five_and_a_member_s(world: World) -> None:
    ana = await world.settled(AS_ANA)
    made = await piece(world, ana, (await start(world, ana)).run_id)
    for bad in (0, 6, "high", 2.5, None):
        with pytest.raises(BadInput, match=r"^score: "):
            await score(world, ana, made, bad)
    with pytest.raises(Forbidden):
        await score(world, replace(AS_BOB, role=Role.VIEWER), made, 3)


async def test_reasons_are_kept_each_once(world: World) -> None:
    ana = await world.settled(AS_ANA)
    made = await piece(world, ana, (await start(world, ana)).run_id)
    await score(world, ana, made, 2)
    for reason in ("Too long-winded", " Too  long ", "Too long", "100%", "%", "_"):
        await world.call(explain_score, ana, output_id=made, reason=reason)
    [row] = await run(world.owner, "SELECT comment, issues FROM feedback")
    said = ["Too long-winded", "Too long", "100%", "%", "_"]
    assert row.comment == "; ".join(said)
    assert [issue["description"] for issue in row.issues] == said
    with pytest.raises(BadInput):
        await world.call(explain_score, ana, output_id=made, reason="  ")


async def test_a_reason_needs_a_score_of_one_s_own(world: World) -> None:
    ana = await world.settled(AS_ANA)
    made = await piece(world, ana, (await start(world, ana)).run_id)
    await score(world, ana, made, 2)
    await world.call(share_run, ana, number=1)
    with pytest.raises(NotScored, match="not scored this yet"):
        await world.call(explain_score, AS_BOB, output_id=made, reason="Too long")


async def test_an_output_is_kept_once_with_its_hash_and_beginning(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA)
    started = await start(world, ana)
    text = "# Über *Tea*\n\n" + "é" * 600
    first = await piece(world, ana, started.run_id, text)
    assert await piece(world, ana, started.run_id, text) == first
    [row] = await run(
        world.owner, "SELECT title, preview, size_bytes, storage_key FROM outputs"
    )
    assert (row.title, len(row.preview)) == ("Über Tea", 500)
    assert (
        row.size_bytes == len(text.encode()) == len(world.files.kept[row.storage_key])
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Tea for two\n\nbody", "Tea for two"),
        ("intro\n\n## The *real* title ##\n", "The real title"),
        ("just a line\nand more", "just a line"),
        ("", "Untitled"),
        ("#\n\n***", "Untitled"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_title_is_the_first_heading_or_line(text: str, expected: str) -> None:
    assert outputs.title(text) == expected


def test_a_title_is_found_in_no_time_whatever_the_text() -> None:
    hard = "# " + "a " * 20_000 + "#" * 20_000 + "x"
    assert outputs.title(hard).startswith("a a")
    assert outputs.title("#" + " \n" * 20_000 + "x") != ""


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Tea & Co!", "tea-co.md"),
        ("茶", "茶.md"),
        ("***", "draper.md"),
        (f"{'a' * 55} spoken aloud", f"{'a' * 55}.md"),
        (f"{'a' * 55} seen", f"{'a' * 55}-seen.md"),
        ("x" * 70, f"{'x' * 60}.md"),
    ],
)
def test_a_file_s_name_is_its_title_s(title: str, expected: str) -> None:
    made = outputs.Output(UUID(int=1), title, "k", 1)
    assert made.file_name == expected


def test_an_origin_says_where_an_answer_goes() -> None:
    assert Origin("k", "slack", "T1", "C1", "9.1").recipient == "C1/9.1"
