"""What is shown of the skills' quality, put together from what is known."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import evidence, model_queries, upcoming
from agent.catalog import quality_queries as queries
from agent.catalog.complaint_groups import Missing
from agent.catalog.issues import Issue, grouped
from agent.catalog.model_errors import NearSkills, NoSuchSkill
from agent.catalog.quality import Score, change, estimate
from agent.catalog.quality_schemas import (
    BrokenRule,
    Figure,
    IssueLine,
    Moved,
    Qualities,
    Signal,
    SkillDetail,
    SkillQuality,
    Unhappy,
    Week,
)
from agent.ctx import Ctx
from agent.errors import Unavailable
from agent.plots import Mark, QualityFigure

DIMENSIONS = {
    "overall": "overall",
    "accuracy": "accuracy",
    "quality": "quality",
    "usefulness": "usefulness",
    "rule_compliance": "your rules",
}
"""Columns of a score, and what people call them."""
DAYS = timedelta(days=90)
"""Issues, rules and signals of so long are counted; older ones may be mended."""
WEEKS = 12
RECENT, BEFORE = timedelta(weeks=4), timedelta(weeks=WEEKS)
"""What is called the trend: the last four weeks against the eight before."""
MOST_ISSUES, MOST_RULES, MOST_SIDES = 5, 5, 4
UNHAPPY = 8

Rows = Sequence[RowMapping]


async def everything(session: AsyncSession, now: datetime) -> Qualities:
    """Every skill in one line."""
    rows = _by(await queries.scores(session, ""), lambda row: row["skill"])
    asked = _of(await queries.counts(session, "", now), "asked")
    found = await queries.skills(session, "")
    return Qualities(
        lines=[_line(facts, rows[facts["name"]], asked) for facts in found]
    )


async def of_one(session: AsyncSession, said: str, now: datetime) -> Qualities:
    """One skill, by all that is known of its pieces.

    Raises:
        NoSuchSkill, NearSkills: The name fits none, or several.
    """
    facts = await _named(session, said)
    rows = await queries.scores(session, facts["name"])
    counts = await queries.counts(session, facts["name"], now - DAYS)
    issues = await _human(session, facts["name"], now)
    return Qualities(
        lines=[_line(facts, rows, _of(counts, "asked"))],
        detail=SkillDetail(
            **_from_scores(rows, now),
            **_from_counts(counts),
            issues=[_issue(one, facts) for one in issues[:MOST_ISSUES]],
        ),
    )


async def unhappy(
    session: AsyncSession, now: datetime, least: int, *, overheard: bool
) -> Unhappy:
    """What people found wrong with pieces of all skills, as far as it may be said.

    ``least``: like complaints that a rule is proposed from.
    """
    found: list[tuple[float, IssueLine]] = []
    for name, title in (await queries.reviewed(session, now - DAYS)).items():
        facts = {"name": name, "title": title}
        issues = await _human(session, name, now)
        short = await upcoming.missing(session, name, now - DAYS, least)
        found += [
            (one.weight, _issue(one, facts, short.get(one.text))) for one in issues
        ]
    found.sort(key=lambda each: each[0], reverse=True)
    lines = [line for _, line in found[:UNHAPPY]]
    return Unhappy(days=DAYS.days, lines=lines, is_overheard=overheard)


async def plotted(ctx: Ctx, found: Qualities) -> Qualities:
    """The same with its picture in the object store; as it is where none is drawn."""
    plots = ctx.house.plots if ctx.house else None
    if plots is None or found.detail is None or not found.lines[0].n:
        return found
    try:
        drawn = await plots.quality(_figure(found.lines[0], found.detail))
    except Unavailable:
        return found  # the numbers say the same
    digest = hashlib.sha256(drawn).hexdigest()[:24]
    key = f"{ctx.caller.workspace_id}/plots/{digest}.png"
    await ctx.objects.put(key, drawn, media_type="image/png")
    return found.model_copy(update={"plot_key": key, "plot_bytes": len(drawn)})


def given(rows: Rows, dimension: str = "overall") -> list[Score]:
    """What people gave in one dimension; who left it out gave nothing."""
    return [
        Score(row["person"], row["piece"], float(row[dimension]))
        for row in rows
        if row[dimension] is not None
    ]


async def _named(session: AsyncSession, said: str) -> dict[str, Any]:
    plain = said.strip(" /?!.")
    near = await model_queries.skills(session, plain)
    if not near:
        raise NoSuchSkill(plain, await model_queries.titles(session))
    if len(near) > 1:
        raise NearSkills(plain, [row["title"] for row in near])
    [facts, *_] = await queries.skills(session, near[0]["name"])
    return facts


def _line(
    facts: Mapping[str, Any], rows: Rows, asked: Mapping[str, RowMapping]
) -> SkillQuality:
    found = estimate(given(rows))
    few = [row["overall"] for row in rows] if found.low is None else []
    return SkillQuality(
        **facts,
        runs=asked[facts["name"]]["n"] if facts["name"] in asked else 0,
        n=found.n,
        pieces=found.pieces,
        people=found.people,
        mean=found.mean,
        low=found.low,
        high=found.high,
        given=few,
        weeks=_weeks(rows),
    )


def _weeks(rows: Rows) -> list[Week]:
    by_week = _by(rows, lambda row: row["week"])
    latest = sorted(by_week)[-WEEKS:]
    return [
        Week(**_figure_of(_day(at), by_week[at]).model_dump(), starts_on=at)
        for at in latest
    ]


def _from_scores(rows: Rows, now: datetime) -> dict[str, Any]:
    return {
        "dimensions": [
            _figure_of(label, rows, column) for column, label in DIMENSIONS.items()
        ],
        "moved": _moved(rows, now),
        "versions": _sides(rows, "version"),
        "models": _sides(rows, "model"),
    }


def _from_counts(counts: Rows) -> dict[str, Any]:
    judged = next(iter(_of(counts, "judge").values()), None)
    broken = [row for row in _of(counts, "rule").values() if row["n"]]
    broken.sort(key=lambda row: (-row["n"], row["label"]))
    made = _of(counts, "made").values()
    signals = sorted(_of(counts, "signal").values(), key=lambda row: -row["n"])
    return {
        "days": DAYS.days,
        "made": sum(row["n"] for row in made),
        "rules": [
            BrokenRule(
                code=row["label"],
                rule=row["said"],
                broken=row["n"],
                checked=row["of_n"],
            )
            for row in broken[:MOST_RULES]
        ],
        "signals": [Signal(signal=row["label"], pieces=row["n"]) for row in signals],
        "judged": Figure(
            label="judge",
            n=judged["n"] if judged else 0,
            mean=judged["mean"] if judged else None,
        ),
    }


def _of(counts: Rows, kind: str) -> dict[str, RowMapping]:
    return {row["label"]: row for row in counts if row["kind"] == kind}


async def _human(session: AsyncSession, name: str, now: datetime) -> list[Issue]:
    said = await evidence.complaints(session, name, now - DAYS)
    return grouped(one for one in said if one.source == "human")


def _issue(
    one: Issue, facts: Mapping[str, Any], missing: Missing | None = None
) -> IssueLine:
    return IssueLine(
        skill=facts["name"],
        title=facts["title"],
        text=one.text,
        rule=one.rule_code,
        severity=one.severity,
        count=one.count,
        pieces=one.pieces,
        people=one.people,
        missing=missing,
    )


def _sides(rows: Rows, column: str) -> list[Figure]:
    """By version or model, the one scored last first; without the nameless."""
    sides = _by([row for row in rows if row[column]], lambda row: row[column])
    latest = sorted(sides, key=lambda key: sides[key][-1]["given_at"], reverse=True)
    return [_figure_of(key, sides[key]) for key in latest[:MOST_SIDES]]


def _moved(rows: Rows, now: datetime) -> Moved | None:
    recent = [row for row in rows if row["given_at"] > now - RECENT]
    before = [row for row in rows if now - BEFORE < row["given_at"] <= now - RECENT]
    found = change(given(before), given(recent))
    return Moved(by=found.by, low=found.low, high=found.high) if found else None


def _figure_of(label: str, rows: Rows, dimension: str = "overall") -> Figure:
    found = estimate(given(rows, dimension))
    return Figure(
        label=label,
        n=found.n,
        pieces=found.pieces,
        mean=found.mean,
        low=found.low,
        high=found.high,
    )


def _by(rows: Rows, key: Callable[[RowMapping], Any]) -> dict[Any, list[RowMapping]]:
    found: dict[Any, list[RowMapping]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _figure(line: SkillQuality, detail: SkillDetail) -> QualityFigure:
    sides = _marks(detail.versions)
    return QualityFigure(
        title=f"{line.title}: {_told(line)}",
        dimensions=_marks(detail.dimensions),
        weeks=_marks(line.weeks) if len(line.weeks) > 1 else (),
        versions=sides if len(sides) > 1 else (),
    )


def _told(line: SkillQuality) -> str:
    """A mean is named where the words beside the picture name one, too."""
    if line.low is not None:
        return f"{line.mean:.1f} of 5"
    ratings = "1 rating" if line.n == 1 else f"{line.n} ratings"
    return f"{ratings}, too few to say"


def _marks(figures: Sequence[Figure]) -> list[Mark]:
    return [
        Mark(one.label, one.n, one.mean, one.low, one.high)
        for one in figures
        if one.mean is not None
    ]


def _day(at: date) -> str:
    return f"{at.day} {at:%b}"
