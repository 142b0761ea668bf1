"""What people can say of a piece in detail, and of an answer with a thumb.

A person has one review of a piece: the quick vote, the form's answers and every issue
they add are merged into it, and a later answer replaces the earlier one.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agent import earshot
from agent.catalog import experiment_looks
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.runs import learning, outputs, queries, review_queries
from agent.runs.errors import (
    NothingToReview,
    NotScored,
    OutputNotFound,
    RunNotFound,
    TooManyIssues,
)
from agent.runs.review_schemas import (
    MOST_ISSUES,
    GiveReview,
    Grade,
    Issue,
    JudgeAnswer,
    Judged,
    ReportIssue,
    Review,
    Reviewed,
    Saved,
)

UP, DOWN = Grade.GOOD, Grade.POOR
"""What a thumb counts as: it says neither "used as is" nor "useless"."""


@operation(
    "runs.feedback",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "feedback",
        takes=("number",),
        says=(
            r"(?:give |leave )?feedback on (?:run )?#?(?P<number>\d+)",
            r"(?:give|leave) feedback",
        ),
    ),
    example={"number": 12},
)
async def read_feedback(ctx: Ctx, p: Reviewed) -> Review:
    """Say in detail how good a piece is; shows what you said of it so far.

    Raises:
        RunNotFound, OutputNotFound: No such run or piece, or none that you may see.
        NothingToReview: The run made no piece.
    """
    return Review(**_shown(await _subject(ctx, p)))


@operation(
    "runs.review",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    example={"number": 12, "overall": 4, "accuracy": 5, "issue": "The end is weak"},
)
async def give_review(ctx: Ctx, p: GiveReview) -> Saved:
    """Keep your review of a piece: scores from 1 to 5, an issue, what worked.

    Raises:
        RunNotFound, OutputNotFound: No such run or piece, or none that you may see.
        NothingToReview: The run made no piece.
        TooManyIssues: There is no room for one more.
    """
    row = await earshot.told(ctx, partial(_subject, ctx, p))
    given = p.model_dump(exclude={"output_id", "number", "issue", "rule"})
    given["rules"] = [p.rule] if p.rule else []
    return await _save(ctx, row, given, _issue(p))


@operation(
    "runs.report_issue",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    example={"number": 12, "issue": "The price is wrong", "severity": "high"},
)
async def report_issue(ctx: Ctx, p: ReportIssue) -> Saved:
    """Add one more issue to your review of a piece; the same one again replaces it.

    Raises:
        RunNotFound, OutputNotFound: No such run or piece, or none that you may see.
        NotScored: You have not said yet how good it is.
        TooManyIssues: There is no room for one more.
    """
    row = await earshot.told(ctx, partial(_subject, ctx, p))
    if not row["overall"]:
        raise NotScored
    return await _save(ctx, row, {"overall": row["overall"]}, _issue(p))


@operation(
    "runs.judge",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.BUTTON, Surface.REST, Surface.MCP},
    example={"run_id": "01990000-0000-7000-8000-000000000001", "liked": True},
)
async def judge_answer(ctx: Ctx, p: JudgeAnswer) -> Judged:
    """Say with a thumb whether an answer was good; a review of it can follow.

    Raises:
        RunNotFound: No such run, or none that you may see.
        NothingToReview: It is not answered yet.
    """
    run = await queries.find(ctx.session, 0, run_id=p.run_id)
    if run is None:
        raise RunNotFound(0)
    if run["status"] != "completed":
        raise NothingToReview(run["number"])
    output_id = run["output_id"] or await _kept(ctx, run)
    row = await _subject(ctx, Reviewed(output_id=output_id))
    score = UP if p.liked else DOWN
    await _save(ctx, row, {"overall": score}, None)
    return Judged(output_id=output_id, run_id=p.run_id, liked=p.liked, score=score)


async def _kept(ctx: Ctx, run: RowMapping) -> UUID:
    """An answer becomes an output when somebody judges it, and no sooner."""
    place = f"{ctx.caller.workspace_id}/{run['id']}/{run['attempt']}"
    key = outputs.storage_key(place)
    body = await ctx.objects.get(key)
    values = outputs.facts(key, body.decode()) | {"run_id": run["id"]}
    return await review_queries.keep_answer(ctx.session, values)


async def _subject(ctx: Ctx, p: Reviewed) -> RowMapping:
    found = await review_queries.subject(
        ctx.session,
        {
            **_person(ctx),
            "output_id": p.output_id,
            "number": p.number,
            "conversation_id": ctx.caller.conversation_id,
        },
    )
    if found is not None:
        return found
    if p.output_id is not None:
        raise OutputNotFound
    if p.number and await queries.find(ctx.session, p.number) is None:
        raise RunNotFound(p.number)
    raise NothingToReview(p.number)


async def _save(
    ctx: Ctx, row: RowMapping, given: Mapping[str, Any], issue: Issue | None
) -> Saved:
    fresh = [issue.model_dump(mode="json")] if issue else []
    known = {one["description"] for one in row["issues"]}
    if issue and len(known | {issue.description}) > MOST_ISSUES:
        raise TooManyIssues(MOST_ISSUES)
    values = {
        **dict.fromkeys(("accuracy", "quality", "usefulness", "rule_compliance")),
        "what_worked": "",
        "comment": "",
        "rules": [],
        **given,
        **_person(ctx),
        "output_id": row["output_id"],
        "workspace_id": ctx.caller.workspace_id,
        "channel": ctx.caller.channel,
    }
    await review_queries.save(ctx.session, values, fresh)
    await experiment_looks.rated(ctx, row["output_id"])
    hears = learning.heard if fresh or values["comment"] else learning.lesson
    about = await hears(ctx, row["output_id"])
    kept = await _subject(ctx, Reviewed(output_id=row["output_id"]))
    return Saved(**_shown(kept), about=about)


def _person(ctx: Ctx) -> dict[str, Any]:
    me = ctx.caller.user_id
    return {"user_id": me, "reviewer_key": f"user:{me}"}


def _issue(p: GiveReview | ReportIssue) -> Issue | None:
    if not p.issue:
        return None
    return Issue(
        description=p.issue, severity=p.severity, suggested_fix=p.suggested_fix
    )


def _shown(row: RowMapping) -> dict[str, Any]:
    kept = ("description", "severity", "suggested_fix")
    issues = [{k: one[k] for k in kept if k in one} for one in row["issues"]]
    rules = [one["text"] for one in row["rules"]]
    return {**row, "overall": row["overall"] or 0, "issues": issues, "rules": rules}


OPERATIONS = (read_feedback, give_review, report_issue, judge_answer)
