"""How good the skills are: what people gave their pieces, and how sure that is."""

from collections.abc import Sequence
from datetime import date
from math import sqrt
from statistics import fmean, stdev

from pydantic import Field

from agent.catalog import quality_queries
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen

LOWEST, HIGHEST = 1.0, 5.0
ENOUGH = 2
"""Scores that an interval takes; one says nothing about the others."""

# Student's t, two-sided 95 %, for 1 to 30 degrees of freedom.
# Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
T_MANY = 1.96


class QualityOf(Frozen):
    """Parameters of ``catalog.quality``."""

    skill: str = Field(
        default="", max_length=64, description="The skill's name; empty: every skill"
    )


class Week(Frozen):
    """What people gave in one week."""

    starts_on: date = Field(description="Its Monday")
    mean: float = Field(description="Mean score, 1-5")
    n: int = Field(description="How many scores")


class SkillQuality(Frozen):
    """A skill, and how people find what it writes."""

    name: str = Field(description="What is typed after the slash")
    title: str = Field(description="Its title")
    description: str = Field(description="What it delivers, and when to use it")
    category: str = Field(description="content, analysis, outreach, optimization, meta")
    version: str = Field(description="The version in force; empty: none")
    runs: int = Field(description="Pieces asked for in this workspace")
    n: int = Field(description="Scores by people")
    mean: float | None = Field(description="Their mean, 1-5; empty: nobody scored")
    low: float | None = Field(description="The 95 % interval's lower end")
    high: float | None = Field(description="The 95 % interval's upper end")
    weeks: list[Week] = Field(description="The last 12 weeks with scores, oldest first")


class Qualities(Frozen):
    """The skills and how good they are."""

    lines: list[SkillQuality] = Field(description="By category, then title")


@operation(
    "catalog.quality",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP},
    command=Command(
        "quality",
        takes=("skill",),
        says=(r"how good (is|are) (the |your )?(?P<skill>[a-z0-9-]+)( skill)?",),
    ),
    example={"skill": "copywriting"},
)
async def show_quality(ctx: Ctx, p: QualityOf) -> Qualities:
    """See how people rate what each skill writes, and how sure that is."""
    wanted = "" if p.skill == "skills" else p.skill.strip().casefold()
    scores = await quality_queries.scores(ctx.session, wanted)
    weeks = await quality_queries.weeks(ctx.session, wanted)
    return Qualities(
        lines=[
            SkillQuality(
                **facts,
                **_summary(scores.get(facts["name"], ())),
                weeks=[Week(**week) for week in weeks.get(facts["name"], ())],
            )
            for facts in await quality_queries.skills(ctx.session, wanted)
        ]
    )


def interval(scores: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the mean, within the scale; None when too few say it."""
    if len(scores) < ENOUGH:
        return None
    freedom = len(scores) - 1
    t = T_95[freedom - 1] if freedom <= len(T_95) else T_MANY
    half = t * stdev(scores) / sqrt(len(scores))
    mean = fmean(scores)
    return max(LOWEST, mean - half), min(HIGHEST, mean + half)


def _summary(scores: Sequence[float]) -> dict[str, float | int | None]:
    low, high = interval(scores) or (None, None)
    mean = fmean(scores) if scores else None
    return {"n": len(scores), "mean": mean, "low": low, "high": high}


OPERATIONS = (show_quality,)
