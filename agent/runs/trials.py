"""A proposed rule tried: each request written with it and without, and judged blind.

A step may be done twice: texts and judgements are kept, and are found again. What
could not be written or judged is left out and counted, never guessed. Nothing of it is
an output, and nobody sees it but who decides.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import instructions, manual, proposals
from agent.catalog.scope import Scope
from agent.catalog.skillfile import SkillFile
from agent.clients import brands
from agent.ctx import Caller
from agent.errors import NotFound
from agent.llm.choice import ModelRef
from agent.llm.port import Prompt, Usage
from agent.llm.prompt import Task, build
from agent.runs import aside, blind, briefs, trial_queries, work_queries
from agent.runs.aside import Errand
from agent.runs.bench import Bench
from agent.runs.blind import Criterion, Look, Pair
from agent.runs.trial_cases import Case, Kind
from agent.runs.trial_results import Tried

LOOKS = 2
"""Times that each pair is judged on each criterion: once in each order."""
WRITE_S, JUDGE_S = 240.0, 40.0
AT_ONCE = 4
TOKEN_BYTES = 4
"""Bytes of text to a token, roughly; estimates say that they are such."""
_JUDGED_TOKENS = 60

Scores = tuple[float, float]
"""Before and after."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried."""

    rule_id: UUID
    revision: int
    skill_id: UUID
    before: SkillFile
    after: SkillFile
    theme: str
    """What people complained of."""
    times: int = 0
    """How often somebody had it tried once more."""

    @property
    def round(self) -> str:
        """Names its calls: what is asked once more is paid for, and booked, again."""
        return f"{self.revision}.{self.times}" if self.times else str(self.revision)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A case, ready to be written for."""

    request: str
    task: Task
    fault: str
    client_id: UUID | None = None


def writes(kind: Kind) -> int:
    """How often each side is written: twice where a gain is looked for."""
    return 1 if kind.is_anchor else 2


def criteria(kind: Kind) -> tuple[Criterion, ...]:
    """What is asked about a case."""
    if kind.is_anchor:
        return Criterion.BRIEF, Criterion.QUALITY
    return Criterion.FAULT, Criterion.BRIEF, Criterion.QUALITY


async def run(bench: Bench, lead: Caller, trial: Trial, case: Case) -> Tried:
    """One case, written both ways and judged. ``lead`` pays. Open no transaction.

    Raises:
        Unavailable: The object store does not answer.
    """
    desk = _Desk(bench, lead, trial, case)
    blank = Tried(
        case.key,
        case.kind,
        output_id=case.output_id,
        is_private=case.is_private,
        place=case.place,
    )
    asked = await desk.asked()
    pairs = await desk.pairs(asked) if asked else []
    if not pairs:
        return replace(blank, is_written=False)
    found = await desk.judged(pairs)
    scores = tuple(one for one in found if one is not None)
    return replace(blank, scores=scores, unclear=len(found) - len(scores))


async def estimate(
    bench: Bench, lead: Caller, trial: Trial, cases: Sequence[Case], piece_bytes: int
) -> Decimal | None:
    """About what trying all cases will cost, US dollars; None: nobody can write.

    From the bytes of the first case's prompt, and pieces of ``piece_bytes`` each.
    """
    [first, *_] = cases
    asked = await _Desk(bench, lead, trial, first).asked()
    if asked is None:
        return None
    prompt = build(_by(trial.after, asked.task))
    async with bench.open(lead) as session:
        writing = Errand("try", trial.rule_id, WRITE_S, Scope(trial.skill_id))
        writer = await aside.pick(bench, session, writing, prompt)
        judge = await aside.pick(bench, session, replace(writing, scope=None), prompt)
    if writer is None or judge is None:
        return None
    said = piece_bytes // TOKEN_BYTES
    texts = sum(2 * writes(case.kind) for case in cases)
    looks = sum(writes(case.kind) * len(criteria(case.kind)) * LOOKS for case in cases)
    read = 2 * said + len(asked.request.encode()) // TOKEN_BYTES
    return texts * _price(
        bench, writer.ref, size_of(prompt) // TOKEN_BYTES, said
    ) + looks * _price(bench, judge.ref, read, _JUDGED_TOKENS)


def size_of(prompt: Prompt) -> int:
    """The bytes of a prompt's texts."""
    parts = [*(block.text for block in prompt.system), *(t.text for t in prompt.turns)]
    return sum(len(part.encode()) for part in parts)


def _price(bench: Bench, ref: ModelRef, read: int, said: int) -> Decimal:
    usage = Usage(input_tokens=read, output_tokens=said)
    return bench.prices.cost_usd(ref.provider, ref.name, usage)


def _by(file: SkillFile, task: Task) -> Task:
    """The task as a version of the skill would have it done, at one go."""
    return replace(
        task,
        tier=file.tier,
        skill=file.name,
        instructions=file.body,
        references=() if manual.to_read(file) else manual.told(file),
        rules=manual.rules(file),
        max_tokens=file.max_tokens,
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """One case being tried."""

    bench: Bench
    lead: Caller
    trial: Trial
    case: Case

    async def asked(self) -> _Asked | None:
        """The request as it was, read with the eyes of who may; None: it is gone."""
        if self.case.kind is not Kind.SAMPLE:
            return await self._of_run()
        samples = {one.name: one.brief for one in self.trial.before.cases}
        said = samples.get(self.case.sample, "")
        return _Asked(said, Task(brief=said, may_ask=False), "") if said else None

    async def _of_run(self) -> _Asked | None:
        case = self.case
        chat_id = UUID(case.chat_id) if case.chat_id else None
        eyes = replace(self.lead, user_id=UUID(case.user_id), chat_id=chat_id)
        async with self.bench.open(eyes) as session:
            try:
                row = await work_queries.brief(session, UUID(case.run_id))
            except NoResultFound:
                return None
            task = await self._task(session, row)
            fault = await trial_queries.fault(session, UUID(case.output_id))
        fault = fault or self.trial.theme
        return _Asked(task.brief, task, fault, row["client_id"])

    async def _task(self, session: AsyncSession, row: RowMapping) -> Task:
        profile = ""
        if row["client_id"]:
            known = row["client_id"], row["client_version"]
            profile = await brands.summary_of(session, *known)
        now = self.bench.clock.now()
        return Task(
            brief=row["input"].get("brief") or row["brief"] or "",
            standing=(await instructions.standing(session)).lines(),
            client=row["client"],
            profile=profile,
            outside=await briefs.brought(session, row["input"]),
            today=now.astimezone(ZoneInfo(row["timezone"])).date(),
            may_ask=False,
        )

    async def pairs(self, asked: _Asked) -> list[Pair]:
        """Both sides, written as often as the case wants it, without what failed."""
        turns = asyncio.Semaphore(AT_ONCE)
        times = range(1, writes(self.case.kind) + 1)

        async def one(side: str, n: int) -> str:
            async with turns:
                return await self._written(asked, side, n)

        texts = await asyncio.gather(
            *(one(side, n) for n in times for side in ("before", "after"))
        )
        return [
            Pair(asked.request, before, after, asked.fault)
            for before, after in zip(texts[::2], texts[1::2], strict=True)
            if before and after
        ]

    async def _written(self, asked: _Asked, side: str, n: int) -> str:
        """One text; empty: no model wrote it."""
        trial, name = self.trial, f"{side}-{n}"
        file = trial.after if side == "after" else trial.before
        kind = f"try-{trial.round}-{self.case.key}-{name}"
        scope = Scope(trial.skill_id, asked.client_id)
        errand = Errand(kind, trial.rule_id, WRITE_S, scope)
        return await self._once(name, errand, build(_by(file, asked.task)))

    async def _once(self, name: str, errand: Errand, prompt: Prompt) -> str:
        """What a model says, kept under ``name``: done again, nothing is paid again."""
        trial = self.trial
        which = trial.rule_id, trial.revision, self.case.place
        key = proposals.text_key(self.lead.workspace_id, which, name)
        try:
            return (await self.bench.objects.get(key)).decode()
        except NotFound:
            said = await aside.answer(self.bench, self.lead, errand, prompt) or ""
        if said:
            body = said.encode()
            await self.bench.objects.put(key, body, media_type="text/markdown")
        return said

    async def judged(self, pairs: Sequence[Pair]) -> list[Scores | None]:
        """Every answer about every pair; None: the judge said nothing of use."""
        turns = asyncio.Semaphore(AT_ONCE)
        looks = [
            (at, Look(f"{self.trial.rule_id}:{self.case.key}:{at}", criterion, number))
            for at in range(len(pairs))
            for criterion in criteria(self.case.kind)
            for number in range(LOOKS)
        ]

        async def one(at: int, look: Look) -> Scores | None:
            async with turns:
                return await self._look(pairs[at], at, look)

        return await asyncio.gather(*(one(at, look) for at, look in looks))

    async def _look(self, pair: Pair, at: int, look: Look) -> Scores | None:
        trial = self.trial
        which = f"{at}-{look.criterion}-{look.number}"
        kind = f"judge-{trial.round}-{self.case.key}-{which}"
        errand = Errand(kind, trial.rule_id, JUDGE_S)
        prompt = blind.question(pair, look)
        said = await self._once(f"judge-{trial.round}-{which}", errand, prompt)
        return blind.answer(said, look)
