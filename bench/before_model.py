"""What a run does before the model is called: look up, build the prompt, reserve.

``python -m bench.before_model [--runs 200]``: the real services on a PostgreSQL with
fsync, a model that only notes when it was called. With the figures of
``bench.first_token`` it is what our stack adds to the time to first token.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from agent.ctx import Caller, Origin, Role
from agent.gate import invoke
from agent.identity import callers
from agent.identity.callers import Identity, Spot
from agent.llm.port import Completion, Piece, Prompt, Stop, Usage
from agent.llm.rehearsal import Rehearsal
from agent.memory import conversations
from agent.runs import writing
from agent.runs.calls import Job
from agent.runs.operations import start_run
from bot.services import Services
from bot.settings import Settings
from bot.wiring.database import open_database
from bot.wiring.services import make_core

ASK = "write homepage copy for Acme, a payroll tool for clinics"


class Noted(Rehearsal):
    """Answers at once and notes when it was asked."""

    def __init__(self) -> None:
        super().__init__(delay_s=0)
        self.asked_at = 0.0

    async def stream(self, prompt: Prompt) -> AsyncIterator[Piece]:  # type: ignore[override]
        """One word."""
        self.asked_at = time.perf_counter()
        name = self.model_for(prompt)
        yield Completion("Done.", Usage(), Stop.END, self.provider, name, 0, 0)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        settings = Settings(_env_file=None, home=Path(home))
        async with open_database(settings) as pools:
            services = (await make_core(settings, pools)).services
            waits = await measure(services, runs)
    cuts = statistics.quantiles(waits, n=100)
    print(f"before the model is called, {runs} runs in one conversation, ms")
    print(f"p50 {cuts[49]:.2f}   p99 {cuts[98]:.2f}")


async def measure(services: Services, runs: int) -> list[float]:
    model = Noted()
    services.model = model
    services.providers = None  # it alone answers
    caller = await somebody(services)
    waits = []
    for number in range(runs):
        job = Job(await asked(services, caller, number), 1, caller)
        began = time.perf_counter()
        await writing.write(services.bench, job)
        waits.append((model.asked_at - began) * 1000)
    return waits[runs // 10 :]


async def somebody(services: Services) -> Caller:
    """The owner, in a web chat with a conversation."""
    async with services.as_role("door") as session:
        owner = await callers.ensure_owner(session, services.ids)
        await callers.know(session, owner, Identity("web", "", "bench"))
        spot = Spot("web", "", "bench", "", "private")
        chat = await callers.bind_chat(session, spot, owner.workspace_id)
    caller = Caller(owner.workspace_id, owner.user_id, Role.OWNER, chat_id=chat)
    async with services.tenant(caller) as session:
        here = await conversations.ensure(session, caller, is_private=True)
    return replace(caller, conversation_id=here)


async def asked(services: Services, caller: Caller, number: int) -> UUID:
    """A run of the copywriting skill, as a message would start it."""
    origin = Origin(f"bench:{number}", "web", "", "bench", "", text=ASK)
    async with services.ctx(caller, origin) as ctx:
        params = {"skill": "copywriting", "brief": ASK}
        return (await invoke(start_run, ctx, params)).run_id


if __name__ == "__main__":
    asyncio.run(main())
