"""Every piece against the standing instructions: checked, put right once, or owned up.

Code checks what code can; the rest is one question each to a cheap model, within the
budget. What was found is kept rule by rule as it is paid for, so that a second time
asks nothing twice. A check never spoils a piece: what nobody could tell is said so.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.catalog import instruction_checks, instructions
from agent.catalog.instructions import LANGUAGE_CODE, Instruction
from agent.errors import AgentError, OverBudget
from agent.identity.languages import Language
from agent.llm.port import Completion, Turn
from agent.mailroom import deliveries
from agent.runs import calls, check_queries, judge, usual, work_queries, writing
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.rulings import Outcome, Ruling
from db import faultpoints

faultpoints.declare("check.ruled", "check.repaired")

REHEARSAL = "rehearsal"
NEEDS_MODEL = "needs a model"


async def check(bench: Bench, job: Job, written: Mapping[str, Any]) -> dict[str, Any]:
    """What ``writing`` left, its draft put right if need be, and ``rulings`` about it.

    ``job.step`` names this check; what it pays for begins with it.

    Raises:
        Cancelled: The run was stopped.
    """
    async with bench.open(job.caller) as session:
        held = await instructions.standing(session)
        writer = await check_queries.standing(session, job.run_id, job.attempt)
        line = usual.checking(len(_rules(held)))
        await deliveries.progress(session, job.run_id, job.attempt, line)
    if not writer["is_running"]:
        raise Cancelled("The run was stopped.")
    desk = _Desk(bench, job, writer, held.language)
    found = await desk.rule(written["draft_key"], _rules(held))
    broken = [one for one in found if one.outcome is Outcome.BROKEN]
    repaired = await desk.repair(written["draft_key"], broken) if broken else None
    if repaired is None:
        return {**written, "rulings": list(map(asdict, found))}
    again = await desk.named(f"{job.step}-again").rule(
        repaired["draft_key"], _worth_another_look(held, broken)
    )
    later = {one.code: one for one in again}
    after = [later.get(one.code, one) for one in found]
    if _broken(after) > _broken(found):
        return {**written, "rulings": list(map(asdict, found))}
    shown = {name: repaired[name] for name in ("draft_key", "stop")}
    return {**written, **shown, "rulings": list(map(asdict, after))}


def _rules(held: instructions.Standing) -> list[Instruction]:
    rules = list(held.instructions)
    if held.language is not None:
        rules.append(Instruction(LANGUAGE_CODE, f"Write in {held.language.name}"))
    return rules


def _worth_another_look(
    held: instructions.Standing, broken: Sequence[Ruling]
) -> list[Instruction]:
    """What was broken; and what code tells for nothing, lest it was broken now."""
    codes = {one.code for one in broken}
    return [
        rule
        for rule in _rules(held)
        if rule.code in codes or instruction_checks.check_of(rule.statement)
    ]


def _broken(found: Sequence[Ruling]) -> int:
    return sum(one.outcome is Outcome.BROKEN for one in found)


class _Desk:
    """One piece being checked."""

    def __init__(
        self, bench: Bench, job: Job, writer: RowMapping, language: Language | None
    ) -> None:
        self.bench, self.job, self.writer = bench, job, writer
        self.language = language

    def named(self, step: str) -> "_Desk":
        """The same, whose steps are called otherwise."""
        job = replace(self.job, step=step)
        return _Desk(self.bench, job, self.writer, self.language)

    async def rule(self, draft_key: str, rules: Sequence[Instruction]) -> list[Ruling]:
        """One ruling a rule; those made before are found."""
        text = (await self.bench.objects.get(draft_key)).decode()
        async with self.bench.open(self.job.caller) as session:
            known = await check_queries.ruled(
                session, self.job.run_id, self.job.attempt
            )
        return [await self._rule(text, one, known) for one in rules]

    async def repair(
        self, draft_key: str, broken: Sequence[Ruling]
    ) -> dict[str, Any] | None:
        """The piece written again to keep these; None: it could not be."""
        if self.writer["provider"] == REHEARSAL:
            return None
        draft = (await self.bench.objects.get(draft_key)).decode()
        listed = "\n".join(f"- {one.rule}{_because(one)}" for one in broken)
        wish = (
            f"These standing instructions were not kept:\n{listed}\n\n"
            "Write it again, whole, so that all of them are kept. Change nothing else."
        )
        job = replace(self.job, step=f"{self.job.step}-repair", is_quiet=True)
        try:
            written = await writing.write(
                self.bench, job, (Turn("assistant", draft), Turn("user", wish))
            )
        except Cancelled:
            raise
        except AgentError:
            return None  # the piece stands as it is, and its note says so
        faultpoints.reach("check.repaired")
        return asdict(written) if written.draft_key else None

    async def _rule(
        self, text: str, one: Instruction, known: Mapping[str, Mapping[str, Any]]
    ) -> Ruling:
        name = f"{self.job.step}-{one.code}"
        if name in known:
            return Ruling.read(known[name])
        ruling = self._by_code(text, one)
        if ruling is None:
            return await self._by_model(replace(self.job, step=name), text, one)
        await self._keep(name, ruling)
        return ruling

    def _by_code(self, text: str, one: Instruction) -> Ruling | None:
        if one.code == LANGUAGE_CODE and self.language is not None:
            if not instruction_checks.script_of(self.language)(text):
                why = f"not in {self.language.script} letters"
                return Ruling.of(one, Outcome.BROKEN, "code", why)
            if self.language.script != "Latin":
                return Ruling.of(one, Outcome.KEPT, "code")
        elif passes := instruction_checks.check_of(one.statement):
            outcome = Outcome.KEPT if passes(text) else Outcome.BROKEN
            return Ruling.of(one, outcome, "code")
        if self.writer["provider"] == REHEARSAL:
            return Ruling.of(one, Outcome.UNKNOWN, "", NEEDS_MODEL)
        return None

    async def _by_model(self, job: Job, text: str, one: Instruction) -> Ruling:
        job = replace(job, is_quiet=True)
        prompt = judge.question(text, one.statement)
        try:
            async with self.bench.open(job.caller) as session:
                step = (job.run_id, job.step, job.attempt)
                await _alive(session, job)
                await check_queries.begin(session, step, _input(one), effect="spend")
                call = await calls.reserve(self.bench, session, job, prompt)
            said = await calls.collect(self.bench, call, job, prompt, _as_it_is)
        except Cancelled:
            raise
        except AgentError as error:
            is_money = isinstance(error, OverBudget)
            why = "the budget is used up" if is_money else "no model could tell"
            unknown = Ruling.of(one, Outcome.UNKNOWN, "", why)
            await self._keep(job.step, unknown)
            return unknown
        ruling = Ruling.of(one, *_read(said))
        await asyncio.shield(self._book(job, call, said, ruling))
        faultpoints.reach("check.ruled")
        return ruling

    async def _book(
        self, job: Job, call: Call, said: Completion, ruling: Ruling
    ) -> None:
        async with self.bench.open(job.caller) as session:
            await calls.settle(self.bench, session, call, said)
            await check_queries.put_back(session, job.run_id, self.writer)
            step = (job.run_id, job.step, job.attempt)
            await work_queries.finish(session, *step, output=asdict(ruling))

    async def _keep(self, name: str, ruling: Ruling) -> None:
        async with self.bench.open(self.job.caller) as session:
            step = (self.job.run_id, name, self.job.attempt)
            rule = {"rule": ruling.rule}
            await check_queries.begin(session, step, rule)
            await work_queries.finish(session, *step, output=asdict(ruling))


async def _alive(session: AsyncSession, job: Job) -> None:
    """Return where the run is still wanted; a Stop then waits for what is held."""
    await work_queries.lock(session, job.run_id)
    if not await work_queries.is_running(session, job.run_id, job.attempt):
        raise Cancelled("The run was stopped.")


def _input(one: Instruction) -> dict[str, str]:
    return {"rule": one.statement}


def _because(one: Ruling) -> str:
    return f" ({one.why})" if one.why else ""


async def _as_it_is(completion: Completion) -> Completion:
    return completion


def _read(said: Completion) -> tuple[Outcome, str, str]:
    outcome, why = judge.answer(said.text)
    return outcome, "model", why
