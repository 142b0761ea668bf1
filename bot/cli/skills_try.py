"""``draper skills try``: a skill's cases, worked by the configured model, checked."""

import argparse
import sys
from collections.abc import AsyncIterator, Mapping, Sequence

from agent.billing.money import dollars
from agent.catalog.checks import Check, Verdict
from agent.catalog.sidecars import Case
from agent.catalog.skillfile import SkillFile
from agent.errors import NotFound
from agent.llm.port import Model
from agent.llm.rehearsal import LABEL, Rehearsal
from agent.runs import dry
from bot.ports import SystemClock
from bot.settings import Settings
from bot.wiring.models import answering, open_providers


async def print_all(args: argparse.Namespace, skills: Sequence[SkillFile]) -> int:
    """Print each case's report as it is done; the command's status."""
    status = 0
    async for report, is_sound in tried(args, skills):
        sys.stdout.write(f"{report}\n")
        status = status if is_sound else 1
    return status


async def tried(
    args: argparse.Namespace, skills: Sequence[SkillFile]
) -> AsyncIterator[tuple[str, bool]]:
    """Each case's report, and whether it is as expected.

    Raises:
        NotFound: There is no such skill, or no such case.
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    by_name = {skill.name: skill for skill in skills}
    file = by_name.get(args.name)
    if file is None:
        raise NotFound(
            f"There is no skill {args.name!r}.", hint="draper skills list names them."
        )
    cases = _cases(file, args.case)
    providers = open_providers(Settings(), SystemClock())
    try:
        model = answering(providers)
        if isinstance(model, Rehearsal):
            model = Rehearsal(delay_s=0)
        for number, case in cases:
            said = await _one(model, file, case, by_name)
            cost = providers.prices.cost_usd(said.provider, said.model, said.usage)
            head = f"{file.name} {number}: {case.name} ({said.model}, {dollars(cost)})"
            lines, is_sound = _report(file, case, said.text)
            shown = [said.text.rstrip(), ""] if args.show else []
            yield "\n".join([head, *lines, *shown]), is_sound
    finally:
        await providers.aclose()


async def _one(
    model: Model, file: SkillFile, case: Case, others: Mapping[str, SkillFile]
) -> dry.Tried:
    return await dry.run(model, file, case.brief, others)


def _cases(file: SkillFile, number: int | None) -> list[tuple[int, Case]]:
    numbered = list(enumerate(file.cases, start=1))
    if number is None:
        return numbered
    if not 1 <= number <= len(numbered):
        raise NotFound(
            f"{file.name} has no case {number}.", hint=f"It has 1 to {len(numbered)}."
        )
    return [numbered[number - 1]]


def _report(file: SkillFile, case: Case, text: str) -> tuple[list[str], bool]:
    """A line a check: the case's, then the rules that code can tell."""
    plain = text.removeprefix(f"> {LABEL}\n\n")
    rules = [(rule.code, rule.check) for rule in file.rules if rule.check]
    found = [_line(str(check), check, plain) for check in case.expect]
    # A rule whose section is absent is n/a; what a case expects must be there.
    sound = [verdict is Verdict.MET for verdict, _ in found]
    kept = [_line(f"{code} {check}", check, plain) for code, check in rules]
    sound += [verdict is not Verdict.BROKEN for verdict, _ in kept]
    judged = sum(rule.check is None for rule in file.rules)
    lines = [line for _, line in (*found, *kept)]
    if judged:
        lines.append(f"  n/a     {judged} rules are for a judge")
    return lines, all(sound)


def _line(shown: str, check: Check, text: str) -> tuple[Verdict, str]:
    finding = check.find(text)
    why = f": {finding.why}" if finding.why else ""
    word = "BROKEN" if finding.verdict is Verdict.BROKEN else finding.verdict.value
    return finding.verdict, f"  {word:<7} {shown}{why}"
