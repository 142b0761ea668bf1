"""Reviews: one a person and piece, merged from votes, forms and issues."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agent.ctx import Caller, Role
from agent.errors import BadInput, Forbidden
from agent.runs.errors import (
    NothingToReview,
    NotScored,
    OutputNotFound,
    RunNotFound,
    TooManyIssues,
)
from agent.runs.output_operations import explain_score, list_outputs, score_output
from agent.runs.review_operations import (
    give_review,
    judge_answer,
    read_feedback,
    report_issue,
)
from agent.runs.review_schemas import MOST_ISSUES, Saved
from agent.runs.sharing_operations import share_run
from tests.agent.runs.test_operations import piece, put, start
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.seeds import ACME


async def made(world: World) -> tuple[Caller, UUID]:
    """Ana, and a private piece of hers."""
    ana = await world.settled(AS_ANA)
    return ana, await piece(world, ana, (await start(world, ana)).run_id)


async def review(world: World, who: Caller, **said: Any) -> Saved:
    return await world.call(give_review, who, **said)


async def test_what_is_said_later_is_merged_into_what_was_said(world: World) -> None:
    ana, which = await made(world)
    await world.call(score_output, ana, output_id=which, score=2)
    await world.call(explain_score, ana, output_id=which, reason="Too long")
    await review(world, ana, number=1, overall=3, accuracy=4, what_worked="The end")
    await review(world, ana, overall=4, quality=1, issue="Too long", severity="high")
    kept = await world.call(report_issue, ana, number=1, issue="Dull")
    assert (kept.overall, kept.accuracy, kept.quality) == (4, 4, 1)
    assert (kept.what_worked, kept.comment) == ("The end", "Too long")
    assert [(one.description, one.severity) for one in kept.issues] == [
        ("Too long", "high"),
        ("Dull", "medium"),
    ]
    assert await one(world.owner, "SELECT count(*) FROM feedback") == 1
    seen = await world.call(read_feedback, ana, number=1)
    assert seen.model_dump() == kept.model_dump(exclude={"about"})


@pytest.mark.parametrize(
    "said", [{}, {"overall": 0}, {"overall": 6}, {"overall": 3, "quality": 9}]
)
async def test_overall_is_needed_and_scores_are_one_to_five(
    world: World, said: dict[str, int]
) -> None:
    ana, _ = await made(world)
    with pytest.raises(BadInput):
        await review(world, ana, number=1, **said)


async def test_each_person_has_a_review_of_their_own(world: World) -> None:
    ana, which = await made(world)
    await review(world, ana, output_id=which, overall=5)
    await world.call(share_run, ana, number=1)
    assert (await world.call(read_feedback, AS_BOB, number=1)).overall == 0
    with pytest.raises(Forbidden):
        await review(world, replace(AS_BOB, role=Role.VIEWER), number=1, overall=2)
    await review(world, AS_BOB, number=1, overall=2, comment="Not for us")
    assert (await world.call(read_feedback, ana, number=1)).overall == 5
    [line] = (await world.call(list_outputs, ana)).lines
    assert line.score == 3.5


async def test_what_one_may_not_see_one_cannot_review(world: World) -> None:
    ana, which = await made(world)
    for other in (AS_BOB, AS_EVE):
        with pytest.raises(OutputNotFound):
            await review(world, other, output_id=which, overall=1)
        with pytest.raises(RunNotFound):
            await review(world, other, number=1, overall=1)
        with pytest.raises(NothingToReview):
            await world.call(read_feedback, other)
    await run(world.owner, "DELETE FROM outputs")
    with pytest.raises(OutputNotFound):
        await review(world, ana, output_id=which, overall=1)
    with pytest.raises(NothingToReview, match="Run #1"):
        await world.call(read_feedback, ana, number=1)


async def test_two_at_once_leave_one_row(world: World) -> None:
    ana, which = await made(world)
    await asyncio.gather(
        *(review(world, ana, output_id=which, overall=n, issue=f"{n}") for n in (2, 4))
    )
    [row] = await run(world.owner, "SELECT overall_score, issues FROM feedback")
    assert row.overall_score in {2, 4}
    assert {one["description"] for one in row.issues} == {"2", "4"}


async def test_an_issue_needs_a_score_and_there_are_not_too_many(world: World) -> None:
    ana, which = await made(world)
    with pytest.raises(NotScored):
        await world.call(report_issue, ana, output_id=which, issue="Dull")
    await review(world, ana, output_id=which, overall=1)
    for number in range(MOST_ISSUES):
        await world.call(report_issue, ana, output_id=which, issue=f"{number}")
    with pytest.raises(TooManyIssues):
        await world.call(report_issue, ana, output_id=which, issue="One more")
    again = await world.call(
        report_issue, ana, output_id=which, issue="0", severity="high"
    )
    assert len(again.issues) == MOST_ISSUES


async def test_a_thumb_keeps_an_answer_and_counts_in_between(world: World) -> None:
    ana = await world.settled(AS_ANA)
    run_id = (await start(world, ana)).run_id
    with pytest.raises(NothingToReview):
        await world.call(judge_answer, ana, run_id=run_id, liked=True)
    key = f"outputs/{ACME}/{run_id}/1.md"
    await world.files.put(key, b"On Tuesday.", media_type="text/markdown")
    await put(world, run_id, "completed")
    for liked, score in ((True, 4), (False, 2), (False, 2)):
        judged = await world.call(judge_answer, ana, run_id=run_id, liked=liked)
        assert judged.score == score
    [row] = await run(world.owner, "SELECT kind, title, preview FROM outputs")
    assert tuple(row) == ("answer", "On Tuesday.", "On Tuesday.")
    assert (await world.call(list_outputs, ana)).lines == []
    with pytest.raises(RunNotFound):
        await world.call(judge_answer, AS_BOB, run_id=run_id, liked=True)
