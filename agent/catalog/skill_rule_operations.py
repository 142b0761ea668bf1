"""What can be asked about a skill's rules: which there are, and when it learns."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from agent.catalog import evidence, proposals, rule_changes
from agent.catalog import proposal_queries as queries
from agent.catalog.proposal_operations import ANYWHERE, SKILL
from agent.catalog.proposal_schemas import (
    LearnAfter,
    LearnsAfter,
    RulesOf,
    SkillRule,
    SkillRules,
    shown,
)
from agent.catalog.proposals import Standing
from agent.catalog.rulefile import Rule
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation

LATELY = timedelta(days=30)


@operation(
    "catalog.rules",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={*ANYWHERE, Surface.TOOL},
    command=Command(
        "skill rules",
        takes=("skill",),
        also=("rules",),
        says=(rf"(?:show (?:me )?)?(?:the )?rules (?:of|for) {SKILL}",),
    ),
    example={"skill": "copywriting"},
)
async def list_rules(ctx: Ctx, p: RulesOf) -> SkillRules:
    """See a skill's rules, how often each is broken, and what is proposed.

    Raises:
        NoSuchVersion: There is no such skill.
    """
    here = await proposals.standing(
        ctx.session, ctx.objects, ctx.caller.workspace_id, p.skill
    )
    since = ctx.clock.now() - LATELY
    found = await evidence.complaints(ctx.session, here.name, since)
    broken = Counter(
        code
        for code, _ in {
            (one.rule_code, one.output_id) for one in found if one.source == "judge"
        }
    )
    row = await queries.open_for(ctx.session, here.skill_id)
    return SkillRules(
        skill=here.name,
        title=here.title,
        version=here.version,
        rules=[_line(rule, here, broken) for rule in here.file.rules],
        proposal=shown(row) if row else None,
    )


@operation(
    "catalog.propose_after",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on=ANYWHERE,
    command=Command("learn after", takes=("number",)),
    example={"number": 3},
)
async def propose_after(ctx: Ctx, p: LearnAfter) -> LearnsAfter:
    """Settle after how many pieces with one complaint I propose a rule."""
    await queries.set_after(ctx.session, ctx.caller.workspace_id, p.number)
    return LearnsAfter(pieces=p.number)


def _line(rule: Rule, here: Standing, broken: Mapping[str, int]) -> SkillRule:
    return SkillRule(
        code=rule.code,
        severity=rule.severity.value,
        check=str(rule.check) if rule.check else rule_changes.JUDGE,
        statement=rule.statement,
        is_protected=rule.code in here.guarded,
        broken=broken.get(rule.code, 0),
    )


OPERATIONS = (list_rules, propose_after)
