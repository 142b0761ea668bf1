"""What can be asked of a proposed rule: worded, tried, accepted, rejected."""

import re
from uuid import UUID

from sqlalchemy import RowMapping

from agent.catalog import overtaken, proposals, rule_changes
from agent.catalog import proposal_decisions as decisions
from agent.catalog import proposal_queries as queries
from agent.catalog.experiment_operations import start_test
from agent.catalog.experiment_schemas import StartTest
from agent.catalog.proposal_errors import NoSuchProposal
from agent.catalog.proposal_schemas import (
    AcceptProposal,
    EditProposal,
    OneProposal,
    Proposal,
    ProposalShown,
    ProposeRule,
    RejectProposal,
    RuleAccepted,
    RulePiloted,
    RuleProposed,
    RuleRejected,
    RuleReworded,
    RuleTrying,
    ShowProposal,
    WhyRejected,
    shown,
)
from agent.catalog.proposals import Source, Standing
from agent.catalog.rule_changes import Change, Draft
from agent.catalog.rule_guards import RuleRefused
from agent.catalog.rulefile import Rule
from agent.ctx import Ctx, Role
from agent.errors import NotFound
from agent.operation import Command, Effect, Surface, operation

SHARE = 20
"""Percent of the work that a rule is piloted with."""
ANYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP}
PRESSED = {Surface.BUTTON, Surface.REST, Surface.MCP}
SKILL = r"(?P<skill>[a-z0-9]+(?:-[a-z0-9]+)*)"
EXAMPLE = {"rule_id": "01990000-0000-7000-8000-000000000001"}

_REMOVE = re.compile(
    r"(?:remove|drop|delete) (?P<code>[A-Z]{1,4}\d{2})\.?", re.IGNORECASE
)
_CHANGE = re.compile(
    r"(?P<code>[A-Z]{1,4}\d{2})(?:\s*:| should (?:be|read|say):?)\s+(?P<words>.+)",
    re.IGNORECASE,
)


@operation(
    "catalog.propose_rule",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=ANYWHERE,
    command=Command(
        "rule",
        takes=("skill", "statement"),
        says=(
            rf"(?:please )?(?:a )?new rule for {SKILL}\s*[:,]\s*(?P<statement>.{{3,}})",
        ),
    ),
    example={"skill": "copywriting", "statement": "Never start with a question"},
)
async def propose_rule(ctx: Ctx, p: ProposeRule) -> RuleProposed:
    """Propose a rule for a skill; it is tried, and an owner or admin accepts it.

    Raises:
        NoSuchVersion: There is no such skill.
        RuleRefused: It is no rule; the error says why.
        OpenAlready: Another change of its rules waits for a decision.
    """
    here = await _standing(ctx, p.skill)
    draft = _typed(p.statement, here.file.rules)
    source = Source(by_id=ctx.caller.user_id)
    now = ctx.clock.now()
    await proposals.ensure_allowed(ctx.session, here, draft, source, now)
    rule_id = await proposals.put(ctx.session, ctx.events, here, draft, source)
    return RuleProposed(proposal=await _one(ctx, rule_id))


@operation(
    "catalog.show_rule",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*PRESSED, Surface.TOOL},
    example={**EXAMPLE, "view": "diff"},
)
async def show_rule(ctx: Ctx, p: ShowProposal) -> ProposalShown:
    """See a proposed rule: how it did, what it changes, or an example.

    Raises:
        NoSuchProposal: There is none with that id.
    """
    row = await _row(ctx, p.rule_id)
    found = shown(row)
    if p.view == "diff":
        diff = await _diff(ctx, row)
        return ProposalShown(proposal=found, view=p.view, diff=diff)
    if p.view == "example":
        sides = {side: await _example(ctx, row, side) for side in ("before", "after")}
        return ProposalShown(proposal=found, view=p.view, **sides)
    return ProposalShown(proposal=found, view=p.view)


@operation(
    "catalog.accept_rule",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=PRESSED,
    example=EXAMPLE,
)
async def accept_rule(ctx: Ctx, p: AcceptProposal) -> RuleAccepted:
    """Accept a proposed rule: the skill gets a version with it, in force at once.

    Where that ends a test of the skill, it is done only if that is asked for, too.

    Raises:
        NoSuchProposal, Decided: It is not there, or somebody decided already.
        Regressed: It makes good pieces worse.
        RuleRefused: The rules as they are now cannot take it.
    """
    running = [] if p.ends_test else await decisions.in_the_way(ctx, p.rule_id)
    if running:
        found = await _one(ctx, p.rule_id)
        return RuleAccepted(proposal=found, version="", running=running)
    row, version = await decisions.accept(ctx, p.rule_id)
    over = []
    if version:
        over = await overtaken.ended(ctx, row["skill_id"], "accept_rule")
    found = await _one(ctx, p.rule_id)
    return RuleAccepted(proposal=found, version=version, overtaken=over)


@operation(
    "catalog.pilot_rule",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=PRESSED,
    example=EXAMPLE,
)
async def pilot_rule(ctx: Ctx, p: OneProposal) -> RulePiloted:
    """Accept a proposed rule for a share of the work, to see by ratings if it helps.

    Raises:
        NoSuchProposal, Decided: It is not there, or somebody decided already.
        Regressed: It makes good pieces worse.
        RuleRefused: The rules as they are now cannot take it.
        TestRunning: Another version of that skill is being tested.
    """
    row, version = await decisions.accept(ctx, p.rule_id, at_once=False)
    is_running = False
    if version:
        share = StartTest(skill=row["skill"], version=version, percent=SHARE)
        is_running = (await start_test.run(ctx, share)).state is not None
    found = await _one(ctx, p.rule_id)
    return RulePiloted(proposal=found, version=version, is_running=is_running)


@operation(
    "catalog.reject_rule",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=PRESSED,
    example={**EXAMPLE, "reason": "We like questions"},
)
async def reject_rule(ctx: Ctx, p: RejectProposal) -> RuleRejected:
    """Reject a proposed rule; nothing like it is proposed again for 90 days.

    Raises:
        NoSuchProposal, Decided: It is not there, or somebody decided already.
    """
    await decisions.reject(ctx, p.rule_id, p.reason)
    return RuleRejected(proposal=await _one(ctx, p.rule_id), reason=p.reason)


@operation(
    "catalog.explain_reject",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=PRESSED,
    example={**EXAMPLE, "reason": "We like questions"},
)
async def explain_reject(ctx: Ctx, p: WhyRejected) -> RuleRejected:
    """Say why a proposed rule was rejected.

    Raises:
        NoSuchProposal: There is no rejected proposal with that id.
    """
    if not await queries.explain(ctx.session, p.rule_id, p.reason):
        raise NoSuchProposal
    return RuleRejected(proposal=await _one(ctx, p.rule_id), reason=p.reason)


@operation(
    "catalog.edit_rule",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=PRESSED,
    example={**EXAMPLE, "statement": "No piece starts with a question"},
)
async def edit_rule(ctx: Ctx, p: EditProposal) -> RuleReworded:
    """Put a proposed rule in other words; it is tried again.

    Raises:
        NoSuchProposal, Decided: It is not there, or somebody decided already.
        RuleRefused: The words are no rule.
    """
    await decisions.edit(ctx, p.rule_id, p.statement)
    return RuleReworded(proposal=await _one(ctx, p.rule_id))


@operation(
    "catalog.try_rule",
    effect=Effect.SPEND,
    role=Role.ADMIN,
    on=PRESSED,
    example=EXAMPLE,
)
async def try_rule(ctx: Ctx, p: OneProposal) -> RuleTrying:
    """Try a proposed rule on earlier requests, with models that cost money.

    Raises:
        NoSuchProposal, Decided: It is not there, or somebody decided already.
    """
    await decisions.again(ctx, p.rule_id)
    return RuleTrying(proposal=await _one(ctx, p.rule_id))


async def _standing(ctx: Ctx, skill: str) -> Standing:
    here = ctx.caller.workspace_id
    return await proposals.standing(ctx.session, ctx.objects, here, skill)


async def _row(ctx: Ctx, rule_id: UUID) -> RowMapping:
    row = await queries.one(ctx.session, rule_id)
    if row is None:
        raise NoSuchProposal
    return row


async def _one(ctx: Ctx, rule_id: UUID) -> Proposal:
    return shown(await _row(ctx, rule_id))


def _typed(said: str, rules: tuple[Rule, ...]) -> Draft:
    """What a person typed, as a change: of the rule it names, else a new one."""
    said = " ".join(said.split())
    removed, changed = _REMOVE.fullmatch(said), _CHANGE.fullmatch(said)
    found = removed or changed
    if found is None:
        statement = said[:1].upper() + said[1:]
        return Draft(Change.ADD, statement, check=rule_changes.as_check(statement))
    code = found["code"].upper()
    was = next((rule for rule in rules if rule.code == code), None)
    if was is None:
        raise RuleRefused(f"There is no rule {code}.", "/rules lists what there is.")
    severity, why = was.severity.value, was.rationale
    check = f"code: {was.check}" if was.check else rule_changes.JUDGE
    if removed:
        return Draft(Change.REMOVE, was.statement, code, severity, check, why)
    assert changed is not None  # noqa: S101 - it is one of the two
    words = changed["words"]
    check = rule_changes.as_check(words)
    return Draft(Change.SHARPEN, words, code, severity, check, why)


async def _diff(ctx: Ctx, row: RowMapping) -> str:
    """What it changes, against the version in force now."""
    here = await _standing(ctx, row["skill"])
    texts, draft = here.file.texts, Draft.read(row["proposal"])
    return rule_changes.diff(texts, rule_changes.applied(texts, draft, here.name))


async def _example(ctx: Ctx, row: RowMapping, side: str) -> str:
    kept = row["proposal"]
    case = (kept.get("tried") or {}).get("example")
    if not case:
        return ""
    which = row["id"], kept["revision"], case
    key = proposals.text_key(ctx.caller.workspace_id, which, f"{side}-1")
    try:
        return (await ctx.objects.get(key)).decode()
    except NotFound:
        return ""


OPERATIONS = (
    *(propose_rule, show_rule, accept_rule, pilot_rule, reject_rule, explain_reject),
    *(edit_rule, try_rule),
)
