"""Each rule of one piece found out: by code where it can tell, else by a cheap model.

Models are asked one rule a question, a few at a time, within the budget and a time-out.
What was found is kept as it is paid for, rule by rule, so that a second time asks
nothing twice. What nobody could tell is said so, never guessed.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing.budgets import Call
from agent.catalog import instruction_checks
from agent.catalog.checks import Verdict
from agent.catalog.instructions import LANGUAGE_CODE
from agent.errors import AgentError, OverBudget
from agent.identity.languages import Language
from agent.llm.port import Completion
from agent.runs import calls, check_queries, judge, work_queries
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.rulings import Law, Outcome, Ruling
from db import faultpoints

faultpoints.declare("check.ruled")

REHEARSAL = "rehearsal"
NEEDS_MODEL = "needs a model"
TOO_LATE = "no answer in time"

_FOUND = {
    Verdict.MET: Outcome.KEPT,
    Verdict.BROKEN: Outcome.BROKEN,
    Verdict.NOT_APPLICABLE: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a piece is held back for what models find."""

    each_s: float = 25.0
    all_s: float = 75.0
    at_once: int = 4
    """Questions under way together, after a first that fills the provider's cache."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One piece being checked."""

    bench: Bench
    job: Job
    """``job.step`` names the check; what it pays for begins with it."""
    writer: RowMapping
    """Who wrote the piece: ``provider, model, fallback_from``."""
    language: Language | None
    sources: str = ""
    """What the piece was written from."""
    patience: Patience = Patience()

    async def rule(self, text: str, laws: Sequence[Law]) -> list[Ruling]:
        """One ruling a rule, in their order; those made before are found.

        Raises:
            Cancelled: The run was stopped.
        """
        async with self.bench.open(self.job.caller) as session:
            known = await check_queries.ruled(
                session, self.job.run_id, self.job.attempt
            )
        found = {
            law.key: Ruling.read(known[self._name(law)])
            for law in laws
            if self._name(law) in known
        }
        free = {
            law.key: ruling
            for law in laws
            if law.key not in found and (ruling := self._by_code(text, law))
        }
        await self._keep(free.values())
        found |= free
        open_ones = [law for law in laws if law.key not in found]
        found |= await self._by_models(text, open_ones)
        return [found[law.key] for law in laws]

    def _by_code(self, text: str, law: Law) -> Ruling | None:
        if law.rule is not None and law.rule.check is not None:
            finding = law.rule.check.find(text)
            outcome = _FOUND[finding.verdict]
            return Ruling.of(law, outcome, "code", finding.why)
        if law.code == LANGUAGE_CODE and self.language is not None:
            if not instruction_checks.script_of(self.language)(text):
                why = f"not in {self.language.script} letters"
                return Ruling.of(law, Outcome.BROKEN, "code", why)
            if self.language.script != "Latin":
                return Ruling.of(law, Outcome.KEPT, "code")
        elif not law.skill and (passes := instruction_checks.check_of(law.statement)):
            outcome = Outcome.KEPT if passes(text) else Outcome.BROKEN
            return Ruling.of(law, outcome, "code")
        if self.writer["provider"] == REHEARSAL:
            return Ruling.of(law, Outcome.UNKNOWN, "", NEEDS_MODEL)
        return None

    async def _by_models(self, text: str, laws: Sequence[Law]) -> dict[str, Ruling]:
        """The first alone, so that the others find the text in the cache."""
        if not laws:
            return {}
        clock = asyncio.get_running_loop().time
        ends = clock() + self.patience.all_s
        turns = asyncio.Semaphore(self.patience.at_once)

        async def one(law: Law) -> Ruling:
            async with turns:
                left = min(self.patience.each_s, ends - clock())
                return await self._by_model(text, law, left)

        found = [await one(laws[0])]
        asked = [asyncio.create_task(one(law)) for law in laws[1:]]
        try:
            found += await asyncio.gather(*asked)
        finally:  # a run that was stopped leaves nobody asking
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return {ruling.key: ruling for ruling in found}

    async def _by_model(self, text: str, law: Law, left_s: float) -> Ruling:
        job = replace(self.job, step=self._name(law), is_quiet=True)
        try:
            call, said = await self._asked(job, text, law, left_s)
        except Cancelled:
            raise
        except (AgentError, TimeoutError) as error:
            unknown = Ruling.of(law, Outcome.UNKNOWN, "", _excuse(error))
            await self._keep([unknown])
            return unknown
        found = judge.answer(said.text, text)
        ruling = Ruling.of(law, found.outcome, "model", found.why, found.quote)
        await asyncio.shield(self._book(job, call, said, ruling))
        faultpoints.reach("check.ruled")
        return ruling

    async def _asked(
        self, job: Job, text: str, law: Law, left_s: float
    ) -> tuple[Call, Completion]:
        if left_s <= 0:
            raise TimeoutError
        prompt = judge.question(text, law, self.sources)
        async with self.bench.open(job.caller) as session:
            step = (job.run_id, job.step, job.attempt)
            await _alive(session, job)
            begun = {"rule": law.statement}
            await check_queries.begin(session, step, begun, effect="spend")
            call = await calls.reserve(self.bench, session, job, prompt)
        # Only the model is hurried: a reservation cut short would hold money.
        async with asyncio.timeout(left_s):
            return call, await calls.collect(self.bench, call, job, prompt, _as_it_is)

    async def _book(
        self, job: Job, call: Call, said: Completion, ruling: Ruling
    ) -> None:
        async with self.bench.open(job.caller) as session:
            await calls.settle(self.bench, session, call, said)
            await check_queries.put_back(session, job.run_id, self.writer)
            step = (job.run_id, job.step, job.attempt)
            await work_queries.finish(session, *step, output=asdict(ruling))

    async def _keep(self, rulings: Iterable[Ruling]) -> None:
        async with self.bench.open(self.job.caller) as session:
            for ruling in rulings:
                step = (self.job.run_id, self._name(ruling), self.job.attempt)
                await check_queries.begin(session, step, {"rule": ruling.rule})
                await work_queries.finish(session, *step, output=asdict(ruling))

    def _name(self, law: Law | Ruling) -> str:
        return f"{self.job.step}-{law.key}"


async def _alive(session: AsyncSession, job: Job) -> None:
    """Return where the run is still wanted; a Stop then waits for what is held."""
    await work_queries.lock(session, job.run_id)
    if not await work_queries.is_running(session, job.run_id, job.attempt):
        raise Cancelled("The run was stopped.")


def _excuse(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return TOO_LATE
    is_money = isinstance(error, OverBudget)
    return "the budget is used up" if is_money else "no model could tell"


async def _as_it_is(completion: Completion) -> Completion:
    return completion
