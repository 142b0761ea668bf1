"""One paid call that belongs to no run: reserved, booked, given up on after a while.

For small questions on the way (which skill is meant, what people complain of) and for
pieces that are only tried. Whatever goes wrong, there is simply no answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agent.billing import alerts, budgets
from agent.billing.budgets import Call
from agent.catalog.scope import Scope
from agent.ctx import Caller
from agent.errors import AgentError
from agent.llm import loop
from agent.llm.breaker import Circuits
from agent.llm.choice import ModelRef
from agent.llm.port import Completion, ModelFailed, Prompt, Stop, Usage
from agent.llm.tally import Tally
from agent.runs.bench import Bench
from agent.runs.booking import ceiling, spent
from agent.runs.seating import Pick

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is for."""

    kind: str
    """A word for it; with the id, it names one call, paid for once."""
    id: UUID
    """Under it the ledger adds up what the whole cost."""
    within_s: float
    scope: Scope | None = None
    """Whose piece is tried, to be written by the model that would write it; None: the
    fast model is asked."""


async def answer(
    bench: Bench, caller: Caller, errand: Errand, prompt: Prompt
) -> str | None:
    """What a model says to ``prompt``; None when it does not, or not in time.

    Open no transaction around this.
    """
    try:
        call = await _reserved(bench, caller, errand, prompt)
        if call is None:
            return None
        return await _said(bench, caller, call, prompt, errand.within_s)
    except (AgentError, TimeoutError) as error:
        log.info("guess.unanswered", kind=errand.kind, error=type(error).__name__)
        return None


async def pick(
    bench: Bench, session: AsyncSession, errand: Errand, prompt: Prompt
) -> Pick | None:
    """Who would be asked; None where nobody has a key."""
    if bench.seating is None:
        return None
    if errand.scope is None:
        return await bench.seating.quick(session)
    return await bench.seating.aside(session, errand.scope, prompt)


async def _reserved(
    bench: Bench, caller: Caller, errand: Errand, prompt: Prompt
) -> Call | None:
    async with bench.open(caller) as session:
        found = await pick(bench, session, errand, prompt)
        if found is None:
            return None
        call = Call(
            caller.workspace_id,
            caller.user_id,
            errand.id,
            f"{errand.kind}:{errand.id}",
            str(found.ref),
            found.skill_id,
            is_own=found.is_own,
        )
        await bench.budgets.reserve(session, call, ceiling(bench, call, prompt))
    return call


async def _said(
    bench: Bench, caller: Caller, call: Call, prompt: Prompt, within_s: float
) -> str:
    assert bench.seating is not None  # noqa: S101 - the call was reserved by it
    tally, ref = Tally(), ModelRef.parse(call.model)
    whole: Completion | None = None
    try:
        async with _circuit(bench.circuits, str(ref)), asyncio.timeout(within_s):
            seat = await bench.seating.seat(caller, ref, is_own=call.is_own)
            whole = await loop.collect(seat.model, prompt, _unseen, tally=tally)
        return whole.text
    finally:
        # Paid for is booked, however it ended.
        await asyncio.shield(_book(bench, caller, call, whole or _cut(ref, tally)))


@asynccontextmanager
async def _circuit(circuits: Circuits | None, service: str) -> AsyncIterator[None]:
    """Ask a model only while it works for others, and tell how it went.

    Raises:
        ModelFailed: It fails just now, as others have found out.
    """
    if circuits is None:
        yield
        return
    verdict = await circuits.ask(service)
    if not verdict.may_call:
        raise ModelFailed(f"{service} is failing.", is_outage=False)
    try:
        yield
    except ModelFailed as failed:
        if failed.is_outage:
            await circuits.failed(service, verdict)
        else:
            await circuits.gave_up(verdict, service)
        raise
    except BaseException:
        # Out of time with us is no outage: it may only be slow.
        await asyncio.shield(circuits.gave_up(verdict, service))
        raise
    await circuits.worked(service, verdict)


def _cut(ref: ModelRef, tally: Tally) -> Completion:
    return Completion("", tally.usage, Stop.OTHER, ref.provider, ref.name, 0)


async def _book(bench: Bench, caller: Caller, call: Call, said: Completion) -> None:
    async with bench.open(caller) as session:
        if said.usage == Usage():
            await budgets.release(session, call)
            return
        status = "error" if said.stop is Stop.OTHER else "ok"
        taken = spent(bench, said, status=status)
        await alerts.tell(session, await budgets.settle(session, call, taken))


async def _unseen(text: str) -> None:
    del text  # nobody reads along
