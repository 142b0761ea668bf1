"""Every piece against its rules: checked, put right once, or owned up.

The rules are the skill's own and standing instructions. What must hold and does not is
put right once; what was found is kept, whatever it is. A check never spoils a piece.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent.catalog import instruction_checks, instructions
from agent.catalog.instructions import LANGUAGE_CODE, Instruction
from agent.clients import brands
from agent.errors import AgentError
from agent.identity.languages import Language
from agent.llm.port import Turn
from agent.llm.rehearsal import LABEL
from agent.mailroom import deliveries
from agent.runs import (
    check_queries,
    pinned,
    results,
    rulings,
    usual,
    work_queries,
    writing,
)
from agent.runs.calls import Bench, Cancelled, Job
from agent.runs.rulings import Law, Outcome, Ruling
from agent.runs.verdicts import NEEDS_MODEL, REHEARSAL, Desk, Patience
from db import faultpoints

__all__ = ["NEEDS_MODEL", "Patience", "check"]

faultpoints.declare("check.repaired")


async def check(
    bench: Bench, job: Job, written: Mapping[str, Any], patience: Patience | None = None
) -> dict[str, Any]:
    """What ``writing`` left, its draft put right if need be, and ``rulings`` about it.

    ``job.step`` names this check; what it pays for begins with it.

    Raises:
        Cancelled: The run was stopped.
        Unavailable: The object store does not answer.
    """
    desk, laws = await _opened(bench, job, patience or Patience())
    if not laws:
        return {**written, "rulings": []}
    found = await desk.rule(await _text(desk, written["draft_key"]), laws)
    done = dict(written)
    if repaired := await _repaired(desk, written["draft_key"], found):
        again = replace(desk, job=replace(job, step=f"{job.step}-again"))
        text = await _text(desk, repaired["draft_key"])
        later = await again.rule(text, _worth_another_look(laws, found))
        after = {one.key: one for one in (*found, *later)}
        if _broken(after.values()) <= _broken(found):
            found = list(after.values())
            # Who must say yes, and to how many rules, was settled with the first draft.
            done |= {**repaired, "approval": done["approval"], "rules": done["rules"]}
    done["rulings"] = list(map(asdict, found))
    async with bench.open(job.caller) as session:
        await check_queries.keep(session, job, done["rulings"])
    return done


async def _opened(
    bench: Bench, job: Job, patience: Patience
) -> tuple[Desk, Sequence[Law]]:
    file = await pinned.skill(bench, job)
    async with bench.open(job.caller) as session:
        held = await instructions.standing(session)
        writer = await check_queries.standing(session, job.run_id, job.attempt)
        if not writer["is_running"]:
            raise Cancelled("The run was stopped.")
        laws = [*rulings.of_skill(file), *_instructed(held)]
        line = usual.checking(len(laws))
        await deliveries.progress(session, job.run_id, job.attempt, line)
        sources = await _sources(session, job)
    return Desk(bench, job, writer, held.language, sources, patience), laws


def _instructed(held: instructions.Standing) -> list[Law]:
    told = list(held.instructions)
    if held.language is not None:
        told.append(Instruction(LANGUAGE_CODE, _in_language(held.language)))
    return rulings.of_person(told)


def _in_language(language: Language) -> str:
    return f"Write in {language.name}"


async def _sources(session: AsyncSession, job: Job) -> str:
    """What a piece could take its facts from: the request, and the profile."""
    asked = await work_queries.brief(session, job.run_id)
    first = asked["input"].get("brief") or ""
    told = [asked["brief"] or "", first if first != asked["brief"] else ""]
    if asked["client_id"]:
        known = asked["client_id"], asked["client_version"]
        told.append(await brands.summary_of(session, *known))
    told += [one["text"] for one in asked["input"].get("quoted", ())]
    return "\n\n".join(filter(None, told))


async def _text(desk: Desk, draft_key: str) -> str:
    draft = (await desk.bench.objects.get(draft_key)).decode()
    # That it is a rehearsal is said by us, and no part of the piece.
    return draft.removeprefix(f"> {LABEL}\n\n")


def _worth_another_look(laws: Sequence[Law], found: Sequence[Ruling]) -> list[Law]:
    """What was broken; and what code tells for nothing, lest it was broken now."""
    broken = {one.key for one in found if one.outcome is Outcome.BROKEN}
    return [law for law in laws if law.key in broken or _is_free(law)]


def _is_free(law: Law) -> bool:
    if law.rule is not None:
        return law.rule.check is not None
    return bool(instruction_checks.check_of(law.statement))


def _broken(found: Any) -> tuple[int, int]:
    """How many that must hold do not, and how many in all."""
    broken = [one for one in found if one.outcome is Outcome.BROKEN]
    return sum(one.severity == "must" for one in broken), len(broken)


async def _repaired(
    desk: Desk, draft_key: str, found: Sequence[Ruling]
) -> dict[str, Any] | None:
    """The piece written again to keep what must hold; None: no need, or no way."""
    broken = [one for one in found if one.outcome is Outcome.BROKEN]
    must, _ = _broken(broken)
    if not must or desk.writer["provider"] == REHEARSAL:
        return None
    draft = await results.said(desk.bench.objects, draft_key)
    more = (Turn("assistant", draft), Turn("user", _wish(broken)))
    job = replace(desk.job, step=f"{desk.job.step}-repair", is_quiet=True)
    try:
        written = await writing.write(desk.bench, job, more)
    except Cancelled:
        raise
    except AgentError:
        return None  # the piece stands as it is, and its note says so
    faultpoints.reach("check.repaired")
    return asdict(written) if written.draft_key else None


def _wish(broken: Sequence[Ruling]) -> str:
    told = [
        (
            "These standing instructions were not kept:",
            [b for b in broken if not b.skill],
        ),
        ("These rules of the work were not kept:", [b for b in broken if b.skill]),
    ]
    listed = "\n\n".join(
        "\n".join([head, *(f"- {one.rule}{_because(one)}" for one in those)])
        for head, those in told
        if those
    )
    return (
        f"{listed}\n\nWrite it again, whole, so that all of them are kept. "
        "Change nothing else."
    )


def _because(one: Ruling) -> str:
    quoted = f'"{one.quote}"' if one.quote and one.quote not in one.why else ""
    why = ": ".join(filter(None, (one.why, quoted)))
    return f" ({why})" if why else ""
