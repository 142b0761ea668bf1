"""Waiting for a person: asked once, answered once, decided by whoever may."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agent.ctx import Caller, Role
from agent.errors import BadInput, Forbidden
from agent.gate import invoke
from agent.llm.port import Completion, ModelFailed, Stop, ToolUse, Usage
from agent.memory import conversations
from agent.memory.schemas import Dialog
from agent.runs import approvals, pause_queries, questions
from agent.runs.approvals import wished
from agent.runs.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    ElsewhereRun,
    QuestionClosed,
    RunNotFound,
)
from agent.runs.operations import cancel_run, retry_run, show_run, start_run
from agent.runs.pause_operations import (
    answer_run,
    decide_draft,
    list_approvals,
    revise_draft,
)
from agent.runs.pause_queries import Pause
from agent.runs.sharing_operations import share_run
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World, asked
from tests.db.asking import one, run

TONE = {"question": "Which tone?", "choices": ["warm"], "default": "plain"}
SHOWN = "SELECT payload FROM deliveries"
RUNNING = "UPDATE runs SET status = 'running'"
STATUS = "SELECT status FROM runs"
STEP = "SELECT status, output FROM run_steps WHERE kind IN ('wait', 'approval')"


@pytest.fixture
async def ana(world: World) -> Caller:
    return await world.settled(AS_ANA)


async def running(world: World, caller: Caller) -> UUID:
    async with world.ctx(caller, asked(caller, "inbox:1", "write about tea")) as ctx:
        started = await invoke(start_run, ctx, {"brief": "write about tea"})
    await run(world.owner, RUNNING)
    return started.run_id


async def asks(world: World, caller: Caller, run_id: UUID, attempt: int = 1) -> Pause:
    at = Pause(run_id, attempt, "ask-1")
    async with world.tenant(caller) as session:
        assert await pause_queries.pause(session, at, TONE)
    return at


async def drafts(
    world: World, caller: Caller, role: str = "member", version: int = 1
) -> UUID:
    """A draft that waits for a yes by ``role``."""
    run_id = await one(world.owner, "SELECT id FROM runs")
    at = Pause(run_id, 1, f"approve-{version}")
    draft = {"attempt": 1, "draft_key": "k", "title": "Tea", "preview": "Drink."}
    async with world.tenant(caller) as session:
        assert await pause_queries.pause(session, at, {"draft_key": "k"})
        return await approvals.request(session, at, role, draft, seconds=60)


async def answers(world: World, caller: Caller, at: Pause, text: str = "warm") -> Any:
    given = {"run_id": at.run_id, "attempt": at.attempt, "number": at.number}
    return await world.call(answer_run, caller, **given, text=text)


async def decides(
    world: World, caller: Caller, draft: UUID, word: str, **more: str
) -> Any:
    return await world.call(decide_draft, caller, draft_id=draft, decision=word, **more)


async def step(world: World) -> tuple[str, Mapping[str, Any]]:
    [row] = await run(world.owner, STEP)
    return row.status, row.output


async def test_an_answer_lets_the_run_go_on_and_wakes_it_once(
    world: World, ana: Caller
) -> None:
    run_id = await running(world, ana)
    at = await asks(world, ana, run_id)
    assert await one(world.owner, STATUS) == "waiting_input"
    replied = await answers(world, ana, at, "  warm, like a friend ")
    assert (replied.question, replied.answer) == ("Which tone?", "warm, like a friend")
    assert await one(world.owner, STATUS) == "running"
    status, came = await step(world)
    assert status == "completed"
    assert came["answer"] == "warm, like a friend"
    assert (came["how"], came["by"]) == ("person", str(AS_ANA.user_id))
    name, data = world.outbox.sent[f"{run_id}:1:answer:1"]
    assert name == "run.answered"
    assert data == {"run_id": str(run_id), "attempt": 1, "number": 1}
    payload = await one(world.owner, SHOWN)
    assert "warm, like a friend" in payload["text"]
    assert [b["label"] for b in payload["buttons"] if b["shown"]] == ["Stop"]


async def test_asked_twice_it_waits_once_and_an_answer_is_not_undone(
    world: World, ana: Caller
) -> None:
    at = await asks(world, ana, await running(world, ana))
    await answers(world, ana, at)
    async with world.tenant(ana) as session:
        assert not await pause_queries.pause(session, at, TONE)
    assert await one(world.owner, STATUS) == "running"


async def test_of_many_answers_at_once_the_first_counts_and_the_others_are_told(
    world: World, ana: Caller
) -> None:
    at = await asks(world, ana, await running(world, ana))
    results = await asyncio.gather(
        *(answers(world, ana, at, f"tone {n}") for n in range(5)),
        return_exceptions=True,
    )
    refused = [r for r in results if isinstance(r, QuestionClosed)]
    assert len(refused) == 4
    _, came = await step(world)
    assert all(f'"{came["answer"]}"' in error.message for error in refused)
    assert all(error.message.startswith("You answered that") for error in refused)


async def test_without_words_it_decides_by_itself(world: World, ana: Caller) -> None:
    at = await asks(world, ana, await running(world, ana))
    replied = await answers(world, ana, at, "")
    assert (replied.answer, replied.default) == ("", "plain")
    assert (await step(world))[1]["how"] == "judgement"


async def test_a_key_in_an_answer_is_not_kept(world: World, ana: Caller) -> None:
    at = await asks(world, ana, await running(world, ana))
    await answers(world, ana, at, "it is sk-" + "a1B2" * 12)
    assert (await step(world))[1]["answer"] == "it is [key removed]"


async def test_an_answer_after_the_time_is_over_is_told_what_happened(
    world: World, ana: Caller
) -> None:
    at = await asks(world, ana, await running(world, ana))
    async with world.tenant(ana) as session:
        late = {"answer": "", "how": "timeout"}
        assert await pause_queries.resume(session, at, late)
    with pytest.raises(QuestionClosed, match="I had to go on without: plain") as told:
        await answers(world, ana, at)
    assert "/retry 1" in told.value.hint


async def test_an_answer_and_the_time_out_at_once_are_one_of_the_two(
    world: World, ana: Caller
) -> None:
    at = await asks(world, ana, await running(world, ana))

    async def times_out() -> bool:
        async with world.tenant(ana) as session:
            late = {"answer": "", "how": "timeout"}
            return await pause_queries.resume(session, at, late)

    results: list[object] = await asyncio.gather(
        answers(world, ana, at), times_out(), return_exceptions=True
    )
    is_late = results[1] is True
    assert isinstance(results[0], QuestionClosed) == is_late
    assert (await step(world))[1]["how"] == ("timeout" if is_late else "person")


async def test_a_stopped_run_takes_no_answer_and_asks_nobody(
    world: World, ana: Caller
) -> None:
    run_id = await running(world, ana)
    at = await asks(world, ana, run_id)
    dialog = Dialog(run_id, "confirm", "1:1", subject_type="run", subject_id=run_id)
    async with world.tenant(ana) as session:
        await conversations.ask(session, ana, dialog, minutes=60)
    await world.call(cancel_run, ana, run_id=run_id)
    assert (await step(world))[0] == "skipped"
    open_ = "SELECT count(*) FROM dialogs WHERE status = 'active'"
    assert await one(world.owner, open_) == 0
    with pytest.raises(QuestionClosed, match="stopped or started again"):
        await answers(world, ana, at)


async def test_another_attempt_asks_anew_and_the_old_buttons_say_so(
    world: World, ana: Caller
) -> None:
    run_id = await running(world, ana)
    old = await asks(world, ana, run_id)
    await world.call(cancel_run, ana, run_id=run_id)
    await world.call(retry_run, ana, run_id=run_id)
    await run(world.owner, RUNNING)
    new = await asks(world, ana, run_id, attempt=2)
    with pytest.raises(QuestionClosed, match="started again"):
        await answers(world, ana, old)
    await answers(world, ana, new)
    assert f"{run_id}:2:answer:1" in world.outbox.sent


async def test_a_colleague_s_private_question_is_not_mine_to_answer(
    world: World, ana: Caller
) -> None:
    at = await asks(world, ana, await running(world, ana))
    bob = await world.settled(AS_BOB, "2")
    for caller in (bob, await world.settled(AS_EVE, "3")):
        with pytest.raises(RunNotFound):
            await answers(world, caller, at)
    await world.call(share_run, ana, run_id=at.run_id)
    with pytest.raises(ElsewhereRun):
        await answers(world, bob, at)
    viewer = replace(ana, role=Role.VIEWER)
    with pytest.raises(Forbidden):
        await answers(world, viewer, at)
    assert await one(world.owner, STATUS) == "waiting_input"


async def test_an_interview_in_progress_is_not_interrupted_by_a_question(
    world: World, ana: Caller
) -> None:
    run_id = await running(world, ana)
    mine = Dialog(run_id, "confirm", "1:1", subject_type="run", subject_id=run_id)
    async with world.tenant(ana) as session:
        interview = Dialog(run_id, "interview", "what")
        await conversations.ask(session, ana, interview, minutes=60)
        assert not await conversations.ask_unless_busy(session, ana, mine, minutes=60)
        await conversations.ask(
            session, ana, replace(interview, kind="review"), minutes=9
        )
        assert await conversations.ask_unless_busy(session, ana, mine, minutes=60)


async def test_a_yes_is_kept_with_who_when_and_where(world: World, ana: Caller) -> None:
    run_id = await running(world, ana)
    draft = await drafts(world, ana)
    assert await one(world.owner, STATUS) == "waiting_approval"
    decided = await decides(world, ana, draft, "approve")
    assert (decided.number, decided.version) == (1, 1)
    [row] = await run(world.owner, "SELECT * FROM approvals")
    assert (row.status, row.decided_by_id) == ("approved", AS_ANA.user_id)
    assert (row.channel, row.used_at) == ("telegram", None)
    assert row.decided_at >= row.requested_at
    assert await one(world.owner, STATUS) == "running"
    name, data = world.outbox.sent[f"{run_id}:1:decision:1"]
    assert (name, data["decision"]) == ("run.decided", "approve")
    audit = "SELECT count(*) FROM events WHERE type = 'runs.decide'"
    assert await one(world.owner, audit) == 1


async def test_a_yes_is_used_up_once(world: World, ana: Caller) -> None:
    run_id = await running(world, ana)
    await decides(world, ana, await drafts(world, ana), "approve")
    async with world.tenant(ana) as session:
        assert await approvals.act(session, run_id) == "Ana"
        assert await approvals.act(session, run_id) is None


async def test_of_two_who_decide_at_once_one_does_and_the_other_is_told_who(
    world: World,
) -> None:
    ana = await world.settled(AS_ANA, "-7", "group")
    bob = await world.settled(AS_BOB, "-7", "group")
    await running(world, ana)
    draft = await drafts(world, ana)
    results = await asyncio.gather(
        decides(world, ana, draft, "approve"),
        decides(world, bob, draft, "reject"),
        return_exceptions=True,
    )
    [refused] = [r for r in results if isinstance(r, AlreadyDecided)]
    status = await one(world.owner, "SELECT status FROM approvals")
    name = "Ana" if status == "approved" else "Bob"
    assert refused.message == f"That was already {status} by {name}."
    with pytest.raises(AlreadyDecided, match="by you"):
        await decides(world, ana if name == "Ana" else bob, draft, "approve")


async def test_a_revision_says_what_to_change(world: World, ana: Caller) -> None:
    await running(world, ana)
    draft = await drafts(world, ana)
    with pytest.raises(BadInput, match="What should change"):
        await decides(world, ana, draft, "revise")
    await decides(world, ana, draft, "revise", feedback="shorter")
    [row] = await run(world.owner, "SELECT status, feedback FROM approvals")
    assert tuple(row) == ("revision_requested", "shorter")
    payload = await one(world.owner, SHOWN)
    assert payload["text"].startswith("Version 1 goes back: shorter")
    with pytest.raises(AlreadyDecided):
        await world.call(revise_draft, ana, draft_id=draft)
    again = await drafts(world, ana, version=2)
    await decides(world, ana, again, "approve")
    versions = await run(
        world.owner, "SELECT subject_version, status FROM approvals ORDER BY id"
    )
    assert [tuple(v) for v in versions] == [(1, "revision_requested"), (2, "approved")]


async def test_a_rejected_draft_ends_the_run_with_the_word_kept(
    world: World, ana: Caller
) -> None:
    run_id = await running(world, ana)
    await decides(world, ana, await drafts(world, ana), "reject", feedback="off brand")
    [row] = await run(
        world.owner, "SELECT status, error_code, error_message, completed_at FROM runs"
    )
    assert (row.status, row.error_code, row.error_message) == (
        "cancelled",
        "rejected",
        "off brand",
    )
    assert row.completed_at is not None
    payload = await one(world.owner, SHOWN)
    assert payload["note"] == "Rejected by Ana: off brand"
    await world.call(retry_run, ana, run_id=run_id)


async def test_who_stands_too_low_is_told_who_may(world: World) -> None:
    ana = await world.settled(AS_ANA, "-7", "group")
    bob = await world.settled(AS_BOB, "-7", "group")
    await running(world, bob)
    draft = await drafts(world, bob, "admin")
    with pytest.raises(Forbidden, match="needs the admin role"):
        await decides(world, bob, draft, "approve")
    with pytest.raises(Forbidden):
        await world.call(revise_draft, bob, draft_id=draft)
    await decides(world, ana, draft, "approve")


async def test_who_must_be_asked_sees_the_draft_wherever_it_was_written(
    world: World, ana: Caller
) -> None:
    bob = await world.settled(AS_BOB, "2")
    await running(world, bob)
    draft = await drafts(world, bob, "admin")
    assert (await world.call(list_approvals, bob)).lines == []
    [line] = (await world.call(list_approvals, ana)).lines
    assert (line.draft_id, line.title, line.asked_by) == (draft, "Tea", "Bob")
    await decides(world, ana, draft, "approve")
    [row] = await run(world.owner, STEP)
    assert row.output["shown"] is False, "the run shows it in Bob's chat itself"
    assert (await world.call(show_run, ana)).seen_by == "team"
    assert (await world.call(list_approvals, ana)).lines == []


async def test_a_private_draft_that_asks_for_no_admin_stays_private(
    world: World, ana: Caller
) -> None:
    bob = await world.settled(AS_BOB, "2")
    await running(world, bob)
    draft = await drafts(world, bob)
    assert (await world.call(list_approvals, ana)).lines == []
    for caller in (ana, await world.settled(AS_EVE, "3")):
        with pytest.raises(ApprovalNotFound):
            await decides(world, caller, draft, "approve")
    assert len((await world.call(list_approvals, bob)).lines) == 1


async def test_stopping_withdraws_the_draft(world: World, ana: Caller) -> None:
    run_id = await running(world, ana)
    draft = await drafts(world, ana)
    await world.call(cancel_run, ana, run_id=run_id)
    assert await one(world.owner, "SELECT status FROM approvals") == "cancelled"
    with pytest.raises(AlreadyDecided, match="no longer asked about"):
        await decides(world, ana, draft, "approve")


@pytest.mark.parametrize(
    ("brief", "left", "role"),
    [
        ("write a mail. Ask me before you finish.", "write a mail.", "member"),
        ("write a page and ask us before you finish", "write a page", "member"),
        ("write copy, it needs approval by an admin", "write copy", "admin"),
        (
            "Write.\nThis needs approval by the owner.\nFor tea.",
            "Write.\nFor tea.",
            "owner",
        ),
        ("a mail that needs approval by the owner", None, ""),
        ("write: ask me before you finish the thing", None, ""),
    ],
)
def test_a_request_may_wish_to_be_asked(
    brief: str, left: str | None, role: str
) -> None:
    assert wished(brief) == (left or brief, role)


@pytest.mark.parametrize(
    "given",
    [{}, {"question": " ", "default": "x"}, {"question": "a", "default": "b", "c": 1}],
)
def test_what_is_no_question_fails_the_call(given: dict[str, object]) -> None:
    use = ToolUse("1", questions.ASK.name, given)
    done = Completion("", Usage(), Stop.TOOL_USE, "p", "m", 1, tool_uses=(use,))
    with pytest.raises(ModelFailed, match="cannot do"):
        questions.asked(done)
