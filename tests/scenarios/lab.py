"""The assistant's own steps over everything real, one after the other, no engine."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from agent.ctx import Caller, Origin, Role
from agent.gate import invoke
from agent.identity import callers
from agent.identity.callers import Spot
from agent.memory import conversations
from agent.memory.schemas import Said
from agent.runs.operations import start_run
from agent.runs.requests import facts
from bot.assist import AssistWork
from bot.durable.steps import StepKey
from bot.work import SkillWork
from db.server_bootstrap import Urls
from tests.scenarios.house import House, Member, Outside, settings, still
from tests.standins.anthropic.obeying import obey

KEY = StepKey("lab", "step")
NAMES = UUID(int=7)

MINE = """
    runs run_steps approvals deliveries messages usage_records budget_periods
    budget_reservations conversations chats inbox outbox routing_labels events
""".split()  # noqa: SIM905 - a table of names
"""What asking and answering writes; its own rows are looked at one by one."""

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY 1
"""


@dataclass
class Lab:
    """People, and the assistant that works for them step by step."""

    house: House
    work: AssistWork
    numbers: Any = field(default_factory=lambda: count(1))

    async def member(self, role: str, workspace: UUID | None = None) -> Caller:
        """Somebody with a private chat, a conversation in it, and a role."""
        made = await self.house.enrol(role=role, workspace=workspace)
        return await self.placed(made, role, kind="private")

    async def placed(self, made: Member, role: str, *, kind: str) -> Caller:
        """A member in a chat of their own, or in a group."""
        services = self.house.made.core.services
        spot = Spot("telegram", "1", str(next(self.numbers)), "", kind)
        async with services.as_role("door") as session:
            chat_id = await callers.bind_chat(session, spot, made.workspace_id)
        caller = Caller(
            made.workspace_id,
            made.user_id,
            Role[role.upper()],
            chat_id=chat_id,
            channel="telegram",
        )
        async with services.tenant(caller) as session:
            here = await conversations.ensure(
                session, caller, is_private=kind == "private"
            )
        return replace(caller, conversation_id=here)

    async def asks(self, caller: Caller, brief: str, **origin: Any) -> dict[str, Any]:
        """Ask the assistant; the data of the event that would begin the run."""
        number = next(self.numbers)
        came = Origin(
            key=f"inbox:{uuid5(NAMES, str(number))}",
            channel="telegram",
            account="1",
            chat=str(number),
            thread="",
            text=brief,
            **origin,
        )
        async with self.house.made.core.services.ctx(caller, came) as ctx:
            started = await invoke(start_run, ctx, {"brief": brief})
        return facts(caller, started.run_id, attempt=1, kind="chat")

    async def says(self, caller: Caller, text: str) -> None:
        """Keep what somebody wrote, before anybody asks the assistant."""
        said = Said(content=text, channel="telegram", chat="1", account="1", thread="")
        async with self.house.made.core.services.tenant(caller) as session:
            await conversations.say(session, caller, said)

    async def answers(self, data: dict[str, Any]) -> None:
        """Do the steps that the workflow names; nobody presses anything."""
        cards = count(1)
        for number in count(1):
            thought = await self.work.think(KEY, data, number)
            for place in range(1, thought["calls"] + 1):
                made = await self.work.call(KEY, data, number, place)
                if "needs" in made:
                    card = next(cards)
                    await self.work.ask(KEY, data, card, made["needs"])
                    await self.work.decided(KEY, data, card, (number, place))
            if not thought["calls"]:
                await self.work.deliver(KEY, data, thought)
                return

    async def told(self, data: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
        """What a run's tools came to: tool, what was told, whether it was refused."""
        rows = await self.house.rows(
            "SELECT input ->> 'tool' AS tool, output FROM run_steps"
            " WHERE run_id = :id AND kind = 'tool' ORDER BY position",
            id=UUID(data["run_id"]),
        )
        return [
            (row.tool, row.output["content"], row.output["is_error"]) for row in rows
        ]

    async def picture(self) -> dict[str, Any]:
        """Everything that asking a question does not write."""
        tables = [row.relname for row in await self.house.rows(_TABLES)]
        return {
            table: await self.house.asks(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608
                f" FROM {table} t"
            )
            for table in tables
            if table not in MINE
        }

    async def deeds(self) -> list[Any]:
        """What models did, by the audit; reading leaves no line."""
        return await self.house.rows(
            "SELECT type FROM events WHERE actor_type = 'agent'"
        )


@contextlib.asynccontextmanager
async def open_lab(urls: Urls, home: Path, outside: Outside) -> AsyncIterator[Lab]:
    """The app with everything made, nothing running, and a model that obeys."""
    outside.claude.answer = obey
    async with still(urls, settings(urls, home, outside), outside) as house:
        services = house.made.core.services
        yield Lab(house, AssistWork(services, SkillWork(services)))
