"""Shapes of proposed rules, and of the rules there are."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator
from sqlalchemy import RowMapping

from agent.shapes import Frozen

Said = Annotated[str, StringConstraints(strip_whitespace=True)]
QUOTES = 3
"""Quotes of people that are shown."""


class ProposeRule(Frozen):
    """Parameters of ``catalog.propose_rule``."""

    skill: Said = Field(max_length=65, description="The skill's name: copywriting")
    statement: Said = Field(
        min_length=3,
        max_length=400,
        description="The rule in one sentence; or: C07 should be ...; or: remove C07",
    )

    @field_validator("skill")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.rstrip(":,").strip("`/ ").casefold()


class OneProposal(Frozen):
    """Parameters that name a proposal."""

    rule_id: UUID


class AcceptProposal(OneProposal):
    """Parameters of ``catalog.accept_rule``."""

    ends_test: bool = Field(
        default=False,
        description="Also where that ends a test, whose other side is then outdated",
    )


class ShowProposal(OneProposal):
    """Parameters of ``catalog.show_rule``."""

    view: Literal["card", "diff", "example"] = Field(
        default="card", description="The card, the change of RULES.md, or an example"
    )


class EditProposal(OneProposal):
    """Parameters of ``catalog.edit_rule``."""

    statement: Said = Field(
        min_length=3, max_length=400, description="The rule as it should read"
    )


class RejectProposal(OneProposal):
    """Parameters of ``catalog.reject_rule``."""

    reason: Said = Field(
        default="", max_length=400, description="Why; it may be left out"
    )


class WhyRejected(OneProposal):
    """Parameters of ``catalog.explain_reject``."""

    reason: Said = Field(min_length=1, max_length=400, description="Why it is not good")


class RulesOf(Frozen):
    """Parameters of ``catalog.rules``."""

    skill: Said = Field(max_length=65, description="The skill's name: copywriting")

    @field_validator("skill")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.strip("`/ ").casefold()


class LearnAfter(Frozen):
    """Parameters of ``catalog.propose_after``."""

    number: int = Field(
        ge=2, le=50, description="Pieces with one complaint, before a rule is proposed"
    )


class Proposal(Frozen):
    """A proposed change of one rule, and how it did."""

    rule_id: UUID
    skill: str = Field(description="The skill's name")
    title: str = Field(description="The skill's title")
    number: str = Field(description="The proposal's own name: P3")
    status: str = Field(description="proposed, active, rejected or retired")
    change: str = Field(description="add, sharpen, loosen or remove")
    code: str = Field(description="The rule that is new or changes: C15")
    statement: str = Field(description="How the rule would read")
    severity: str = Field(description="must, should or may")
    check: str = Field(description="judge, or code: <check>")
    why: str = Field(description="The reason that RULES.md would give")
    theme: str = Field(description="What people complained of; empty: a person asked")
    pieces: int = Field(description="Pieces that were complained of")
    since: str = Field(description="The day of the first complaint, ISO")
    quotes: list[str] = Field(description="What people said, as far as all may read it")
    base: str = Field(description="The version it changes")
    version: str = Field(description="The version that has it; empty: none yet")
    state: str = Field(
        description="untried, asking, tried, no_cases, no_answer or needs_model"
    )
    estimate_usd: Decimal = Field(description="What trying it will cost, about")
    cost_usd: Decimal = Field(description="What drafting and trying it has cost")
    cases: int = Field(description="Bad pieces it was tried on")
    held_out: int = Field(description="Those of them kept apart while it was worded")
    anchors: int = Field(description="Good pieces and sample briefs it was tried on")
    before: float | None = Field(description="A judge's mean of all cases, without it")
    after: float | None = Field(description="The same, with it")
    held_before: float | None = Field(description="Of those kept apart, without it")
    held_after: float | None = Field(description="The same, with it")
    anchors_before: float | None = Field(description="Of the anchors, without it")
    anchors_after: float | None = Field(description="The same, with it")
    spread: float | None = Field(description="Standard deviation of the differences")
    skips_stages: bool = Field(
        description="It was tried at one go, though the skill works in stages"
    )
    is_harm: bool = Field(description="Whether good pieces became worse")
    unclear: int = Field(description="Questions that the judge did not answer sensibly")
    asked: int = Field(description="Questions it was asked")
    rated: int = Field(description="Pieces that people scored in the last 30 days")
    has_example: bool = Field(description="Whether there is an example to be shown")
    is_by_hand: bool = Field(description="Whether a person worded it")
    decided_by: str = Field(description="Who decided; empty: nobody yet")


class ProposalShown(Frozen):
    """A proposal, looked at."""

    proposal: Proposal = Field(description="The proposal")
    view: str = Field(description="card, diff or example")
    diff: str = Field(default="", description="What changes in RULES.md")
    before: str = Field(default="", description="A piece written without the rule")
    after: str = Field(default="", description="The same, written with it")


class RuleProposed(Frozen):
    """A rule was proposed by a person."""

    proposal: Proposal = Field(description="The proposal")


class RuleAccepted(Frozen):
    """A proposal was accepted, or has to be tried on a newer version first."""

    proposal: Proposal = Field(description="The proposal")
    version: str = Field(
        description="The new version; empty: it is tried anew first, or a test runs"
    )
    running: list[str] = Field(
        default_factory=list,
        description="Versions whose test it would end: nothing was done yet",
    )
    overtaken: list[str] = Field(
        default_factory=list, description="Versions whose test it ended"
    )


class RulePiloted(Frozen):
    """A proposal is in a version that does a share of the work, or may."""

    proposal: Proposal = Field(description="The proposal")
    version: str = Field(description="The new version; empty: it is tried anew first")
    is_running: bool = Field(description="Whether a test of it runs; else: too few")


class RuleRejected(Frozen):
    """A proposal was rejected."""

    proposal: Proposal = Field(description="The proposal")
    reason: str = Field(description="Why; empty: not said")


class RuleReworded(Frozen):
    """A proposal has other words, and is tried again."""

    proposal: Proposal = Field(description="The proposal")


class RuleTrying(Frozen):
    """A proposal is being tried."""

    proposal: Proposal = Field(description="The proposal")


class LearnsAfter(Frozen):
    """From how many like complaints rules are proposed here."""

    pieces: int = Field(description="Pieces with one complaint")


class SkillRule(Frozen):
    """One rule of a skill."""

    code: str = Field(description="Its id: C06")
    severity: str = Field(description="must, should or may")
    check: str = Field(description="judge, or the check that code makes")
    statement: str = Field(description="What it demands")
    is_protected: bool = Field(description="Whether no proposal takes it away")
    broken: int = Field(description="Pieces of the last 30 days that broke it")


class SkillRules(Frozen):
    """A skill's rules, and the change of them that waits for a decision."""

    skill: str = Field(description="The skill's name")
    title: str = Field(description="The skill's title")
    version: str = Field(description="The version in force here")
    rules: list[SkillRule] = Field(description="In the order of RULES.md")
    proposal: Proposal | None = Field(description="The open proposal, if there is one")


_NUMBERS = ("cases", "held_out", "anchors", "unclear", "asked", "rated")
_MEANS = (
    *("before", "after", "held_before", "held_after", "anchors_before"),
    *("anchors_after", "spread"),
)


def shown(row: RowMapping) -> Proposal:
    """A row of ``proposal_queries`` as it is told."""
    kept: dict[str, Any] = row["proposal"]
    tried = kept.get("tried") or {}
    quotes = dict.fromkeys(one["quote"] for one in row["evidence"] if one["quote"])
    words = ("change", "code", "statement", "severity", "check", "why", "theme", "base")
    return Proposal(
        rule_id=row["id"],
        skill=row["skill"],
        title=row["title"],
        number=row["code"],
        status=row["status"],
        pieces=len({one["output_id"] for one in row["evidence"]}),
        since=kept.get("since") or f"{row['created_at']:%Y-%m-%d}",
        quotes=list(quotes)[:QUOTES],
        version=row["since_version"] or "",
        state=tried.get("state", "untried"),
        estimate_usd=Decimal(tried.get("estimate_usd", "0")),
        cost_usd=Decimal(tried.get("cost_usd", "0")),
        skips_stages=bool(tried.get("skips_stages")),
        is_harm=bool(tried.get("is_harm")),
        has_example=bool(tried.get("example")),
        is_by_hand=bool(kept.get("by_id")),
        decided_by=row["decided_by"],
        **{word: kept.get(word) or "" for word in words},
        **{name: int(tried.get(name) or 0) for name in _NUMBERS},
        **{name: tried.get(name) for name in _MEANS},
    )
